package load

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonObject keeps the order of its members, so that the schema's bytes never vary.
type jsonObject []jsonMember

type jsonMember struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o jsonObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshalPlain(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshalPlain(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshalPlain is json.Marshal that leaves <, > and & as they are.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// JSONSchema returns the schema of a spec file as JSON Schema, draft 2020-12, for editors and for validators in other languages.
func JSONSchema() ([]byte, error) {
	w := jsonWriter{seen: map[string]bool{}}
	root := jsonObject{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", "https://scantling.dev/schema/v1alpha1.json"},
		{"title", "Scantling spec"},
	}
	root = append(root, w.structure(specRule(), false)...)
	var defs jsonObject
	for len(w.queue) > 0 { // a definition may name further ones
		d := w.queue[0]
		w.queue = w.queue[1:]
		schema := w.inline(d.rule, d.partial)
		if d.rule.Doc != "" {
			schema = append(jsonObject{{"description", d.rule.Doc}}, schema...)
		}
		defs = append(defs, jsonMember{d.name, schema})
	}
	root = append(root, jsonMember{"$defs", defs})
	flat, err := marshalPlain(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, flat, "", "  ")
	out.WriteByte('\n')
	return out.Bytes(), err
}

// A jsonWriter writes rules as JSON Schema, and remembers the definitions that it refers to.
type jsonWriter struct {
	seen  map[string]bool
	queue []jsonDef
}

type jsonDef struct {
	name    string
	rule    *Rule
	partial bool
}

// schema writes r: named structs as a reference, everything else in place.
func (w *jsonWriter) schema(r *Rule, partial bool) jsonObject {
	if r.Partial != nil {
		return w.reference(r.Partial, true)
	}
	if r.Name != "" && r.Type == StructType {
		return w.reference(r, partial)
	}
	return w.inline(r, partial)
}

func (w *jsonWriter) reference(r *Rule, partial bool) jsonObject {
	name := r.Name
	if partial {
		name += "Override"
	}
	if !w.seen[name] {
		w.seen[name] = true
		w.queue = append(w.queue, jsonDef{name, r, partial})
	}
	return jsonObject{{"$ref", "#/$defs/" + name}}
}

func (w *jsonWriter) inline(r *Rule, partial bool) jsonObject {
	if r.Or == nil {
		return w.form(r, partial)
	}
	var forms []any
	for form := r; form != nil; form = form.Or {
		alone := *form
		alone.Or = nil
		forms = append(forms, w.schema(&alone, partial))
	}
	return jsonObject{{"anyOf", forms}}
}

func (w *jsonWriter) form(r *Rule, partial bool) jsonObject {
	switch r.Type {
	case FalseType:
		return jsonObject{{"const", false}}
	case BoolType:
		return jsonObject{{"type", "boolean"}}
	case IntType:
		return append(jsonObject{{"type", "integer"}}, limits(r.Bounds)...)
	case NumberType:
		return append(jsonObject{{"type", "number"}}, limits(r.Bounds)...)
	case StringType:
		return text(r)
	case ListType:
		return jsonObject{{"type", "array"}, {"items", w.schema(r.Elem, false)}}
	case StructType:
		return w.structure(r, partial)
	default:
		return jsonObject{}
	}
}

func text(r *Rule) jsonObject {
	o := jsonObject{{"type", "string"}}
	switch {
	case len(r.Enum) > 0:
		o = append(o, jsonMember{"enum", r.Enum})
	case r.match != nil:
		o = append(o, jsonMember{"pattern", r.match().String()})
	}
	if len(r.Not) > 0 {
		o = append(o, jsonMember{"not", jsonObject{{"enum", r.Not}}})
	}
	return o
}

func limits(bounds []Bound) jsonObject {
	var o jsonObject
	for _, b := range bounds {
		o = append(o, jsonMember{map[string]string{">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}[b.Op], b.Limit})
	}
	return o
}

func (w *jsonWriter) structure(r *Rule, partial bool) jsonObject {
	o := jsonObject{{"type", "object"}}
	var required []string
	var properties jsonObject
	for _, f := range r.Fields {
		if partial && f.Rule.overrides() {
			continue
		}
		var property jsonObject
		if f.Doc != "" {
			property = jsonObject{{"description", strings.TrimSpace(f.Doc + "\nExample: " + f.Example)}}
		}
		properties = append(properties, jsonMember{f.Name, append(property, w.schema(f.Rule, partial)...)})
		if f.Required && !partial {
			required = append(required, f.Name)
		}
	}
	if len(properties) > 0 {
		o = append(o, jsonMember{"properties", properties})
	}
	if len(required) > 0 {
		o = append(o, jsonMember{"required", required})
	}
	if r.kinds() && !partial {
		o = append(o, jsonMember{"minProperties", 1}, jsonMember{"maxProperties", 1})
	}
	switch {
	case r.Val != nil:
		if r.Key != nil && r.Key.Type == StringType {
			o = append(o, jsonMember{"propertyNames", text(r.Key)})
		}
		return append(o, jsonMember{"additionalProperties", w.schema(r.Val, partial)})
	case !r.Open:
		return append(o, jsonMember{"additionalProperties", false})
	}
	return o
}
