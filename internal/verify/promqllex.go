package verify

import (
	"strconv"
	"strings"
)

// promToken is one word of an expression.
type promToken struct {
	kind promTokenKind
	text string // of a string: what it means
}

type promTokenKind byte

const (
	promEnd promTokenKind = iota
	promWord
	promLiteral // a number or a duration
	promQuoted
	promSign // an operator, a bracket, a comma
)

// promProblem is why an expression is not PromQL.
type promProblem struct {
	text   string
	unsure bool // it may be another language, or a newer PromQL
}

// promLexer cuts an expression into words.
type promLexer struct {
	rest     string
	brackets int // that are open: in there a colon is no part of a name
}

// promSigns are all signs, the longer ones of those that begin alike first.
var promSigns = []string{"=~", "!~", "!=", "==", ">=", "<=", "</", ">/", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^", ":", "@"}

// next returns the next word.
func (l *promLexer) next() (promToken, *promProblem) {
	l.skip()
	if l.rest == "" {
		return promToken{}, nil
	}
	switch c := l.rest[0]; {
	case c == '"' || c == '\'' || c == '`':
		return l.quoted(c)
	case isDigit(c) || c == '.' && len(l.rest) > 1 && isDigit(l.rest[1]):
		return l.number()
	case isLetter(c) || c == ':' && l.brackets == 0:
		n := 1
		for n < len(l.rest) && (isLetter(l.rest[n]) || isDigit(l.rest[n]) || l.rest[n] == ':' && l.brackets == 0) {
			n++
		}
		return promToken{promWord, l.cut(n)}, nil
	}
	for _, sign := range promSigns {
		if strings.HasPrefix(l.rest, sign) {
			switch sign {
			case "[":
				l.brackets++
			case "]":
				l.brackets--
			}
			return promToken{promSign, l.cut(len(sign))}, nil
		}
	}
	// Loki's rules stand in the same kind of object, and have pipes
	return promToken{}, &promProblem{text: "PromQL has no " + strconv.Quote(firstRune(l.rest)), unsure: l.rest[0] == '|'}
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }

// cut takes n bytes.
func (l *promLexer) cut(n int) string {
	text := l.rest[:n]
	l.rest = l.rest[n:]
	return text
}

// skip passes over space and comments.
func (l *promLexer) skip() {
	for {
		l.rest = strings.TrimLeft(l.rest, " \t\r\n")
		if !strings.HasPrefix(l.rest, "#") {
			return
		}
		_, l.rest, _ = strings.Cut(l.rest, "\n")
	}
}

// number reads a number or a duration.
func (l *promLexer) number() (promToken, *promProblem) {
	hex := strings.HasPrefix(strings.ToLower(l.rest), "0x")
	n := 1
	for n < len(l.rest) {
		c := l.rest[n]
		exponent := !hex && (c == '+' || c == '-') && (l.rest[n-1] == 'e' || l.rest[n-1] == 'E')
		if !exponent && !isDigit(c) && !isLetter(c) && c != '.' {
			break
		}
		n++
	}
	text := l.cut(n)
	if _, ok := promDuration(text); ok {
		return promToken{promLiteral, text}, nil
	}
	plain := strings.ReplaceAll(text, "_", "")
	_, err := strconv.ParseFloat(plain, 64)
	if _, whole := strconv.ParseInt(plain, 0, 64); err != nil && whole != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
		return promToken{}, &promProblem{text: strconv.Quote(text) + " is neither a number nor a duration"}
	}
	return promToken{promLiteral, text}, nil
}

// quoted reads a string, which may stand in any of three kinds of quotes.
func (l *promLexer) quoted(quote byte) (promToken, *promProblem) {
	n := 1
	for n < len(l.rest) && l.rest[n] != quote {
		if l.rest[n] == '\\' && quote != '`' {
			n++
		}
		n++
	}
	if n >= len(l.rest) {
		return promToken{}, &promProblem{text: "a string does not end"}
	}
	text := l.cut(n + 1)
	if quote == '\'' {
		inner := strings.ReplaceAll(strings.ReplaceAll(text[1:n], `\'`, `'`), `"`, `\"`)
		text = `"` + strings.ReplaceAll(inner, `\\"`, `\"`) + `"`
	}
	value, err := strconv.Unquote(text)
	if err != nil {
		return promToken{}, &promProblem{text: "the string " + text + " has an escape that there is not"}
	}
	return promToken{promQuoted, value}, nil
}
