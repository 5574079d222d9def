package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// patches reads what the team changes in generated objects. Whether an object is there, and what the patch does to it, is only known
// once it is made.
func (s *spec) patches() {
	for i, n := range elems(s.node.Field("patches")) {
		field := "patches[" + strconv.Itoa(i) + "]"
		s.checkDate(field + ".expires")
		p := app.Patch{
			Path: s.path(field), Target: text(n.Field("target")), Reason: text(n.Field("reason")), Expires: text(n.Field("expires")),
			Pos: n.Pos, Places: map[string]diag.Pos{},
		}
		body := n.Field("patch")
		for _, part := range n.Fields {
			part.Places(p.Places, part.Key)
		}
		s.withoutSecrets(field+".patch", "", body)
		switch {
		case body == nil || p.Target == "":
			continue
		case body.Kind != load.Invalid && len(body.Fields)+len(body.Elems) == 0:
			s.fail(field+".patch", "patch-has-effect", "an empty patch changes nothing", "", "remove the patch")
			continue
		case body.Kind == load.Struct:
			p.Merge = s.plain(body, field+".patch").(map[string]any)
		case body.Kind == load.List:
			p.Operations = s.operations(body, field+".patch")
		default:
			continue
		}
		s.app.Patches = append(s.app.Patches, p)
		s.fromSpec(field, n)
	}
}

// checkDate checks that a day exists.
func (s *spec) checkDate(field string) {
	day := text(s.get(field))
	if len(day) != len(time.DateOnly) {
		return
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		s.fail(field, "date-exists", "there is no "+day, "a day of the calendar", "")
	}
}

// plain returns a node as plain data.
func (s *spec) plain(n *load.Node, field string) any {
	data, tooLarge := n.Data()
	if tooLarge != nil {
		s.w.errorAt(tooLarge, "out-of-range", s.path(field), "the number is too large", "at most 19 digits", "")
	}
	return data
}

// withoutSecrets refuses what nothing but a secret looks like, and what a variable is called that holds one.
func (s *spec) withoutSecrets(field, name string, n *load.Node) {
	switch {
	case n == nil:
		return
	case n.Kind == load.String:
		kind := secretValue(n.Text)
		if name != "" {
			kind = secretLiteral(name, n.Text)
		}
		if kind != "" {
			s.w.errorAt(n, "secret-in-plain-text", s.path(field), "holds "+kind+" (not shown)", "secrets from the platform's store", secretHelp)
		}
	}
	variable := text(n.Field("name"))
	for _, f := range n.Fields {
		name := ""
		if f.Key == "value" {
			name = variable
		}
		s.withoutSecrets(load.Join(field, f.Key), name, f)
	}
	for i, e := range n.Elems {
		s.withoutSecrets(field+"["+strconv.Itoa(i)+"]", "", e)
	}
}

// operationFields are the operations of a JSON patch (RFC 6902) with the fields that each needs beside op and path.
var operationFields = map[string]string{"add": "value", "remove": "", "replace": "value", "move": "from", "copy": "from", "test": "value"}

// operations reads a JSON patch.
func (s *spec) operations(n *load.Node, field string) []app.Operation {
	var all []app.Operation
	for i, e := range n.Elems {
		at := field + "[" + strconv.Itoa(i) + "]"
		if e.Kind != load.Struct {
			continue
		}
		op := app.Operation{Op: text(e.Field("op")), Path: text(e.Field("path")), From: text(e.Field("from"))}
		if v := e.Field("value"); v != nil {
			op.Value = s.plain(v, at+".value")
		}
		if s.operation(e, op, at) {
			all = append(all, op)
		}
	}
	return all
}

// operation checks the fields of one operation.
func (s *spec) operation(e *load.Node, op app.Operation, at string) (ok bool) {
	before := len(s.w.ds)
	needs, known := operationFields[op.Op]
	names := []string{"op", "path"}
	switch {
	case e.Field("op") == nil:
		s.w.errorAtKey(e, "patch-operation", s.path(at), "an operation has an op", operationNames, "fields of the object, without a list around them, are a merge patch")
		return false
	case !known:
		s.fail(at+".op", "patch-operation", fmt.Sprintf("%q is not an operation", load.Clip(op.Op)), operationNames, didYouMean(op.Op, strings.Split(operationWords, " ")))
		return false
	case needs != "":
		names = append(names, needs)
	}
	for _, name := range names {
		if e.Field(name) == nil {
			s.w.errorAtKey(e, "patch-operation", s.path(at), fmt.Sprintf("%s needs %s", op.Op, name), load.Prose(names, "and"), "")
		}
	}
	for _, f := range e.Fields {
		switch {
		case !slices.Contains(names, f.Key):
			s.w.errorAtKey(f, "patch-operation", s.path(load.Join(at, f.Key)), fmt.Sprintf("%s has no %q", op.Op, load.Clip(f.Key)), load.Prose(names, "and"), didYouMean(f.Key, names))
		case (f.Key == "path" || f.Key == "from") && (f.Kind != load.String || !strings.HasPrefix(f.Text, "/")):
			s.w.errorAt(f, "patch-operation", s.path(at+"."+f.Key), "this is not a JSON pointer", "slashes before each name, such as /spec/template/spec/containers/0/image", `a slash in a name is written ~1: /metadata/annotations/example.com~1key`)
		}
	}
	return len(s.w.ds) == before
}

const operationWords = "add remove replace move copy test"

var operationNames = load.Prose(strings.Split(operationWords, " "), "or")
