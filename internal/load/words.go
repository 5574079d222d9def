package load

import (
	"strconv"
	"strings"
)

// phrase names the kind as a message does.
func (k Kind) phrase() string {
	switch k {
	case Bool:
		return "a yes or no"
	case Int:
		return "a whole number"
	case Float:
		return "a number"
	case String:
		return "a text"
	case Struct:
		return "a struct"
	case List:
		return "a list"
	default:
		return "nothing"
	}
}

// phrase names the type as a message does.
func (t Type) phrase() string {
	switch t {
	case FalseType:
		return "false"
	case BoolType:
		return "true or false"
	case IntType:
		return "a whole number"
	case NumberType:
		return "a number"
	case StringType:
		return "a text"
	case StructType:
		return "a struct"
	case ListType:
		return "a list"
	default:
		return "a value"
	}
}

// want says what r asks for: "critical, standard or best-effort", "a whole number from 1 to 65535".
func (r *Rule) want() string {
	if r.Phrase != "" { // it speaks of all forms
		return r.wantForm()
	}
	var forms []string
	for ; r != nil; r = r.Or {
		forms = append(forms, r.wantForm())
	}
	return list(forms, "or")
}

func (r *Rule) wantForm() string {
	if len(r.Enum) > 0 {
		return list(r.Enum, "or")
	}
	if r.Phrase != "" {
		return r.Phrase
	}
	switch r.Type {
	case IntType:
		return "a whole number" + bounds(r.Bounds)
	case NumberType:
		return "a number" + bounds(r.Bounds)
	case StringType:
		return "a text in quotes"
	case ListType:
		if r.Elem.Type == StructType {
			return "a list of structs"
		}
		return "a list, each element " + r.Elem.want()
	case StructType:
		if names := r.names(); len(names) > 0 && len(names) <= 12 {
			return "a struct with " + list(names, "and")
		}
		if r.Val != nil && r.Val.Type != StructType && r.Val.Type != FalseType {
			return "a struct of names, each with " + r.Val.want()
		}
		return "a struct"
	default:
		return r.Type.phrase()
	}
}

func bounds(bs []Bound) string {
	var low, high string
	for _, b := range bs {
		limit := strconv.FormatFloat(b.Limit, 'f', -1, 64)
		switch b.Op {
		case ">":
			low = " above " + limit
		case ">=":
			low = " from " + limit
		case "<":
			high = " below " + limit
		case "<=":
			high = " to " + limit
		}
	}
	switch {
	case low != "" && strings.HasPrefix(high, " below"):
		return low + " and" + high
	case strings.HasPrefix(low, " from") && high == "":
		return low + " on"
	case strings.HasPrefix(low, " above") && strings.HasPrefix(high, " to"):
		return low + " and at most" + strings.TrimPrefix(high, " to")
	}
	return low + high
}

// list writes names as prose: "a, b or c".
func list(names []string, and string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last]
}

// article puts a or an before a noun.
func article(noun string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// show writes a value as a message quotes it.
func show(n *Node) string {
	switch n.Kind {
	case String:
		return strconv.Quote(clip(n.Text))
	case Struct:
		return "{…}"
	case List:
		return "[…]"
	default:
		return clip(n.Text)
	}
}

// clip shortens what would fill a terminal.
func clip(s string) string {
	const most = 100 // runes
	if len(s) <= most {
		return s
	}
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
