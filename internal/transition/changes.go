package transition

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/manifest"
)

// Change is one difference between two sets of objects.
type Change struct {
	Object string // KIND/NAMESPACE/NAME
	App    string // label app.kubernetes.io/instance; may be empty
	Path   string // of the field, "spec.template.spec.containers[web].image"; empty: the object comes or goes as a whole
	Before any    // nil: it was not there. Of an object as a whole its fields
	After  any    // nil: it is gone
}

// Changes returns every difference, by object and path. Lists of maps that all have a name are compared name by name, others place
// by place; names in another order are one difference of the list. A field that is null is one that is not there.
func Changes(before, after []manifest.Object) []Change {
	var all []Change
	old, now := byID(before), byID(after)
	ids := maps.Clone(old)
	maps.Copy(ids, now)
	for _, id := range slices.SortedFunc(maps.Keys(ids), manifest.ID.Compare) {
		was, there := old[id]
		is, stays := now[id]
		c := Change{Object: id.String(), App: appOf(ids[id])}
		switch {
		case !there:
			c.After = is.Fields
			all = append(all, c)
		case !stays:
			c.Before = was.Fields
			all = append(all, c)
		default:
			d := differ{add: func(path string, before, after any) {
				c.Path, c.Before, c.After = path, before, after
				all = append(all, c)
			}}
			d.maps("", was.Fields, is.Fields)
		}
	}
	return all
}

// byID finds objects by their identity. Of two with one identity the later counts, as it would on apply.
func byID(objects []manifest.Object) map[manifest.ID]manifest.Object {
	found := make(map[manifest.ID]manifest.Object, len(objects))
	for _, o := range objects {
		found[o.ID()] = o
	}
	return found
}

// appOf returns the app that an object belongs to; empty: it doesn't say.
func appOf(o manifest.Object) string { return o.Label("app.kubernetes.io/instance") }

// differences returns the paths at which two values differ, all below path.
func differences(path string, before, after any) []string {
	var paths []string
	differ{func(path string, _, _ any) { paths = append(paths, path) }}.values(path, before, after)
	return paths
}

// differ walks two values and reports where they differ.
type differ struct {
	add func(path string, before, after any)
}

func (d differ) values(path string, before, after any) {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			d.maps(path, b, a)
			return
		}
	case []any:
		if a, ok := after.([]any); ok {
			d.lists(path, b, a)
			return
		}
	}
	if before != after { // of one type only when they are scalars, or one is nil
		d.add(path, before, after)
	}
}

func (d differ) maps(path string, before, after map[string]any) {
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		d.values(join(path, key), before[key], after[key])
	}
}

func (d differ) lists(path string, before, after []any) {
	old, named := names(before)
	now, also := names(after)
	if named && also {
		if was, is := common(before, now), common(after, old); !slices.Equal(was, is) {
			d.add(path, was, is)
		}
		keys := maps.Clone(old)
		maps.Copy(keys, now)
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			d.values(path+"["+name+"]", old[name], now[name])
		}
		return
	}
	if len(before) != len(after) && !slices.ContainsFunc(slices.Concat(before, after), isComposite) {
		d.add(path, before, after) // a list of words is read as a whole
		return
	}
	for i := range max(len(before), len(after)) {
		var b, a any
		if i < len(before) {
			b = before[i]
		}
		if i < len(after) {
			a = after[i]
		}
		d.values(path+"["+strconv.Itoa(i)+"]", b, a)
	}
}

// names returns the elements of a list by name; false when one has none, or two have the same.
func names(list []any) (map[string]any, bool) {
	named := make(map[string]any, len(list))
	for _, element := range list {
		m, _ := element.(map[string]any)
		name := manifest.String(m, "name")
		if name == "" || named[name] != nil {
			return nil, false
		}
		named[name] = m
	}
	return named, true
}

// common returns the names in a list, in its order, that another list has, too.
func common(list []any, other map[string]any) []any {
	var all []any
	for _, element := range list {
		if name := manifest.String(element.(map[string]any), "name"); other[name] != nil {
			all = append(all, name)
		}
	}
	return all
}

// join adds a key to a path. One with a dot in it is quoted, so that the path can be read back.
func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, ".[]\""):
		return fmt.Sprintf("%s[%q]", path, key)
	case path == "":
		return key
	}
	return path + "." + key
}

func isComposite(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// text returns a value as JSON, cut when it is long.
func text(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	line := strings.TrimSuffix(b.String(), "\n")
	const most = 80 // characters: the rest of the line is the path
	if r := []rune(line); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return line
}
