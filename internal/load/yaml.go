package load

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/encoding/yaml"
	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/scantling/scantling/internal/diag"
)

// readYAML turns a YAML or JSON file into a node.
func readYAML(s source) (*Node, []diag.Diagnostic) {
	refuse := func(rule string, line int, problem, help string) (*Node, []diag.Diagnostic) {
		return nil, []diag.Diagnostic{{Rule: rule, Pos: diag.Pos{File: s.name, Line: line}, Problem: problem, Help: help}}
	}
	if line, ok := firstDocument(s.text); !ok {
		return refuse("several-documents", line, "a second document begins here; a spec is one document", "several apps stand below one apps:")
	}
	if line, ok := mergesItself(s.text); ok {
		return refuse("aliases-too-large", line, "this map is merged into itself", "remove the alias, or give what is shared a place of its own")
	}
	tree, err := yaml.Extract(s.name, s.text)
	if err != nil {
		return nil, []diag.Diagnostic{yamlError(s, err)}
	}
	var root ast.Expr = &ast.StructLit{Elts: tree.Decls}
	if len(tree.Decls) == 1 {
		if embed, ok := tree.Decls[0].(*ast.EmbedDecl); ok {
			root = embed.Expr
		}
	}
	var found []diag.Diagnostic
	l := literals{position, func(first, second *Node) bool {
		found = append(found, diag.Diagnostic{Rule: "duplicate-field", Pos: second.KeyPos, Path: first.KeyPos.String(),
			Problem: fmt.Sprintf("%q is already in %s", clip(second.Key), first.KeyPos), Help: "remove one of them"})
		return true
	}}
	n, ok := l.value(root)
	switch {
	case !ok && len(bytes.TrimSpace(s.text)) > 0 && !isEmptyDocument(root):
		return refuse("wrong-type", l.firstBad(root), "no field of a spec has such a value: an infinite number, too many digits, or binary data", "")
	case !ok, n.Kind == Null:
		return refuse("empty-file", 0, "the file is empty", "write apps: and one app below it, or remove the file")
	case n.Kind != Struct:
		return refuse("wrong-type", max(n.Pos.Line, 1), fmt.Sprintf("the file holds %s, not a spec", n.Kind.phrase()), "a spec begins with apps: or platform:")
	}
	n.KeyPos = diag.Pos{File: s.name}
	for i := range found {
		found[i].Path = pathTo(n, "", found[i].Path)
	}
	return n, found
}

// mergesItself reports whether a map of the text merges one that it lies in, and at which line: CUE's decoder would follow it for ever.
func mergesItself(text []byte) (line int, ok bool) {
	var doc yamlv3.Node
	if !bytes.Contains(text, []byte("<<")) || yamlv3.Unmarshal(text, &doc) != nil {
		return 0, false
	}
	within := map[*yamlv3.Node]bool{}
	var look func(n *yamlv3.Node) bool
	look = func(n *yamlv3.Node) bool {
		if n.Kind == yamlv3.AliasNode {
			line = n.Line
			return within[n.Alias]
		}
		within[n] = true
		defer delete(within, n)
		return slices.ContainsFunc(n.Content, look)
	}
	ok = look(&doc)
	return line, ok
}

// pathTo returns the path of the field that begins at a place.
func pathTo(n *Node, path, place string) string {
	if n.Key != "" && n.KeyPos.String() == place {
		return path
	}
	for _, f := range n.Fields {
		if found := pathTo(f, join(path, f.Key), place); found != "" {
			return found
		}
	}
	for i, e := range n.Elems {
		if found := pathTo(e, path+"["+strconv.Itoa(i)+"]", place); found != "" {
			return found
		}
	}
	return ""
}

// firstBad returns the line of the first value in x that is not plain data.
func (l literals) firstBad(x ast.Expr) (line int) {
	ast.Walk(x, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && line == 0 {
			if _, good := l.scalar(lit); !good {
				line = lit.Pos().Line()
			}
		}
		return line == 0
	}, nil)
	return line
}

// isEmptyDocument reports whether x is what an empty file becomes: null by default.
func isEmptyDocument(x ast.Expr) bool {
	_, ok := x.(*ast.BinaryExpr)
	return ok
}

// firstDocument reports whether text is one YAML document, and else the line of the second.
func firstDocument(text []byte) (line int, ok bool) {
	content := false
	n := 0
	for l := range bytes.Lines(text) {
		n++
		l = bytes.TrimRight(l, " \t\r\n")
		switch {
		case bytes.HasPrefix(l, []byte("---")) && (len(l) == 3 || l[3] == ' '):
			if content {
				return n, false
			}
			content = len(l) > 3 && l[4] != '#'
		case len(l) > 0 && l[0] != '#' && l[0] != '%' && !bytes.Equal(l, []byte("...")):
			content = true
		}
	}
	return 0, true
}

