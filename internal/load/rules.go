package load

import (
	"regexp"
	"slices"
	"sync"
)

// Type is what a rule asks of a value.
type Type uint8

// The types of the schema.
const (
	AnyType   Type = iota
	FalseType      // the word false, which switches a thing off
	BoolType
	IntType
	NumberType
	StringType
	StructType
	ListType
)

// Rule is what the schema says about one value. It is read from the schema's syntax once and never changes afterwards.
type Rule struct {
	Type   Type
	Name   string // of the schema's definition, such as "Duration"; empty: none
	Phrase string // the type in words: `a duration such as "15m", "1h" or "7d"`; empty: none
	Doc    string // the comment above a struct's definition
	Or     *Rule  // another form of the value, of another kind; nil: none

	Fields    []RuleField // of a struct with known fields
	Open      bool        // a struct may hold further fields
	Key       *Rule       // of a struct with free names: what the names look like
	Val       *Rule       // and what their values are
	Partial   *Rule       // a struct that overrides one of these: the same fields, none of them required
	One       []string    // exactly one of these fields
	Exclusive [][]string  // at most one field of each

	Elem *Rule // of a list

	Enum   []string // a string: the values
	Not    []string // a string: values that are not allowed
	Bounds []Bound  // a number
	match  func() *regexp.Regexp
}

// RuleField is one field of a struct.
type RuleField struct {
	Name     string
	Required bool
	Doc      string // the comment above the field, without its example
	Example  string // such as `port: 8080`
	Rule     *Rule
}

// Bound is one limit of a number.
type Bound struct {
	Op    string // >, >=, < or <=
	Limit float64
}

// Field returns the field of r with this name, or nil.
func (r *Rule) Field(name string) *RuleField {
	i := slices.IndexFunc(r.Fields, func(f RuleField) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Fields[i]
}

// names returns the names of r's fields, in the schema's order.
func (r *Rule) names() []string {
	var names []string
	for _, f := range r.Fields {
		names = append(names, f.Name)
	}
	return names
}

// kinds reports whether each field of r is a kind, so that exactly one of them is written.
func (r *Rule) kinds() bool { return len(r.One) > 0 && len(r.One) == len(r.Fields) }

// lazyRegexp compiles a pattern when it is first matched: most runs need few of them.
func lazyRegexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// specRule returns the rule for a whole spec file.
func specRule() *Rule { return schemaRules()["Spec"] }

// appRule returns the rule for one app.
func appRule() *Rule { return schemaRules()["App"] }

// platformRule returns the rule for the platform.
func platformRule() *Rule { return schemaRules()["Platform"] }

// schemaRules reads the embedded schema. It panics when the reader does not know a construct of the schema, which a test rules out.
var schemaRules = sync.OnceValue(func() map[string]*Rule {
	rules, err := readRules()
	if err != nil {
		panic("schema: " + err.Error())
	}
	return rules
})
