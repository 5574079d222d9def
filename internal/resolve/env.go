package resolve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// reservedNames are the variables that every container gets from its pod.
var reservedNames = []string{"POD_NAME", "POD_IP"}

// derive adds a variable that the spec does not spell out, and records who decided it. The spec's own env comes after all of
// these, so that $(NAME) in it sees them.
func (s *spec) derive(v app.Variable, by app.By, pos diag.Pos, note string) {
	s.app.Variables = append(s.app.Variables, v)
	s.decided("variables["+v.Name+"]", by, pos, note)
}

// variables puts the derived variables in order and adds the spec's own.
func (s *spec) variables() {
	derived := s.app.Variables
	slices.SortStableFunc(derived, func(a, b app.Variable) int { return cmp.Compare(a.Name, b.Name) })
	own := s.literals(s.node.Field("env"), s.path("env"), derived)
	s.app.Variables = append(derived, own...)
	for _, v := range own {
		s.fromSpec("variables["+v.Name+"]", s.node.At("env", v.Name))
	}
}

// literals reads the environment of a container, by name. A name that is taken, or a value that should be secret, is an error.
func (s *spec) literals(env *load.Node, path string, taken []app.Variable) []app.Variable {
	vs := make([]app.Variable, 0, len(fields(env)))
	for _, n := range fields(env) {
		if n.Kind != load.String {
			continue
		}
		at := path + "." + n.Key
		switch {
		case slices.Contains(reservedNames, n.Key):
			s.w.errorAtKey(n, "variable-reserved", at, fmt.Sprintf("%s is set from the pod's own state", n.Key), "another name", "remove it: the app can read it already")
		case slices.ContainsFunc(taken, func(v app.Variable) bool { return v.Name == n.Key }):
			s.w.errorAtKey(n, "variable-twice", at, fmt.Sprintf("%s is set already, %s", n.Key, s.origin("variables["+n.Key+"]")), "another name", "remove it, or set env or url of the need, or env of the secret, to another name")
		}
		if kind := secretLiteral(n.Key, n.Text); kind != "" {
			s.w.errorAt(n, "secret-in-plain-text", at, "holds "+kind+" (not shown)", "secrets from the platform's store", secretHelpFor(n.Key))
		}
		vs = append(vs, app.Variable{Name: n.Key, Value: n.Text})
	}
	slices.SortFunc(vs, func(a, b app.Variable) int { return cmp.Compare(a.Name, b.Name) })
	return vs
}

// origin says who decided a field, as a message does: "by app.cue:4:7 (the need orders)".
func (s *spec) origin(path string) string {
	i := slices.IndexFunc(s.app.Origins, func(o app.Origin) bool { return o.Path == path })
	if i < 0 {
		return "by the platform"
	}
	o := s.app.Origins[i]
	said := "by " + cmp.Or(o.Pos.String(), "the tier")
	if o.Note != "" {
		said += " (" + o.Note + ")"
	}
	return said
}
