package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// maxFileBytes is the size of the largest spec file; Kubernetes itself takes objects up to 1.5 MiB.
const maxFileBytes = 4 << 20

// source is one file of a spec.
type source struct {
	path string // absolute
	name string // as positions name it
	text []byte
	tree *ast.File // of a CUE file
}

// read reads a file of the unit; the diagnostic says why it cannot be a spec.
func (e *evaluator) read(dir, base string) (source, *diag.Diagnostic) {
	s := source{path: filepath.Join(dir, base)}
	s.name = e.d.display(s.path)
	refuse := func(line, col int, problem, help string) (source, *diag.Diagnostic) {
		return s, &diag.Diagnostic{Rule: "unreadable-file", Pos: diag.Pos{File: s.name, Line: line, Col: col}, Problem: problem, Help: help}
	}
	info, err := os.Stat(s.path)
	switch {
	case err != nil:
		return refuse(0, 0, "the file cannot be read", "")
	case !info.Mode().IsRegular():
		return refuse(0, 0, "this is not a regular file", "")
	case info.Size() > maxFileBytes:
		return refuse(0, 0, fmt.Sprintf("the file has %d MiB; a spec has at most %d", info.Size()>>20, maxFileBytes>>20), "split it into several files")
	}
	text, ok := e.d.overlay[s.path]
	if !ok {
		text, err = os.ReadFile(s.path)
	}
	if err != nil {
		return refuse(0, 0, "the file cannot be read", "")
	}
	s.text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(s.text) {
		good := 0
		for good < len(s.text) {
			r, size := utf8.DecodeRune(s.text[good:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			good += size
		}
		line := bytes.Count(s.text[:good], []byte("\n"))
		return refuse(line+1, good-bytes.LastIndexByte(s.text[:good], '\n'), "the file is not UTF-8", "save it as UTF-8")
	}
	return s, nil
}

// parse reads the syntax of a CUE file.
func (s *source) parse() []diag.Diagnostic {
	if d := s.tooDeep(); d != nil {
		s.parsePackage()
		return []diag.Diagnostic{*d}
	}
	mode := parser.AllErrors
	if len(s.text) > largeFileBytes {
		mode = 0 // the first ten: the parser compares each error with all before it
	}
	tree, err := parser.ParseFile(s.name, s.text, mode)
	s.tree = tree
	if err != nil {
		return syntaxErrors(err, s.name, s.text)
	}
	return nil
}

// parsePackage reads no more of a CUE file than which package it is of.
func (s *source) parsePackage() {
	s.tree, _ = parser.ParseFile(s.name, s.text, parser.PackageClauseOnly)
}

const (
	smallFileBytes = 4 << 10  // cannot nest deep enough to hurt
	largeFileBytes = 64 << 10 // has too many errors to be told of all
	maxDepth       = 200      // brackets inside one another
	maxRun         = 2000     // tokens without a bracket or comma, such as a: a: a: a
)

// tooDeep refuses text that nests deeper than any spec: the parser and the evaluator are recursive.
func (s *source) tooDeep() *diag.Diagnostic {
	if len(s.text) <= smallFileBytes {
		return nil
	}
	var sc scanner.Scanner
	file := token.NewFile(s.name, -1, len(s.text))
	sc.Init(file, s.text, func(token.Pos, string, []any) {}, 0)
	depth, run := 0, 0
	for {
		pos, tok, _ := sc.Scan()
		run++
		switch tok {
		case token.EOF:
			return nil
		case token.LBRACE, token.LBRACK, token.LPAREN:
			depth++
		case token.RBRACE, token.RBRACK, token.RPAREN:
			depth--
			run = 0
		case token.COMMA:
			run = 0
		case token.INTERPOLATION:
			sc.ResumeInterpolation()
		}
		switch {
		case depth > maxDepth:
			return &diag.Diagnostic{Rule: "nested-too-deep", Pos: position(pos), Problem: "this is nested too deep", Want: fmt.Sprintf("at most %d levels", maxDepth)}
		case run > maxRun:
			return &diag.Diagnostic{Rule: "nested-too-deep", Pos: position(pos), Problem: "this expression is too long", Want: fmt.Sprintf("at most %d names, values and signs", maxRun)}
		}
	}
}

// packageName returns the package of a CUE file, or nothing.
func (s *source) packageName() string {
	if s.tree == nil {
		return ""
	}
	return s.tree.PackageName()
}

// siblings are the names of the CUE files in dir that may share a package with its spec files.
func siblings(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".cue") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
			strings.HasSuffix(name, "_tool.cue") || strings.HasSuffix(name, "_test.cue") {
			continue
		}
		names = append(names, name)
	}
	return names
}
