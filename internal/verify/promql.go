package verify

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// promKind is what an expression of PromQL is.
type promKind byte

const (
	promNumber    promKind = iota
	promText               // a string
	promSeries             // a selector, of an instant or over a range
	promCall               // of a function
	promAggregate          // sum, max and the like
	promOperation          // of an operator, with two sides; -x is 0 - x
	promSubquery           // x[1h:5m]
)

// promExpr is an expression of PromQL, or a part of one. Parentheses are gone: the tree says what belongs together.
type promExpr struct {
	kind  promKind
	name  string // of the metric, function, aggregation or operator; the number or string itself; empty: of a selector without one
	args  []*promExpr
	match []promMatcher // of series, without the name

	ranged   bool
	span     time.Duration // of a range; 0: computed where it is evaluated
	offset   time.Duration
	boolean  bool     // a comparison that returns 0 or 1
	grouping string   // by, without, on, ignoring; empty: none
	labels   []string // of the grouping, sorted

	result promType // what it returns, once that was asked for
}

type promMatcher struct{ label, op, value string }

// walk calls visit for an expression and all that it is made of.
func (e *promExpr) walk(visit func(e *promExpr)) {
	if e == nil {
		return
	}
	visit(e)
	for _, a := range e.args {
		a.walk(visit)
	}
}

// series returns the selectors of an expression.
func (e *promExpr) series() (all []*promExpr) {
	e.walk(func(x *promExpr) {
		if x.kind == promSeries {
			all = append(all, x)
		}
	})
	return all
}

// is reports whether an expression is of a kind and has a name.
func (e *promExpr) is(kind promKind, name string) bool { return e.kind == kind && e.name == name }

// parts returns what an operator joins, such as the alternatives of "or".
func (e *promExpr) parts(op string) []*promExpr {
	if !e.is(promOperation, op) {
		return []*promExpr{e}
	}
	return append(e.args[0].parts(op), e.args[1].parts(op)...)
}

// matcher returns the matcher of a label.
func (e *promExpr) matcher(label string) (promMatcher, bool) {
	i := slices.IndexFunc(e.match, func(m promMatcher) bool { return m.label == label })
	if i < 0 {
		return promMatcher{}, false
	}
	return e.match[i], true
}

// equal returns the only value that a label of the series may have; empty: it may have others.
func (e *promExpr) equal(label string) string {
	if m, ok := e.matcher(label); ok && m.op == "=" {
		return m.value
	}
	return ""
}

// names returns the values that a matcher of plain names allows.
func (m promMatcher) names() []string {
	if m.op == "=~" {
		return strings.Split(m.value, "|")
	}
	return []string{m.value}
}

// groups reports whether series of an aggregation keep exactly these labels.
func (e *promExpr) groups(how string, labels ...string) bool {
	return e.grouping == how && slices.Equal(e.labels, labels)
}

// number returns the constant that an expression is, computed exactly; nil: it is none.
func (e *promExpr) number() *big.Rat {
	switch {
	case e.kind == promNumber:
		if d, ok := promDuration(e.name); ok {
			return big.NewRat(d.Milliseconds(), 1000)
		}
		return promRat(e.name)
	case e.kind != promOperation || len(e.args) != 2:
		return nil
	}
	x, y := e.args[0].number(), e.args[1].number()
	if x == nil || y == nil {
		return nil
	}
	switch e.name {
	case "+":
		return new(big.Rat).Add(x, y)
	case "-":
		return new(big.Rat).Sub(x, y)
	case "*":
		return new(big.Rat).Mul(x, y)
	case "/":
		if y.Sign() != 0 {
			return new(big.Rat).Quo(x, y)
		}
	}
	return nil
}

// longestNumber is how many characters a number may have to be computed exactly: 1e999999999 would take all memory there is.
const longestNumber = 24

// promRat reads a decimal exactly; nil: it is none, or infinite.
func promRat(text string) *big.Rat {
	text = strings.ReplaceAll(text, "_", "")
	_, exponent, scaled := strings.Cut(strings.ToLower(text), "e")
	if len(text) > longestNumber || scaled && len(exponent) > 3 || strings.Contains(text, "/") {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return r
}

// promUnit is one of those that durations are written in.
type promUnit struct {
	name string
	is   time.Duration
}

// promUnits go from the largest to the smallest, in which order a duration has them.
var promUnits = []promUnit{
	{"y", 365 * 24 * time.Hour}, {"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
	{"ms", time.Millisecond},
}

// promDuration reads a duration of Prometheus, such as 1h30m.
func promDuration(text string) (sum time.Duration, ok bool) {
	const most = 1 << 62 // of each unit
	units := promUnits
	for rest := text; rest != ""; {
		var n time.Duration
		digits := 0
		for ; digits < len(rest) && isDigit(rest[digits]) && n < most/10; digits++ {
			n = 10*n + time.Duration(rest[digits]-'0')
		}
		letters := digits
		for letters < len(rest) && isLetter(rest[letters]) {
			letters++
		}
		i := slices.IndexFunc(units, func(u promUnit) bool { return u.name == rest[digits:letters] })
		if digits == 0 || i < 0 || n > most/units[i].is {
			return 0, false
		}
		if sum += n * units[i].is; sum < 0 {
			return 0, false
		}
		units, rest = units[i+1:], rest[letters:]
	}
	return sum, text != ""
}

// duration returns what a literal says; 0: it is computed where it is evaluated.
func (e *promExpr) duration() time.Duration {
	if e.kind != promNumber {
		return 0
	}
	text, minus := strings.CutPrefix(e.name, "-")
	d, ok := promDuration(text)
	if seconds, err := strconv.ParseFloat(text, 64); !ok && err == nil && seconds < 1e9 {
		d = time.Duration(seconds * float64(time.Second))
	}
	if minus {
		return -d
	}
	return d
}
