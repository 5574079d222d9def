package compile_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// term is a part of an expression of PromQL, read by code of our own: what wrote the rules must not be what reads them.
type term struct {
	kind   string // number, text, series, call, or an operator
	name   string // the number, the metric, or the function
	bool   bool   // a comparison that returns 0 or 1
	labels string // what it sums by, or matches on: "by(a,b)", "on(a,b)"
	args   []*term
	match  []matcher // of series
	window string    // "5m" or "5m:30s"; empty: an instant
	offset string
}

type matcher struct{ label, op, value string }

// get returns the matcher of a label.
func (t *term) get(label string) (matcher, bool) {
	i := slices.IndexFunc(t.match, func(m matcher) bool { return m.label == label })
	if i < 0 {
		return matcher{}, false
	}
	return t.match[i], true
}

// is returns the value that a label must have; empty: it may have others.
func (t *term) is(label string) string {
	if m, ok := t.get(label); ok && m.op == "=" {
		return m.value
	}
	return ""
}

// all returns a term and what it is made of.
func (t *term) all() []*term {
	out := []*term{t}
	for _, a := range t.args {
		out = append(out, a.all()...)
	}
	return out
}

// series are what it selects.
func (t *term) series() []*term {
	return slices.DeleteFunc(t.all(), func(x *term) bool { return x.kind != "series" })
}

var lexeme = regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)*"|[a-zA-Z_$][a-zA-Z0-9_:]*|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?:[smhdw])?|=~|!~|!=|==|>=|<=|[-+*/%^(){}\[\],=<>:@])`)

// exprReader reads one expression.
type exprReader struct {
	words []string
	err   error
}

// parsed reads an expression; what is none of PromQL, or beyond what rules need, is an error.
func parsed(expr string) (*term, error) {
	r := &exprReader{}
	for rest := strings.TrimSpace(expr); rest != ""; rest = strings.TrimSpace(rest) {
		word := lexeme.FindString(rest)
		if word == "" {
			return nil, fmt.Errorf("%.20q is no PromQL", rest)
		}
		r.words, rest = append(r.words, word), rest[len(word):]
	}
	t := r.binary(0)
	if r.err == nil && len(r.words) > 0 {
		r.fail("what follows is %q", r.words[0])
	}
	return t, r.err
}

func (r *exprReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.words = nil
}

func (r *exprReader) next() string {
	if len(r.words) == 0 {
		return ""
	}
	return r.words[0]
}

func (r *exprReader) take() string {
	word := r.next()
	if word == "" {
		r.fail("it ends too early")
		return ""
	}
	r.words = r.words[1:]
	return word
}

func (r *exprReader) skip(word string) bool {
	if r.next() != word {
		return false
	}
	r.words = r.words[1:]
	return true
}

func (r *exprReader) want(word string) {
	if !r.skip(word) {
		r.fail("%q instead of %q", r.next(), word)
	}
}

// operators are those of PromQL, from the weakest on; all of ours bind to the left.
var operators = [][]string{{"or"}, {"and", "unless"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/", "%"}}

func (r *exprReader) binary(level int) *term {
	if level == len(operators) {
		return r.unary()
	}
	left := r.binary(level + 1)
	for slices.Contains(operators[level], r.next()) {
		t := &term{kind: r.take()}
		t.bool = r.skip("bool")
		if r.next() == "on" || r.next() == "ignoring" {
			t.labels = r.grouping()
		}
		if r.next() == "group_left" || r.next() == "group_right" {
			t.labels += " " + r.grouping()
		}
		t.args = []*term{left, r.binary(level + 1)}
		left = t
	}
	return left
}

// grouping is "by (a, b)", as one word.
func (r *exprReader) grouping() string {
	word := r.take()
	if !r.skip("(") {
		return word
	}
	var labels []string
	for r.next() != ")" && r.err == nil {
		labels = append(labels, r.take())
		r.skip(",")
	}
	r.want(")")
	slices.Sort(labels)
	return word + "(" + strings.Join(labels, ",") + ")"
}

var (
	aggregations = []string{"sum", "max", "min", "avg", "count", "group", "quantile", "topk"}
	bareName     = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	bareNumber   = regexp.MustCompile(`^[0-9]`)
)

func (r *exprReader) unary() *term {
	if r.skip("-") {
		return &term{kind: "-", args: []*term{{kind: "number", name: "0"}, r.unary()}}
	}
	t := r.operand()
	if r.skip("[") {
		t.window = r.take()
		if r.skip(":") {
			t.window += ":" + r.take()
		}
		r.want("]")
	}
	if r.skip("offset") {
		t.offset = r.take()
	}
	return t
}

func (r *exprReader) operand() *term {
	word := r.take()
	switch {
	case word == "(":
		t := r.binary(0)
		r.want(")")
		return t
	case bareNumber.MatchString(word):
		return &term{kind: "number", name: word}
	case strings.HasPrefix(word, `"`):
		return &term{kind: "text", name: unquoted(word)}
	case slices.Contains(aggregations, word) && (r.next() == "by" || r.next() == "without"):
		t := &term{kind: "call", name: word, labels: r.grouping()}
		r.want("(")
		t.args = r.arguments()
		return t
	case bareName.MatchString(word) && r.skip("("):
		return &term{kind: "call", name: word, args: r.arguments()}
	case bareName.MatchString(word):
		return r.selection(word)
	}
	r.fail("%q where a value should be", word)
	return &term{}
}

func (r *exprReader) arguments() (args []*term) {
	for r.next() != ")" && r.err == nil {
		args = append(args, r.binary(0))
		r.skip(",")
	}
	r.want(")")
	return args
}

func (r *exprReader) selection(metric string) *term {
	t := &term{kind: "series", name: metric}
	if !r.skip("{") {
		return t
	}
	for r.next() != "}" && r.err == nil {
		t.match = append(t.match, matcher{r.take(), r.take(), unquoted(r.take())})
		r.skip(",")
	}
	r.want("}")
	return t
}

// unquoted reads a string with the escapes that rules use.
func unquoted(word string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.Trim(word, `"`))
}

// TestExpressionsAreRead wants the reader to know what binds how, and to refuse what it does not know.
func TestExpressionsAreRead(t *testing.T) {
	x, err := parsed(`max by (b, a) (rate(m{a="x",b=~"y\\.z"}[5m:30s]) > bool 1 and on (a) n unless o offset 1h or 0 * p{c=""}) - 2.5e-1`)
	if err != nil || x.kind != "-" || x.args[0].labels != "by(a,b)" || x.args[0].args[0].kind != "or" {
		t.Fatalf("read as %+v, %v", x, err)
	}
	var names []string
	for _, s := range x.series() {
		names = append(names, s.name)
	}
	if m, _ := x.series()[0].get("b"); strings.Join(names, "") != "mnop" || m != (matcher{"b", "=~", `y\.z`}) || x.series()[0].window != "5m:30s" || x.series()[2].offset != "1h" {
		t.Errorf("series %v, %+v", names, x.series()[0])
	}
	for _, wrong := range []string{"", "(", "a +", "sum(a", "a{b=}", "a b", "a{b=\"c\"} and", "rate(a[5m)", "§", "1 2"} {
		if x, err := parsed(wrong); err == nil {
			t.Errorf("%q is read as %+v", wrong, x)
		}
	}
}
