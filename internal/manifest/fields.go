package manifest

// The getters read what stands at a path below a map. What is not there, or is of another type, is the zero value: whether a field
// has the right type is for the API server to say.

// String returns the string at a path; empty: there is none.
func String(fields map[string]any, path ...string) string {
	s, _ := at(fields, path).(string)
	return s
}

// Int returns the whole number at a path, and whether there is one.
func Int(fields map[string]any, path ...string) (int64, bool) {
	n, ok := at(fields, path).(int64)
	return n, ok
}

// Map returns the map at a path; nil: there is none.
func Map(fields map[string]any, path ...string) map[string]any {
	m, _ := at(fields, path).(map[string]any)
	return m
}

// List returns the list at a path; nil: there is none.
func List(fields map[string]any, path ...string) []any {
	l, _ := at(fields, path).([]any)
	return l
}

// Maps returns those elements of the list at a path that are maps.
func Maps(fields map[string]any, path ...string) []map[string]any {
	var maps []map[string]any
	for _, v := range List(fields, path...) {
		if m, ok := v.(map[string]any); ok {
			maps = append(maps, m)
		}
	}
	return maps
}

// Strings returns those values of the map at a path that are strings, as of labels; nil: there is no map.
func Strings(fields map[string]any, path ...string) map[string]string {
	m := Map(fields, path...)
	if m == nil {
		return nil
	}
	texts := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			texts[k] = s
		}
	}
	return texts
}

// at returns what stands at a path; nil: nothing.
func at(fields map[string]any, path []string) any {
	var v any = fields
	for _, step := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[step]
	}
	return v
}
