package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
)

// A checker compares nodes with rules and collects everything that is wrong.
type checker struct {
	found []diag.Diagnostic
	mark  bool // whether nodes remember what was reported about them, for those who read them later
}

// reported marks n as one that a diagnostic is about.
func (c *checker) reported(n *Node) {
	if c.mark {
		n.Kind = Invalid
	}
}

// report adds one diagnostic about n, at its value.
func (c *checker) report(rule string, n *Node, path, problem, want, help string) {
	c.found = append(c.found, diag.Diagnostic{Rule: rule, Pos: n.Pos, Path: path, Problem: problem, Want: want, Help: help})
	c.reported(n)
}

// check compares n with r. In a partial struct nothing is required: it overrides another that has the rest.
func (c *checker) check(n *Node, r *Rule, path string, partial bool) {
	if n.Kind == Invalid {
		return
	}
	rule := r.form(n)
	if rule == nil {
		c.wrongType(n, r, path)
		return
	}
	if rule.Partial != nil {
		rule, partial = rule.Partial, true
	}
	switch n.Kind {
	case Struct:
		c.checkStruct(n, rule, path, partial)
	case List:
		if rule.Elem == nil {
			return
		}
		for i, e := range n.Elems {
			c.check(e, rule.Elem, path+"["+strconv.Itoa(i)+"]", false)
		}
	case Int, Float:
		c.checkNumber(n, rule, path)
	case String:
		c.checkString(n, rule, path)
	}
}

// form returns the alternative of r that a value of n's kind may take, or nil.
func (r *Rule) form(n *Node) *Rule {
	number := false // whether r takes a number too, so that "8080" is one in quotes rather than a name
	for ; r != nil; r = r.Or {
		number = number || r.Type == IntType
		ok := false
		switch r.Type {
		case AnyType:
			ok = true
		case FalseType:
			ok = n.Kind == Bool && n.Text == "false"
		case BoolType:
			ok = n.Kind == Bool
		case IntType:
			ok = n.Kind == Int
		case NumberType:
			ok = n.Kind == Int || n.Kind == Float
		case StringType:
			ok = n.Kind == String && (!number || !isNumber(n.Text))
		case StructType:
			ok = n.Kind == Struct
		case ListType:
			ok = n.Kind == List
		}
		if ok {
			return r
		}
	}
	return nil
}

func (c *checker) checkStruct(n *Node, r *Rule, path string, partial bool) {
	var meant []string // fields that unknown ones were probably meant to be
	for _, f := range n.Fields {
		at := join(path, f.Key)
		field := r.Field(f.Key)
		switch {
		case field != nil && partial && field.Rule.overrides():
			c.unknown(f, r, at, partial)
			c.reported(f)
		case field != nil:
			before := len(c.found)
			c.check(f, field.Rule, at, partial)
			c.exemplify(before, field.Example)
		case r.Val != nil:
			if c.checkKey(f, r.Key, at) || r.Val.form(f) != nil {
				c.check(f, r.Val, at, partial)
			} else {
				c.reported(f)
			}
		case !r.Open:
			meant = append(meant, c.unknown(f, r, at, partial)...)
		}
	}
	if !partial && !n.lacks {
		c.checkRequired(n, r, path, meant)
	}
	c.checkExclusive(n, r, path)
}

// exemplify gives an example to those who wrote a value of the wrong kind.
func (c *checker) exemplify(from int, example string) {
	for i := range c.found[from:] {
		if d := &c.found[from+i]; d.Rule == "wrong-type" && d.Help == "" {
			d.Help = "for example " + example
		}
	}
}

// overrides reports whether a field holds overrides by name; they do not nest.
func (r *Rule) overrides() bool {
	return r.Val != nil && (r.Val.Partial != nil || r.Val.Or != nil && r.Val.Or.Partial != nil)
}

