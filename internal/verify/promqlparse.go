package verify

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// deepest is how many parts of an expression may stand inside of one another: nobody writes that many.
const deepest = 200

// promParser reads one expression, by the grammar of
// https://github.com/prometheus/prometheus/blob/main/promql/parser/generated_parser.y, experimental parts included.
type promParser struct {
	lexer   promLexer
	token   promToken
	problem *promProblem // the first one; from then on the expression is at its end
	depth   int
}

// parsePromQL reads an expression. With a problem, there is none.
func parsePromQL(text string) (*promExpr, *promProblem) {
	p := promParser{lexer: promLexer{rest: text}}
	p.take()
	if p.token.kind == promEnd && p.problem == nil {
		return nil, &promProblem{text: "there is no expression"}
	}
	e := p.binary(1)
	if p.token.kind != promEnd {
		p.fail("it goes on with %s where it should end", p.token)
	}
	if p.problem != nil {
		return nil, p.problem
	}
	return e, nil
}

func (t promToken) String() string {
	if t.kind == promEnd {
		return "its end"
	}
	return strconv.Quote(t.text)
}

func (p *promParser) fail(format string, args ...any) {
	if p.problem == nil {
		p.problem = &promProblem{text: fmt.Sprintf(format, args...)}
	}
	p.token, p.lexer.rest = promToken{}, ""
}

// take returns the word that is at hand, and goes on to the next one.
func (p *promParser) take() promToken {
	t := p.token
	next, problem := p.lexer.next()
	if problem != nil && p.problem == nil {
		p.problem = problem
	}
	if p.token = next; p.problem != nil {
		p.token, p.lexer.rest = promToken{}, ""
	}
	return t
}

// at reports whether a sign is at hand.
func (p *promParser) at(sign string) bool { return p.token.kind == promSign && p.token.text == sign }

// word reports whether one of some words is at hand, in letters of any size.
func (p *promParser) word(words ...string) bool {
	return p.token.kind == promWord && slices.Contains(words, strings.ToLower(p.token.text))
}

// skip passes over a sign, if it is at hand.
func (p *promParser) skip(sign string) bool {
	if !p.at(sign) {
		return false
	}
	p.take()
	return true
}

func (p *promParser) want(sign string) {
	if !p.skip(sign) {
		p.fail("%s stands where %q should", p.token, sign)
	}
}

// precedence returns how tightly the operator at hand binds; 0: there is none.
func (p *promParser) precedence() int {
	switch {
	case p.word("or"):
		return 1
	case p.word("and", "unless"):
		return 2
	case p.word("atan2"):
		return 5
	case p.token.kind != promSign:
		return 0
	}
	switch p.token.text {
	case "==", "!=", "<=", ">=", "<", ">":
		return 3
	case "+", "-":
		return 4
	case "*", "/", "%", "</", ">/": // the last two cut histograms
		return 5
	case "^":
		return 6
	}
	return 0
}

// binary reads operations that bind at least as tightly as given.
func (p *promParser) binary(least int) *promExpr {
	if p.depth++; p.depth > deepest {
		p.problem = &promProblem{text: fmt.Sprintf("more than %d parts stand inside of one another", deepest), unsure: true}
		p.fail("")
	}
	defer func() { p.depth-- }()
	left := p.unary()
	for {
		tight := p.precedence()
		if tight < least || tight == 0 {
			return left
		}
		e := &promExpr{kind: promOperation, name: strings.ToLower(p.take().text)}
		p.modifiers(e)
		if tight < 6 { // 2^3^2 is 2^9
			tight++
		}
		e.args = []*promExpr{left, p.binary(tight)}
		p.typed(e)
		left = e
	}
}

// modifiers reads how the two sides of an operator are matched.
func (p *promParser) modifiers(e *promExpr) {
	if p.word("bool") {
		p.take()
		e.boolean = true
	}
	if p.word("on", "ignoring") {
		e.grouping = strings.ToLower(p.take().text)
		e.labels = p.names()
	}
	if p.word("group_left", "group_right") {
		if side := p.take().text; e.grouping == "" || e.name == "and" || e.name == "or" || e.name == "unless" {
			p.fail("%s matches nothing there", side)
		}
		if p.at("(") {
			p.names()
		}
	}
	for p.word("fill", "fill_left", "fill_right") {
		p.take()
		p.want("(")
		p.signed()
		p.want(")")
	}
}

// names reads labels in parentheses.
func (p *promParser) names() (names []string) {
	p.want("(")
	for !p.at(")") && p.problem == nil {
		if p.token.kind != promWord && p.token.kind != promQuoted {
			p.fail("%s stands where a label should", p.token)
			return nil
		}
		names = append(names, p.take().text)
		if !p.at(")") {
			p.want(",")
		}
	}
	p.want(")")
	slices.Sort(names)
	return names
}

// unary reads an operand with its sign. A sign binds less tightly than a power.
func (p *promParser) unary() *promExpr {
	if !p.at("-") && !p.at("+") {
		return p.operand()
	}
	minus := p.take().text == "-"
	e := p.binary(6)
	switch {
	case !minus:
		return e
	case e.kind == promNumber && !strings.HasPrefix(e.name, "-"):
		return &promExpr{kind: promNumber, name: "-" + e.name}
	}
	e = &promExpr{kind: promOperation, name: "-", args: []*promExpr{{kind: promNumber, name: "0"}, e}}
	p.typed(e)
	return e
}

