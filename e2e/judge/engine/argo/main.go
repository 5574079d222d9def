// Command argo does on paper what the controller of Argo Rollouts does with the Rollouts of a set, by the controller's own code:
// it validates them and what they refer to, walks through their steps, and judges the numbers that a Prometheus might answer. It
// reads the objects of one set after the other as JSON, and prints what it has against each, what the controller would make, and what
// it would ask.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A finding is one thing that the controller would have against an object.
type finding struct{ Rule, Object, Detail string }

// A question is an expression that the controller would send to a Prometheus.
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
	logrus.SetOutput(io.Discard) // the controller's own diary
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = answers.Encode(judge(objects))
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func judge(objects []*unstructured.Unstructured) *answer {
	a := &answer{}
	s := read(objects, a)
	for _, r := range s.rollouts {
		before := len(a.Findings)
		s.validate(r, a)
		if len(a.Findings) > before {
			continue // the controller does nothing with it either
		}
		s.analyse(r, a)
		s.walk(r, a)
		a.Made = append(a.Made, replicaSet(r))
	}
	return a
}
