package monitoring

import (
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// A measured series is one that an expression selects, made up so that all of its matchers hold.
type measured struct {
	name   string
	labels []label // in the order of the matchers
}

type label struct{ name, value string }

// selects returns the first series of a metric that an expression selects. Labels that must not match are not there.
func selects(expr, metric string) measured {
	m := measured{name: metric}
	_, rest, _ := strings.Cut(expr, metric+"{")
	for {
		name := rest[:max(0, strings.IndexAny(rest, "=!"))]
		if name == "" {
			return m
		}
		operator, quoted := rest[len(name):], ""
		operator = operator[:max(0, strings.IndexByte(operator, '"'))]
		quoted, err := strconv.QuotedPrefix(rest[len(name)+len(operator):])
		if err != nil {
			return m
		}
		value, _ := strconv.Unquote(quoted)
		if operator == "=~" {
			value = example(value)
		}
		if value != "" && !strings.HasPrefix(operator, "!") {
			m.labels = append(m.labels, label{name, value})
		}
		rest = rest[len(name)+len(operator)+len(quoted):]
		if !strings.HasPrefix(rest, ",") {
			return m
		}
		rest = rest[1:]
	}
}

// with returns the series with another value of a label, which it may lack.
func (m measured) with(name, value string) measured {
	out := measured{name: m.name}
	for _, l := range m.labels {
		if l.name != name {
			out.labels = append(out.labels, l)
		}
	}
	if value != "" {
		out.labels = append(out.labels, label{name, value})
	}
	return out
}

// of returns the value of a label.
func (m measured) of(name string) string {
	for _, l := range m.labels {
		if l.name == name {
			return l.value
		}
	}
	return ""
}

// String returns the series as Prometheus writes it.
func (m measured) String() string {
	var labels []string
	for _, l := range m.labels {
		labels = append(labels, l.name+"="+strconv.Quote(l.value))
	}
	return m.name + "{" + strings.Join(labels, ",") + "}"
}

// sampled is the series with its samples.
func (m measured) sampled(samples string) kube.InputSeries {
	return kube.InputSeries{Series: m.String(), Values: samples}
}

// example returns a text that a regular expression matches: of alternatives the first one, and of what may be repeated the fewest.
func example(pattern string) string {
	r, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	spell(&b, r.Simplify())
	return b.String()
}

func spell(b *strings.Builder, r *syntax.Regexp) {
	switch r.Op {
	case syntax.OpLiteral:
		b.WriteString(string(r.Rune))
	case syntax.OpCharClass:
		b.WriteRune(r.Rune[0])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('0')
	case syntax.OpAlternate, syntax.OpCapture, syntax.OpPlus:
		spell(b, r.Sub[0])
	case syntax.OpConcat:
		for _, s := range r.Sub {
			spell(b, s)
		}
	}
}
