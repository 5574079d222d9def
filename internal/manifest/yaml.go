package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2" // what Kubernetes itself reads YAML with; twice as fast as v3
)

// chunk is the text from one document separator to the next.
type chunk struct {
	text string
	line int // of its first byte, from 1
}

// documents cuts a stream at its separators, which YAML allows nowhere else: a line that is --- or begins with it and a blank.
func documents(data string) []chunk {
	var all []chunk
	start, first := 0, 1
	line := 1
	for offset := 0; offset < len(data); line++ {
		end := len(data)
		if i := strings.IndexByte(data[offset:], '\n'); i >= 0 {
			end = offset + i + 1
		}
		if offset > start && separates(data[offset:end]) {
			all = append(all, chunk{data[start:offset], first})
			start, first = offset, line
		}
		offset = end
	}
	return append(all, chunk{data[start:], first})
}

// separates reports whether a line begins a document.
func separates(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (rest == "" || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// content returns the line where the document of a chunk begins, and whether it has one: directives and comments are none.
func (c chunk) content() (line int, ok bool) {
	line = c.line
	for text := range strings.Lines(c.text) {
		text = strings.TrimSpace(text)
		if separates(text) {
			text = strings.TrimSpace(text[3:])
		}
		if text != "" && text[0] != '#' && text[0] != '%' {
			return line, true
		}
		line++
	}
	return c.line, false
}

// yaml takes in the documents of a chunk: one, or several that end with "...".
func (p *parser) yaml(c chunk) {
	if fields, line, ok := quickly(c, p.labels); ok {
		p.object(fields, line)
		return
	}
	p.parse(c)
}

// parse takes in the documents of a chunk with the parser.
func (p *parser) parse(c chunk) {
	line, ok := c.content()
	if !ok {
		return
	}
	decoder := yaml.NewDecoder(strings.NewReader(c.text))
	// Of two fields with one name the API server would take the last. But a strict parser takes a merged field, too, for a second one.
	decoder.SetStrict(!strings.Contains(c.text, "<<:"))
	for {
		var v any
		err := decoder.Decode(&v)
		if err == io.EOF {
			return
		}
		if err != nil {
			p.yamlProblem(c, line, err)
			return
		}
		p.document(v, line)
	}
}

// place is how the parser writes a line into its messages.
var place = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// yamlProblem reports an error of the parser at its own line of the file.
func (p *parser) yamlProblem(c chunk, line int, err error) {
	texts := []string{err.Error()}
	if several, ok := errors.AsType[*yaml.TypeError](err); ok {
		texts = several.Errors
	}
	for _, text := range texts {
		at := line
		if m := place.FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1]) // too large to be a line: then it is the document's
			at = c.line + max(n, 1) - 1
			text = text[len(m[0]):]
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(text, "yaml: "), "\n")
		p.problem(at, "this is not YAML: "+first)
	}
}

// plain returns a decoded value as JSON would hold it. What JSON cannot hold, the API server cannot read: then the problem says why.
func plain(v any) (_ any, problem string) {
	switch v := v.(type) {
	case map[any]any:
		m := make(map[string]any, len(v))
		for key, value := range v {
			name, ok := fieldName(key)
			if !ok {
				return nil, fmt.Sprintf("a field is called %v, which is not a name", key)
			}
			if m[name], problem = plain(value); problem != "" {
				return nil, problem
			}
		}
		return m, ""
	case map[string]any:
		for key, value := range v {
			if v[key], problem = plain(value); problem != "" {
				return nil, problem
			}
		}
	case []any:
		for i, value := range v {
			if v[i], problem = plain(value); problem != "" {
				return nil, problem
			}
		}
	case int:
		return int64(v), ""
	case uint64: // above all int64
		return float64(v), ""
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, ""
		}
		n, err := v.Float64()
		if err != nil {
			return nil, v.String() + " is too large a number"
		}
		return n, ""
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, "a number is infinite or none, which JSON cannot hold"
		}
	}
	return v, ""
}

// fieldName returns a key as Kubernetes reads it: a number or a truth value becomes its text.
func fieldName(key any) (name string, ok bool) {
	switch key := key.(type) {
	case string:
		return key, true
	case int, int64, uint64, bool:
		return fmt.Sprint(key), true
	}
	return "", false
}
