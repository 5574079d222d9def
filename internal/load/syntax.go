package load

import (
	"fmt"
	"regexp"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// assigned matches a line that sets a field as other languages do.
var assigned = regexp.MustCompile(`^\s*[-\w"]+\s*(=)[^=~]`)

// syntaxErrors says what the parser found in one file. Of several errors in one line the first counts; the others follow from it.
func syntaxErrors(err error, name string, text []byte) []diag.Diagnostic {
	var found []diag.Diagnostic
	lines := map[int]bool{}
	for _, e := range errors.Errors(err) {
		pos := position(e.Position())
		if pos.Line == 0 {
			pos = diag.Pos{File: name, Line: 1}
		}
		pos.Col = min(pos.Col, len(lineOf(text, pos.Line))+1) // the end of the file is behind its last line break
		if lines[pos.Line] {
			continue
		}
		lines[pos.Line] = true
		format, args := e.Msg()
		problem := strings.TrimSpace(fmt.Sprintf(format, args...))
		help := ""
		if strings.Contains(problem, "'EOF'") || strings.Contains(problem, "'}', found") {
			if open := unclosed(text); open.Line > 0 {
				open.File = name
				help = fmt.Sprintf("the bracket opened at %s is not closed", open)
			}
		}
		d := diag.Diagnostic{Rule: "syntax-error", Pos: pos, Problem: plainSyntax(problem), Help: help}
		for line := max(1, pos.Line-1); line <= pos.Line; line++ { // the parser stumbles behind an alias, which = begins
			if m := assigned.FindSubmatchIndex(lineOf(text, line)); m != nil && strings.Contains(problem, "label or ':'") {
				d.Pos, d.Problem, d.Help = diag.Pos{File: pos.File, Line: line, Col: m[2] + 1}, `"=" stands where ":" belongs`, `write NAME: VALUE`
				break
			}
		}
		found = append(found, d)
	}
	return found
}

// plainSyntax replaces the parser's terms by those of a person who reads the file.
func plainSyntax(problem string) string {
	problem = strings.NewReplacer("found 'EOF'", "found the end of the file", "expected 'EOF'", "expected the end of the file", " in struct literal", "", " in list literal", " in the list",
		"operand", "a value", "'IDENT' ", "", "'INT' ", "", "'STRING' ", "", "'FLOAT' ", "", "label or ':'", "a field or \":\"", "'", `"`).Replace(problem)
	return clip(visible(problem))
}

// unclosed returns the place of the innermost bracket that is never closed.
func unclosed(text []byte) diag.Pos {
	var sc scanner.Scanner
	file := token.NewFile("", -1, len(text))
	sc.Init(file, text, func(token.Pos, string, []any) {}, 0)
	var open []token.Pos
	for {
		pos, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			if len(open) == 0 {
				return diag.Pos{}
			}
			return position(open[len(open)-1])
		case token.LBRACE, token.LBRACK, token.LPAREN:
			open = append(open, pos)
		case token.RBRACE, token.RBRACK, token.RPAREN:
			open = open[:max(0, len(open)-1)]
		case token.INTERPOLATION:
			sc.ResumeInterpolation()
		}
	}
}
