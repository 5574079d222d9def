package kube

import (
	"bytes"
	"encoding/json"
	"strings"
)

// lineWidth is how long a line of a dashboard gets at most, unless a single text is longer: what fits on one line is read, and
// compared, as one.
const lineWidth = 140

// JSON returns a dashboard as a person reads the difference between two of them.
func (d Dashboard) JSON() string {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false) // queries are full of "<" and ">"
	if err := e.Encode(d); err != nil {
		panic(err) // plain structs, numbers that are finite
	}
	var out strings.Builder
	fold(&out, strings.TrimSpace(raw.String()), "")
	out.WriteByte('\n')
	return out.String()
}

// fold writes a value of compact JSON, broken into lines where it is too long for one.
func fold(out *strings.Builder, value, prefix string) {
	if value[0] != '{' && value[0] != '[' || len(prefix)+len(value) <= lineWidth {
		out.WriteString(value)
		return
	}
	inner := prefix + " "
	out.WriteByte(value[0])
	for rest := value[1 : len(value)-1]; rest != ""; {
		out.WriteString("\n" + inner)
		if value[0] == '{' {
			key := end(rest) + 1 // with its colon
			out.WriteString(rest[:key] + " ")
			rest = rest[key:]
		}
		n := end(rest)
		fold(out, rest[:n], inner)
		if rest = rest[n:]; rest != "" {
			out.WriteByte(',')
			rest = rest[1:]
		}
	}
	out.WriteString("\n" + prefix + value[len(value)-1:])
}

// end returns the length of the first value in compact JSON.
func end(text string) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == ':' || c == '}' || c == ']'):
			return i
		case c == '}' || c == ']':
			depth--
		}
	}
	return len(text)
}
