// Command flagger does on paper what Flagger does with the Canaries of a set, by Flagger's own code against a cluster that is a
// map: it clones the target to NAME-primary, makes the Services and routes, and moves the weights step by step. It reads the set's
// objects as JSON, and prints what it has against them, what Flagger would make, and what it would ask a Prometheus.
package main

import (
	"encoding/json"
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
	var objects []*unstructured.Unstructured
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		log.Fatal(err)
	}
	a := &answer{}
	c := build(objects, a)
	for _, canary := range c.canaries {
		before := len(a.Findings)
		c.ask(canary, a)
		if len(a.Findings) == before {
			c.release(canary, a)
		}
	}
	if err := c.made(a); err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		log.Fatal(err)
	}
}
