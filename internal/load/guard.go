package load

import (
	"fmt"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// A budget is what evaluating one file may take, far above what any spec does. The evaluator cannot be stopped: once one file
// reaches a limit no other is evaluated, so that the process ends soon.
type budget struct {
	time    time.Duration
	heap    uint64 // bytes that the process may grow by meanwhile
	reached atomic.Bool
}

func fullBudget() *budget { return &budget{time: 10 * time.Second, heap: 1 << 30} }

// outcome is what a guarded run returns.
type outcome struct {
	root  *Node
	found []diag.Diagnostic
}

// guard runs what leaves the work to a library. Should that panic on some text, or not come to an end, that text is refused.
func (e *evaluator) guard(g group, run func() (*Node, []diag.Diagnostic)) (*Node, []diag.Diagnostic) {
	if e.budget.reached.Load() {
		return nil, nil
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- outcome{nil, refuse(diag.Pos{File: g.files[0].name}, "this file cannot be evaluated", "simplify it; what broke is a defect of scantling, please report it")}
			}
		}()
		root, found := run()
		done <- outcome{root, found}
	}()
	deadline := time.NewTimer(e.budget.time)
	defer deadline.Stop()
	look := time.NewTicker(10 * time.Millisecond) // a text that doubles with each step takes longer from half of the limit to all of it
	defer look.Stop()
	before := heapBytes()
	for {
		select {
		case o := <-done:
			return o.root, o.found
		case <-deadline.C:
			return e.giveUp(g, fmt.Sprintf("evaluating this file takes longer than %s", e.budget.time))
		case <-look.C:
			if heapBytes() > before+e.budget.heap {
				return e.giveUp(g, fmt.Sprintf("evaluating this file takes more than %d MiB of memory", e.budget.heap>>20))
			}
		}
	}
}

// giveUp leaves behind what runs.
func (e *evaluator) giveUp(g group, problem string) (*Node, []diag.Diagnostic) {
	e.budget.reached.Store(true)
	help := "look for a text, a list or a comprehension that grows without measure"
	if g.files[0].tree == nil { // YAML
		help = "look for aliases of aliases"
	}
	return nil, refuse(suspect(g), problem, help)
}

func refuse(at diag.Pos, problem, help string) []diag.Diagnostic {
	return []diag.Diagnostic{{Rule: "not-evaluable", Pos: at, Problem: problem, Help: help}}
}

// heapBytes is the memory of all objects, dead ones included until they are collected.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// suspect returns the place of the comprehension that looks the largest, else the group's first file. It parses anew: the trees
// belong to the run that was left behind.
func suspect(g group) diag.Pos {
	at, most := diag.Pos{File: g.files[0].name}, 0
	for _, s := range g.files {
		if s.tree == nil { // YAML
			continue
		}
		tree, err := parser.ParseFile(s.name, s.text)
		if err != nil {
			continue
		}
		ast.Walk(tree, func(n ast.Node) bool {
			if c, ok := n.(*ast.Comprehension); ok {
				if size := magnitude(c); size > most {
					at, most = position(c.Pos()), size
				}
			}
			return true
		}, nil)
	}
	return at
}

// magnitude guesses how many digits the number of a comprehension's values has: those of the numbers in it, and one for each for.
func magnitude(c *ast.Comprehension) (digits int) {
	ast.Walk(c, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForClause:
			digits++
		case *ast.BasicLit:
			if n.Kind == token.INT {
				digits += len(n.Value)
			}
		}
		return true
	}, nil)
	return digits
}