// checkRequired reports what is missing from n, but for the fields that were meant by others.
func (c *checker) checkRequired(n *Node, r *Rule, path string, meant []string) {
	for _, f := range r.Fields {
		if f.Required && n.Field(f.Name) == nil && c.mark {
			n.lacks = true
		}
		if f.Required && n.Field(f.Name) == nil && !slices.Contains(meant, f.Name) {
			c.found = append(c.found, diag.Diagnostic{Rule: "missing-field", Pos: n.KeyPos, Path: path, Problem: f.Name + " is missing", Want: f.Rule.want(), Help: "add " + f.Example})
		}
	}
	if len(r.One) == 0 || slices.ContainsFunc(r.One, func(name string) bool { return n.Field(name) != nil }) {
		return
	}
	n.lacks = n.lacks || c.mark
	if len(meant) > 0 || r.kinds() && len(n.Fields) > 0 { // an unknown kind has been reported
		return
	}
	c.found = append(c.found, diag.Diagnostic{Rule: "missing-field", Pos: n.KeyPos, Path: path, Problem: "nothing says what it is", Want: "one of " + list(r.One, "or"), Help: "add " + r.Field(r.One[0]).Example})
}

func (c *checker) checkExclusive(n *Node, r *Rule, path string) {
	for _, group := range r.Exclusive {
		var both []*Node
		for _, name := range group {
			if f := n.Field(name); f != nil {
				both = append(both, f)
			}
		}
		if len(both) < 2 {
			continue
		}
		slices.SortFunc(both, func(a, b *Node) int { return a.KeyPos.Compare(b.KeyPos) })
		first, second := both[0], both[1]
		c.found = append(c.found, diag.Diagnostic{
			Rule: "exclusive-fields", Pos: second.KeyPos, Path: join(path, second.Key),
			Problem: fmt.Sprintf("%s and %s (%s) exclude each other", second.Key, first.Key, first.KeyPos),
			Want:    "one of " + list(group, "and"),
			Help:    "remove one of them",
		})
		c.reported(second)
	}
}

// checkKey reports whether a name is what r asks for.
func (c *checker) checkKey(n *Node, r *Rule, path string) (ok bool) {
	problem := r.refuses(n.Key)
	if problem != "" {
		key := *n
		key.Kind, key.Text, key.Pos = String, n.Key, n.KeyPos
		c.report("bad-name", &key, path, problem, r.want(), suggestValue(&key, r))
	}
	return problem == ""
}

func (c *checker) checkString(n *Node, r *Rule, path string) {
	problem := r.refuses(n.Text)
	if problem == "" {
		return
	}
	if len(r.Enum) == 0 {
		c.report("bad-format", n, path, problem, r.want(), suggestValue(n, r))
		return
	}
	noun := path[strings.LastIndexAny(path, ".]")+1:]
	if r.Phrase != "" {
		noun = strings.TrimPrefix(r.Phrase, "a ")
	}
	if noun == "" {
		noun = "value that is known here"
	}
	c.report("not-one-of", n, path, fmt.Sprintf("%q is not %s", clip(n.Text), article(noun)), r.want(), suggestValue(n, r))
}

// refuses says what is wrong with a string, or nothing.
func (r *Rule) refuses(s string) string {
	switch {
	case r == nil:
		return ""
	case slices.Contains(r.Not, s) && s == "":
		return "the text is empty"
	case slices.Contains(r.Not, s):
		return fmt.Sprintf("%q is reserved", s)
	case len(r.Enum) > 0 && !slices.Contains(r.Enum, s):
		return fmt.Sprintf("%q is not known", clip(s))
	case len(r.Enum) == 0 && r.match != nil && !r.match().MatchString(s) && s == "":
		return "the text is empty"
	case len(r.Enum) == 0 && r.match != nil && !r.match().MatchString(s):
		if r.Phrase == "" {
			return fmt.Sprintf("%q cannot stand here", clip(s))
		}
		what, _, _ := strings.Cut(r.Phrase, " such as")
		what, _, _ = strings.Cut(what, ",")
		if !strings.HasPrefix(what, "an amount of ") {
			what, _, _ = strings.Cut(what, " of ")
		}
		return fmt.Sprintf("%q is not %s", clip(s), what)
	}
	return ""
}

