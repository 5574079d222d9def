package edit

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// tree is new fields, nested as they will stand in the spec.
type tree struct {
	key      string
	set      Set // of a leaf
	children []*tree
}

func (t *tree) add(keys []string, s Set) {
	if len(keys) == 0 {
		t.set = s
		return
	}
	i := slices.IndexFunc(t.children, func(c *tree) bool { return c.key == keys[0] })
	if i < 0 {
		i = len(t.children)
		t.children = append(t.children, &tree{key: keys[0]})
	}
	t.children[i].add(keys[1:], s)
}

// inline writes nested fields on one line: a: b: "x" in CUE, a: {b: "x"} in YAML, "a": {"b": "x"} in JSON.
func (d *doc) inline(keys []string, t *tree, quoted bool) string {
	label := keys[0]
	switch {
	case d.cue && !identifier.MatchString(label), quoted, !d.cue && !isPlain(label):
		label = quote(label)
	}
	if len(keys) > 1 {
		return label + ": " + d.braced(d.inline(keys[1:], t, quoted), 1)
	}
	if len(t.children) == 0 {
		return label + ": " + t.set.quoted()
	}
	var fields []string
	for _, c := range t.children {
		fields = append(fields, d.inline([]string{c.key}, c, quoted))
	}
	return label + ": " + d.braced(strings.Join(fields, ", "), len(fields))
}

// braced puts the n fields of a struct in braces. One in CUE needs none.
func (d *doc) braced(fields string, n int) string {
	if d.cue && n == 1 {
		return fields
	}
	return "{" + fields + "}"
}

// below writes nested fields as YAML, each on its line; indent is that of the first.
func (d *doc) below(keys []string, t *tree, indent, step string) string {
	label := keys[0]
	if !isPlain(label) {
		label = quote(label)
	}
	switch {
	case len(keys) > 1:
		return indent + label + ":" + d.newline() + d.below(keys[1:], t, indent+step, step)
	case len(t.children) == 0 && t.set.Kind == load.String && isPlain(t.set.Text):
		return indent + label + ": " + t.set.Text
	case len(t.children) == 0:
		return indent + label + ": " + t.set.quoted()
	}
	text := indent + label + ":"
	for _, c := range t.children {
		text += d.newline() + d.below([]string{c.key}, c, indent+step, step)
	}
	return text
}

// valueLike writes a value with the quotes of the one that it replaces.
func (d *doc) valueLike(s Set, old *load.Written) string {
	first := d.text[old.Value]
	switch {
	case s.Kind != load.String, d.cue, first == '"', !isPlain(s.Text):
		return s.quoted()
	case first == '\'':
		return "'" + s.Text + "'"
	}
	return s.Text
}

// quoted writes a value as CUE, YAML and JSON all read it.
func (s Set) quoted() string {
	if s.Kind == load.String {
		return quote(s.Text)
	}
	return s.Text
}

func quote(s string) string { return strconv.QuoteToASCII(s) }

var identifier = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_$]*$`)

// isPlain reports whether a text can stand in YAML without quotes and stay a text.
func isPlain(s string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@"
	if strings.Trim(s, plain) != "" || s == "" || strings.HasSuffix(s, ":") || !strings.Contains(plain[:52], s[:1]) {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n": // YAML 1.1 has other ideas of these
		return false
	}
	return true
}