var (
	yamlLine      = regexp.MustCompile(`:(\d+):\s*`)
	unknownAnchor = regexp.MustCompile(`unknown anchor '([^']+)'`)
)

// yamlError says what is wrong with YAML that could not be read.
func yamlError(s source, err error) diag.Diagnostic {
	message := strings.TrimPrefix(err.Error(), s.name)
	line := 0
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.TrimPrefix(message, m[0])
	}
	message = strings.TrimSpace(strings.TrimPrefix(message, ":"))
	good := -1 // bytes of the line that can be read
	if at, col := brokenAt(s); at > 0 {
		line, good = at, col
	}
	d := diag.Diagnostic{Rule: "syntax-error", Pos: diag.Pos{File: s.name, Line: line}, Problem: "this is not " + s.format() + ": " + plainYAML(message)}
	text := lineOf(s.text, line)
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		d.Problem = fmt.Sprintf("there is no anchor &%s above", clip(m[1]))
		good = max(good, bytes.Index(text, []byte("*"+m[1])))
	}
	switch indent := len(text) - len(bytes.TrimLeft(text, " ")); {
	case bytes.HasPrefix(text[indent:], []byte("\t")):
		d.Problem, d.Help = "YAML is indented with spaces, not with tabs", "replace the tab by spaces"
		d.Pos.Col = indent + 1
	case strings.Contains(message, "aliases expand"), strings.Contains(message, "contains itself"):
		d.Rule, d.Problem = "aliases-too-large", "the aliases of this file expand to far more than a spec has"
	case len(text) > indent:
		d.Pos.Col = max(indent, good) + 1
		if read := bytes.TrimRight(text[:max(0, good)], " "); bytes.HasSuffix(read, []byte(`"`)) || bytes.HasSuffix(read, []byte("'")) {
			d.Problem, d.Help = "this is not "+s.format()+": text follows a closing quote", `inside "…" a quote is written \", inside '…' it is written twice`
		}
	}
	return d
}

// plainYAML says what the YAML parser's message means for the person who wrote the line.
func plainYAML(message string) string {
	for _, m := range [][2]string{
		{"did not find expected key", `the indentation differs from the line above, or a ":" is missing`},
		{"mapping values are not allowed", `there is a second ":" in one line; a text that holds one stands in quotes`},
		{"unexpected end of stream", "a quote is not closed"},
		{"',' or '}'", `a "," or "}" is missing`},
		{"',' or ']'", `a "," or "]" is missing`},
		{"cannot start any token", "a text that begins with this character stands in quotes"},
		{"could not find expected ':'", `a ":" is missing`},
		{"block sequence", "the elements of a list are not indented alike"},
	} {
		if strings.Contains(message, m[0]) {
			return m[1]
		}
	}
	return clip(visible(strings.ToLower(message)))
}

// format is what the file's name says it is written in.
func (s source) format() string {
	if strings.HasSuffix(s.name, ".json") {
		return "JSON"
	}
	return "YAML"
}

// lineOf returns line n of text, from 1, without its end.
func lineOf(text []byte, n int) []byte {
	i := 0
	for l := range bytes.Lines(text) {
		if i++; i == n {
			return bytes.TrimRight(l, "\r\n")
		}
	}
	return nil
}

// brokenAt finds the place of a syntax error: the first line that no text up to it can be read with, and how many bytes of it can,
// -1: unknown. The YAML parser itself is often a line off or names none. It tries every beginning of the file, so a long file keeps
// the parser's own answer, and a long line the parser's own column.
func brokenAt(s source) (line, good int) {
	const most = 400 // lines of the file, and bytes of the line
	if bytes.Count(s.text, []byte("\n")) > most {
		return 0, -1
	}
	ends := []int{0}
	for i, b := range s.text {
		if b == '\n' || i == len(s.text)-1 {
			ends = append(ends, i+1)
		}
	}
	reads := func(n int) bool {
		_, err := yaml.Extract(s.name, s.text[:n])
		return err == nil
	}
	for n := len(ends) - 1; n >= 0; n-- {
		if !reads(ends[n]) {
			continue
		}
		line = min(n+1, len(ends)-1)
		from, to := ends[line-1], ends[line]
		if to-from > most {
			return line, -1
		}
		for good = to - from - 1; good > 0 && !reads(from+good); good-- {
		}
		text := s.text[from:to]
		for good < len(text)-1 && text[good] == ' ' {
			good++
		}
		for good > 0 && isWord(text[good-1]) && isWord(text[good]) { // the beginning of a key reads as a value
			good--
		}
		return line, good
	}
	return 0, -1
}

func isWord(b byte) bool { return b > ' ' && !strings.ContainsRune(`:,[]{}"'`, rune(b)) }
