package patch

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/shape"
)

// operation does one operation of a JSON patch (RFC 6902) and returns the document after it, or says why it cannot be done. It may
// change the document that it is given.
func operation(root any, op app.Operation) (after any, problem string) {
	switch op.Op {
	case "add":
		return edit(root, op.Path, insert(clone(op.Value)))
	case "remove":
		return edit(root, op.Path, remove)
	case "replace":
		return edit(root, op.Path, replace(clone(op.Value)))
	case "test":
		have, problem := read(root, op.Path)
		if problem == "" && !same(have, op.Value) {
			problem = fmt.Sprintf("%s is %s, not %s", op.Path, shape.Show(have), other(have, op.Value))
		}
		return root, problem
	case "copy":
		v, problem := read(root, op.From)
		if problem != "" {
			return nil, problem
		}
		return edit(root, op.Path, insert(clone(v)))
	case "move":
		v, problem := read(root, op.From)
		if problem != "" {
			return nil, problem
		}
		if strings.HasPrefix(op.Path, op.From+"/") {
			return nil, fmt.Sprintf("%s lies inside %s, so nothing can be moved there", op.Path, op.From)
		}
		if root, problem = edit(root, op.From, remove); problem != "" {
			return nil, problem
		}
		return edit(root, op.Path, insert(v))
	}
	return nil, fmt.Sprintf("%q is not an operation", load.Clip(op.Op)) // resolve has refused it
}

// other shows a value beside one that it is not.
func other(have, want any) string {
	if text := shape.Show(want); text != shape.Show(have) {
		return text
	}
	return "the one of the test"
}

// An editor changes one member of a map or list, and returns the map or list after it. Its key is nil at the root.
type editor func(parent any, key *string) (after any, ok bool)

func insert(v any) editor {
	return func(parent any, key *string) (any, bool) {
		if key == nil {
			return v, true
		}
		if m, ok := parent.(map[string]any); ok {
			m[*key] = v
			return m, true
		}
		l := parent.([]any)
		i, ok := index(*key, len(l)+1)
		if *key == "-" {
			i, ok = len(l), true
		}
		if !ok {
			return nil, false
		}
		return slices.Insert(l, i, v), true
	}
}

func replace(v any) editor {
	return func(parent any, key *string) (any, bool) {
		if key == nil {
			return v, true
		}
		if m, ok := parent.(map[string]any); ok {
			_, ok := m[*key]
			if ok {
				m[*key] = v
			}
			return m, ok
		}
		l := parent.([]any)
		i, ok := index(*key, len(l))
		if ok {
			l[i] = v
		}
		return l, ok
	}
}

func remove(parent any, key *string) (any, bool) {
	if key == nil {
		return nil, true
	}
	if m, ok := parent.(map[string]any); ok {
		_, ok := m[*key]
		delete(m, *key)
		return m, ok
	}
	l := parent.([]any)
	i, ok := index(*key, len(l))
	if !ok {
		return nil, false
	}
	return slices.Delete(l, i, i+1), true
}

// edit lets do change what a pointer leads to.
func edit(root any, pointer string, do editor) (after any, problem string) {
	return descend(root, "", steps(pointer), do)
}

func descend(v any, at string, steps []string, do editor) (after any, problem string) {
	if len(steps) == 0 { // the root
		after, _ := do(v, nil)
		return after, ""
	}
	switch v.(type) {
	case map[string]any, []any:
	default:
		return nil, fmt.Sprintf("%s is %s, which has no fields", orRoot(at), shape.Show(v))
	}
	key := unescape(steps[0])
	if len(steps) == 1 {
		after, ok := do(v, &key)
		if !ok {
			return nil, missing(v, at, steps[0])
		}
		return after, ""
	}
	child, ok := member(v, key)
	if !ok {
		return nil, missing(v, at, steps[0])
	}
	if child, problem = descend(child, at+"/"+steps[0], steps[1:], do); problem != "" {
		return nil, problem
	}
	after, _ = replace(child)(v, &key)
	return after, ""
}

// read returns what a pointer leads to.
func read(root any, pointer string) (v any, problem string) {
	v, at := root, ""
	for _, step := range steps(pointer) {
		child, ok := member(v, unescape(step))
		if !ok {
			return nil, missing(v, at, step)
		}
		v, at = child, at+"/"+step
	}
	return v, ""
}

// member returns one member of a map or list.
func member(v any, key string) (child any, ok bool) {
	switch v := v.(type) {
	case map[string]any:
		child, ok = v[key]
	case []any:
		if i, inside := index(key, len(v)); inside {
			return v[i], true
		}
	}
	return child, ok
}

// missing says that v, which lies at a pointer, has no such member.
func missing(v any, at, step string) string {
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		return fmt.Sprintf("there is no %s/%s; %s has %s", at, step, orRoot(at), load.Prose(names, "and"))
	case []any:
		return fmt.Sprintf("there is no %s/%s; the list has %s", at, step, elements(len(v)))
	}
	return fmt.Sprintf("%s is %s, which has no fields", orRoot(at), shape.Show(v))
}

func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "the object"
	}
	return pointer
}

// index reads a list's index below n; RFC 6901 allows no sign and no leading zero.
func index(key string, n int) (i int, ok bool) {
	i, err := strconv.Atoi(key)
	return i, err == nil && strconv.Itoa(i) == key && 0 <= i && i < n
}

// steps are the parts of a pointer, still escaped; none: the whole document.
func steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

func unescape(step string) string { return unescaper.Replace(step) }

// pointerPath writes a pointer as messages name fields: /spec/containers/0 is spec.containers[0].
func pointerPath(pointer string) string {
	path := ""
	for _, step := range steps(pointer) {
		if _, err := strconv.Atoi(step); err == nil && path != "" {
			path += "[" + step + "]"
		} else if step != "-" {
			path = load.Join(path, unescape(step))
		}
	}
	return path
}

// same compares as JSON does: 1 and 1.0 are one number.
func same(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			if w, ok := y[k]; !ok || !same(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, same)
	case int64:
		if y, ok := b.(float64); ok {
			return float64(x) == y
		}
	case float64:
		if y, ok := b.(int64); ok {
			return x == float64(y)
		}
	}
	return reflect.DeepEqual(a, b)
}
