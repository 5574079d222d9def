// Command oracle answers what the simulator says, in JSON, to those who hold it against a real cluster: one question a line, one answer a line.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"slices"

	"github.com/scantling/scantling/internal/simulate"
)

// question is a cluster, and what happens to it, in order.
type question struct {
	Nodes       []simulate.Node
	Controllers []simulate.Controller
	Budgets     []simulate.Budget
	Steps       []step
}

// step is one thing that happens. Name is of the controller, pod or node that it is about.
type step struct {
	Do     string // start, put, rollout, drain, lose, evict, try (an eviction that is taken back), fits, look
	Name   string
	Names  []string          // of nodes that are lost
	Listed bool              // they stay in the API
	Pods   []simulate.Pod    // that are put there
	Of     simulate.Template // whose pods nobody's are
	New    bool              // fits: a pod of the next revision
}

// answer is what came of a step, and what there is afterwards.
type answer struct {
	Outcome simulate.Outcome
	Refusal simulate.Refusal
	Fits    []string
	Why     string
	Pods    []simulate.Pod
	Budgets []simulate.Status
	Most    []int // pods of each controller that a rollout may reach
}

func main() {
	log.SetFlags(0)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func serve(in io.Reader, out io.Writer) error {
	questions, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var q question
		if err := questions.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(q.play()); err != nil {
			return err
		}
	}
}

func (q *question) play() []answer {
	c := simulate.New(q.Nodes, q.Controllers, q.Budgets)
	var all []answer
	for _, s := range q.Steps {
		a := s.play(c)
		a.Pods = c.Pods()
		for _, b := range q.Budgets {
			a.Budgets = append(a.Budgets, c.Budget(b.Namespace, b.Name))
		}
		for _, k := range q.Controllers {
			more, _ := simulate.Fenceposts(k.Surge, k.Unavailable, k.Replicas)
			a.Most = append(a.Most, k.Replicas+min(more, k.Replicas))
		}
		all = append(all, a)
	}
	return all
}

func (s *step) play(c *simulate.Cluster) answer {
	var a answer
	switch s.Do {
	case "start":
		a.Outcome = c.Start()
	case "put":
		for _, p := range s.Pods {
			c.Put(p, s.Of)
		}
	case "rollout":
		a.Outcome = c.Rollout(s.Name)
	case "drain":
		a.Outcome = c.Drain(s.Name)
	case "lose":
		a.Outcome = c.Lose(func(n *simulate.Node) bool { return slices.Contains(s.Names, n.Name) }, s.Listed)
	case "evict":
		a.Refusal = c.Evict(s.Name)
	case "try":
		a.Refusal = c.Clone().Evict(s.Name)
	case "fits":
		a.Fits, a.Why = c.Fits(s.Name, s.New, s.Of)
	}
	return a
}
