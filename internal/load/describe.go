package load

import (
	"slices"
	"strings"
)

// Description is what the schema says about one field of the spec, for a reader.
type Description struct {
	Path     string // "spec.slo.latency"; "spec" for all
	Doc      string // paragraphs, one line each
	Example  string // such as `port: 8080`
	Type     string // in words: "a port number from 1 to 65535"
	Enum     []string
	Required bool
	Fields   []Description // one level below, in the schema's order; without their own Fields
}

// Describe explains a field by its path, such as "slo.latency.under", with or without a leading "spec". Names that a team chooses
// are written as NAME, or left out: "needs.NAME.postgres.pool", "needs.postgres.pool" and "needs.orders.postgres.pool" are the
// same. A path that begins with "platform" is one of the platform's. When there is no such field it returns false and the names
// that may have been meant.
func Describe(path string) (d Description, near []string, ok bool) {
	path = strings.Trim(strings.TrimPrefix(path, "spec"), ".")
	rule := appRule()
	at := "spec"
	var names []string
	if path != "" {
		names = strings.Split(path, ".")
	}
	switch {
	case len(names) > 0 && names[0] == "apps":
		names = names[min(2, len(names)):]
	case len(names) > 0 && names[0] == "platform":
		names, rule, at = names[1:], platformRule(), "spec.platform"
	}
	field := RuleField{Doc: rule.Doc, Rule: rule}
	for len(names) > 0 {
		rule := field.Rule.inner()
		if rule == nil {
			return d, nil, false
		}
		name := names[0]
		f := rule.Field(name)
		switch {
		case f != nil:
			field, at, names = *f, at+"."+name, names[1:]
		case rule.Val != nil && rule.Val.inner() != nil && rule.Val.inner().Field(name) != nil: // the chosen name is left out
			field, at = RuleField{Rule: rule.Val}, at+".NAME"
		case rule.Val != nil:
			field, at, names = RuleField{Rule: rule.Val, Doc: rule.Val.Doc}, at+".NAME", names[1:]
		default:
			if n := nearest(name, rule.names()); n != "" {
				near = []string{at + "." + n}
			}
			return d, near, false
		}
	}
	d = describe(at, field)
	inner := field.Rule.inner()
	if inner == nil {
		return d, nil, true
	}
	if val := inner.Val; val != nil && len(inner.Fields) == 0 && val.inner() != nil {
		inner = val.inner()
		at += ".NAME"
	}
	for _, f := range inner.Fields {
		d.Fields = append(d.Fields, describe(at+"."+f.Name, f))
	}
	return d, nil, true
}

func describe(path string, f RuleField) Description {
	d := Description{Path: path, Doc: f.Doc, Example: f.Example, Type: f.Rule.want(), Required: f.Required}
	for r := f.Rule; r != nil; r = r.Or {
		d.Enum = slices.Concat(d.Enum, r.Enum)
	}
	return d
}

// inner returns the struct that r holds, be it r itself, an alternative of it, or the element of a list; nil: none.
func (r *Rule) inner() *Rule {
	for form := r; form != nil; form = form.Or {
		if form.Type == ListType && form.Elem != nil && form.Elem.structForm() != nil {
			return form.Elem.structForm()
		}
	}
	return r.structForm()
}
