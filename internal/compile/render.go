package compile

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// rendered is what units come to, or why there is nothing.
type rendered struct {
	files   []emit.File // manifests
	beside  []emit.File // what other tools read
	objects int
	wrong   []diag.Diagnostic // extensions and patches that cannot be
	err     error
}

// render renders the units, jobs of them at a time, and returns what each comes to. A worker lets go of a unit's objects before it
// takes the next, so only bytes pile up.
func render(all []unit, generators []generator.Generator, opts Options) ([]rendered, error) {
	results := make([]rendered, len(all))
	var told sync.Mutex
	done := 0
	atOnce(len(all), opts.jobs(), func(i int) {
		results[i] = renderUnit(all[i], generators, opts)
		told.Lock()
		defer told.Unlock()
		done++
		opts.progress(done, len(all))
	})
	for _, r := range results {
		if r.err != nil {
			return nil, r.err
		}
	}
	return results, nil
}

// sum joins what the wanted ones of all units have come to, in their order.
func sum(all []unit, results []rendered, wanted []unit) rendered {
	var made rendered
	for i, u := range all {
		if len(wanted) == 0 || wanted[0] != u {
			continue
		}
		wanted = wanted[1:]
		made.files = append(made.files, results[i].files...)
		made.beside = append(made.beside, results[i].beside...)
		made.objects += results[i].objects
	}
	return made
}

// atOnce does the work of each number from 0 to n-1, jobs of them at a time, and returns when all is done.
func atOnce(n, jobs int, work func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(jobs, n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	workers.Wait()
}

// inTurn does the work of each number from 0 to n-1, jobs of them at a time, and hands the results over in the order of the numbers.
// Whoever works is at most a few numbers ahead.
func inTurn[T any](n, jobs int, work func(i int) T, take func(T)) {
	const ready = 2 // results that wait in a lane
	lanes := make([]chan T, min(jobs, n))
	for k := range lanes {
		lanes[k] = make(chan T, ready)
		go func() {
			for i := k; i < n; i += len(lanes) {
				lanes[k] <- work(i)
			}
		}()
	}
	for i := range n {
		take(<-lanes[i%len(lanes)])
	}
}

// byName sorts neighbours of one kind by name, so that no object moves in its file when two colours change places: what is left of
// the flip in a diff is what changes in the cluster.
func byName(objects []generator.Object) []generator.Object {
	for from := 0; from < len(objects); {
		to := from + 1
		for to < len(objects) && kube.Kind(objects[to]) == kube.Kind(objects[from]) {
			to++
		}
		slices.SortStableFunc(objects[from:to], func(a, b generator.Object) int { return cmp.Compare(a.GetName(), b.GetName()) })
		from = to
	}
	return objects
}

// renderUnit runs every generator on one unit. A generator cannot fail, so a panic is a defect of ours: it becomes an error that
// names the place, and nothing is written.
func renderUnit(u unit, generators []generator.Generator, opts Options) (r rendered) {
	running := ""
	defer func() {
		if p := recover(); p != nil {
			r = rendered{err: fmt.Errorf("internal error: generator %s on %s: %v", running, u, p)}
		}
	}()
	var objects []generator.Object
	var beside []emit.Beside
	for _, g := range generators {
		running = g.Name
		objects = append(objects, byName(delivery.Mark(u.facts(), u.app, u.run(g)))...)
		if !opts.WithTests && u.fleet == nil {
			continue
		}
		for _, f := range u.files(g) {
			beside = append(beside, emit.Beside{
				Tree: f.Tree, Env: u.env, Platform: u.fleet != nil, Namespace: u.name, App: u.appName(), Name: f.Name, Content: f.Content,
			})
		}
	}
	running = "extensions and patches"
	objects, r.wrong = u.finished(objects)
	var docs []emit.Document
	for _, object := range objects {
		if rules, ok := kube.RuleFileOf(object); ok && opts.WithTests {
			stem := kube.RuleFileStem(cmp.Or(u.appName(), namespaceUnit), object.GetName())
			beside = append(beside, emit.Beside{
				Tree: kube.RuleTree, Env: u.env, Namespace: u.name, App: u.appName(), Name: stem + kube.RuleFileEnding, Content: rules,
			})
		}
		docs = append(docs, emit.Document{
			Env: u.env, Platform: u.fleet != nil, Namespace: u.name, App: u.appName(),
			Kind: kube.Kind(object), Name: object.GetName(), Elsewhere: u.elsewhere(object), Object: object,
		})
	}
	running = "output"
	files, err := emit.Layout(docs, opts.Split)
	others, wrong := emit.LayoutBeside(beside)
	if err = cmp.Or(err, wrong); err != nil {
		return rendered{err: fmt.Errorf("internal error: %s: %w", u, err)}
	}
	return rendered{files: slices.Clip(files), beside: others, objects: len(docs), wrong: r.wrong}
}