func (c *checker) checkNumber(n *Node, r *Rule, path string) {
	if len(r.Bounds) == 0 {
		return
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err == nil && r.within(f) {
		return
	}
	c.report("out-of-range", n, path, clip(n.Text)+" is out of range", r.want(), suggestNumber(n, r, f))
}

// within reports whether f keeps all bounds of r.
func (r *Rule) within(f float64) bool {
	for _, b := range r.Bounds {
		ok := false
		switch b.Op {
		case ">":
			ok = f > b.Limit
		case ">=":
			ok = f >= b.Limit
		case "<":
			ok = f < b.Limit
		case "<=":
			ok = f <= b.Limit
		}
		if !ok {
			return false
		}
	}
	return true
}

func (c *checker) wrongType(n *Node, r *Rule, path string) {
	if n.Kind == Null {
		c.report("wrong-type", n, path, "there is no value", r.want(), "write a value or remove the field")
		return
	}
	var wanted []string
	for form := r; form != nil; form = form.Or {
		if form.Type != StringType || n.Kind != String { // a number in quotes where a name may stand, too
			wanted = append(wanted, form.Type.phrase())
		}
	}
	problem := fmt.Sprintf("%s is %s, not %s", show(n), n.Kind.phrase(), list(wanted, "or"))
	if n.Kind == Bool {
		problem = fmt.Sprintf("%s is not %s", n.Text, list(wanted, "or"))
	}
	c.report("wrong-type", n, path, problem, r.want(), suggestType(n, r))
}

// isApp reports whether n is what an app looks like.
func isApp(n *Node) bool {
	return n.Field("image") != nil && n.Field("team") != nil || n.Field("tier") != nil
}

// unknown reports a field that r does not have, and returns those that were probably meant.
func (c *checker) unknown(f *Node, r *Rule, path string, partial bool) (meant []string) {
	d := diag.Diagnostic{Rule: "unknown-field", Pos: f.KeyPos, Path: path, Problem: fmt.Sprintf("unknown field %q", clip(f.Key))}
	if partial && r.Field(f.Key) != nil {
		d.Problem, d.Help = fmt.Sprintf("%q cannot stand in an override", f.Key), "remove it: overrides do not nest"
		c.found = append(c.found, d)
		return nil
	}
	meant = similar(f.Key, r)
	parent := strings.TrimSuffix(path, "."+f.Key)
	if kind := r.Field(f.Text); r.kinds() && kind != nil {
		d.Help = fmt.Sprintf("the kind is the key: write %s", kind.Example)
	} else if kind := r.Field(parent[strings.LastIndexByte(parent, '.')+1:]); r.kinds() && kind != nil {
		d.Help = fmt.Sprintf("%q is a kind, which stands below a name: NAME: {%s}", kind.Name, kind.Example)
	} else if r == specRule() && isApp(f) {
		d.Help = fmt.Sprintf("an app stands below apps: apps: {%s: {...}}", clip(f.Key))
	} else if names := synonyms[f.Key]; r == specRule() && len(names) > 0 && appRule().Field(names[0]) != nil {
		d.Help = fmt.Sprintf("in an app it is called %q: apps: {NAME: {%s}}", names[0], appRule().Field(names[0]).Example)
	} else if len(meant) > 0 {
		d.Help = "did you mean " + list(quoted(meant), "or") + "?"
	} else if home := elsewhere(f.Key, r); home != "" {
		d.Help = fmt.Sprintf("%q belongs in %s", f.Key, home)
	}
	switch {
	case len(r.Fields) == 0:
		d.Want = "no field: {}"
	case len(r.Fields) <= 16:
		d.Want = list(r.names(), "or")
	case d.Help == "":
		d.Help = "scantling explain spec lists the fields"
	}
	c.found = append(c.found, d)
	return meant
}

// join appends a field's name to a path.
func join(path, name string) string {
	if strings.ContainsAny(name, ".[] \t\n\"") || strings.ContainsFunc(name, invisible) || name == "" {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
