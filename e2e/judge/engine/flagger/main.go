// Command flagger does on paper what Flagger does with the Canaries of a set, by Flagger's own code against a cluster that is a
// map: it clones the target to NAME-primary, makes the Services and routes, and moves the weights step by step. It reads the
// objects of one set after the other as JSON, and prints what it has against each, what Flagger would make, and what it would ask a
// Prometheus.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A finding is one thing that Flagger would have against an object.
type finding struct{ Rule, Object, Detail string }

// A question is an expression that Flagger would send to a Prometheus.
type question struct{ Object, Expression string }

// An answer is all that this program prints.
type answer struct {
	Findings  []finding
	Made      []any
	Questions []question
}

func (a *answer) add(rule, object string, problem error) {
	a.Findings = append(a.Findings, finding{rule, object, problem.Error()})
}

func main() {
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		a := &answer{}
		if err == nil {
			err = judge(objects, a)
		}
		if err == nil {
			err = answers.Encode(a)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func judge(objects []*unstructured.Unstructured, a *answer) error {
	c := build(objects, a)
	for _, canary := range c.canaries {
		before := len(a.Findings)
		c.ask(canary, a)
		if len(a.Findings) == before {
			c.release(canary, a)
		}
	}
	return c.made(a)
}
