package prometheus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Matchers narrow what is asked to some series, for a server that several clusters write into.
type Matchers []matcher

// matcher is one condition on a label, such as cluster="prod-eu".
type matcher struct {
	label, op, value string
	pattern          *regexp.Regexp // of =~ and !~
}

var matcherForm = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*$`)

// ParseMatchers reads conditions as PromQL writes them between braces, one a text: cluster="prod-eu".
func ParseMatchers(texts []string) (Matchers, error) {
	var all Matchers
	for _, text := range texts {
		parts := matcherForm.FindStringSubmatch(text)
		if parts == nil {
			return nil, &Error{Problem: fmt.Sprintf("%q is not a condition on a label", text), Help: `want LABEL="VALUE", in quotes of the shell: 'cluster="prod-eu"'`}
		}
		value, err := strconv.Unquote(parts[3])
		if err != nil {
			return nil, &Error{Problem: fmt.Sprintf("%s is not a text in quotes", parts[3])}
		}
		m := matcher{label: parts[1], op: parts[2], value: value}
		if strings.HasSuffix(m.op, "~") {
			if m.pattern, err = regexp.Compile("^(?s:" + value + ")$"); err != nil { // anchored, as Prometheus has it
				return nil, &Error{Problem: fmt.Sprintf("%q is not a regular expression", value)}
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// String is what stands between the braces of a selector, after a comma; empty without conditions.
func (ms Matchers) String() string {
	var b strings.Builder
	for _, m := range ms {
		b.WriteString("," + m.label + m.op + strconv.Quote(m.value))
	}
	return b.String()
}

// Match reports whether a series is meant. A label that it lacks is empty.
func (ms Matchers) Match(labels map[string]string) bool {
	for _, m := range ms {
		var ok bool
		switch value := labels[m.label]; m.op {
		case "=":
			ok = value == m.value
		case "!=":
			ok = value != m.value
		case "=~":
			ok = m.pattern.MatchString(value)
		default:
			ok = !m.pattern.MatchString(value)
		}
		if !ok {
			return false
		}
	}
	return true
}