// operand reads what stands between operators, with its range and offset.
func (p *promParser) operand() *promExpr {
	bare := !p.at("(")
	e := p.primary()
	for p.problem == nil {
		selects := bare && (e.kind == promSeries || e.kind == promSubquery)
		switch {
		case p.at("["):
			e = p.ranged(e, bare)
			bare = true
		case p.word("offset") && selects:
			p.take()
			by := p.signed()
			if by.returns() != 's' {
				p.fail("an offset is no duration")
			}
			e.offset = by.duration()
		case p.at("@") && selects:
			p.take()
			p.signed()
		case p.word("smoothed", "anchored") && selects:
			p.take()
		default:
			return e
		}
	}
	return e
}

// ranged reads [5m] or [1h:5m].
func (p *promParser) ranged(e *promExpr, bare bool) *promExpr {
	p.take()
	length := p.binary(4)
	span := length.duration()
	if length.returns() != 's' || length.kind == promNumber && span <= 0 {
		p.fail("a range has no length")
	}
	if p.skip(":") {
		e = &promExpr{kind: promSubquery, args: []*promExpr{e}, ranged: true, span: span}
		p.typed(e)
		if !p.at("]") {
			p.binary(4)
		}
	} else {
		if !bare || e.kind != promSeries || e.ranged || e.offset != 0 {
			p.fail("a range stands behind what is no series: a subquery has a colon, as in [1h:5m]")
		}
		e.ranged, e.span = true, span
	}
	p.want("]")
	return e
}

// signed reads a number, a duration or a call with its sign.
func (p *promParser) signed() *promExpr {
	if !p.at("-") && !p.at("+") {
		return p.primary()
	}
	minus := p.take().text == "-"
	e := p.primary()
	if minus && e.kind == promNumber {
		return &promExpr{kind: promNumber, name: "-" + e.name}
	}
	return e
}

// promReserved are words that are never names of metrics.
var promReserved = []string{"on", "ignoring", "group_left", "group_right", "bool", "atan2"}

// primary reads one value.
func (p *promParser) primary() *promExpr {
	switch {
	case p.token.kind == promLiteral:
		return &promExpr{kind: promNumber, name: p.take().text}
	case p.token.kind == promQuoted:
		return &promExpr{kind: promText, name: p.take().text}
	case p.skip("("):
		e := p.binary(1)
		p.want(")")
		return e
	case p.at("{"):
		return p.selector("")
	case p.word("nan", "inf"):
		return &promExpr{kind: promNumber, name: p.take().text}
	case p.token.kind != promWord || p.word(promReserved...):
		p.fail("%s stands where a value should", p.token)
		return &promExpr{kind: promNumber, name: "0"}
	}
	name := p.take().text
	keyword := strings.ToLower(name)
	_, aggregates := promAggregations[keyword]
	switch {
	case aggregates && (p.at("(") || p.word("by", "without")):
		return p.aggregate(keyword)
	case p.at("("):
		if slices.Contains(promNumeric, keyword) {
			name = keyword
		}
		e := &promExpr{kind: promCall, name: name, args: p.arguments()}
		p.typed(e)
		return e
	}
	return p.selector(name)
}

// aggregate reads an aggregation, whose labels stand before or behind what it is of.
func (p *promParser) aggregate(name string) *promExpr {
	e := &promExpr{kind: promAggregate, name: name}
	group := func() {
		if p.word("by", "without") && e.grouping == "" {
			e.grouping = strings.ToLower(p.take().text)
			e.labels = p.names()
		}
	}
	group()
	e.args = p.arguments()
	group()
	p.typed(e)
	return e
}

func (p *promParser) arguments() (args []*promExpr) {
	p.want("(")
	for !p.at(")") && p.problem == nil {
		args = append(args, p.binary(1))
		if p.at(")") {
			break
		}
		if !p.skip(",") {
			p.fail("%s stands where \",\" or \")\" should", p.token)
		} else if p.at(")") {
			p.fail("a comma stands before \")\"")
		}
	}
	p.want(")")
	return args
}

// selector reads what follows the name of a metric, or stands for it.
func (p *promParser) selector(name string) *promExpr {
	e := &promExpr{kind: promSeries, name: name}
	if !p.skip("{") {
		return e
	}
	for !p.at("}") && p.problem == nil {
		p.matcher(e)
		if !p.at("}") {
			p.want(",")
		}
	}
	p.want("}")
	if e.name == "" && len(e.match) == 0 {
		p.fail("a selector without a name and without labels would read everything")
	}
	return e
}

// matcher reads one condition of a selector.
func (p *promParser) matcher(e *promExpr) {
	label := p.take()
	if label.kind != promQuoted && (label.kind != promWord || strings.Contains(label.text, ":")) {
		p.fail("%s stands where a label should", label)
		return
	}
	if label.kind == promQuoted && (p.at(",") || p.at("}")) {
		e.name = label.text
		return
	}
	op := p.take()
	if op.kind != promSign || !slices.Contains([]string{"=", "!=", "=~", "!~"}, op.text) {
		p.fail("%s stands where a label is compared", op)
		return
	}
	if p.token.kind != promQuoted {
		p.fail("%s stands where the value of a label should, in quotes", p.token)
		return
	}
	value := p.take().text
	if strings.HasSuffix(op.text, "~") && strings.ContainsAny(value, `\[({*+?`) {
		if _, err := syntax.Parse(value, syntax.Perl); err != nil {
			p.fail("%q is no regular expression", value)
			return
		}
	}
	if label.text == "__name__" && op.text == "=" {
		e.name = value
		return
	}
	e.match = append(e.match, promMatcher{label.text, op.text, value})
}
