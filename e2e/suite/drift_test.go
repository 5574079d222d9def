package suite

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// drift lists where what the server keeps is not what was written. It may have more: what it filled in.
func drift(path string, written, kept any) []string {
	switch w := written.(type) {
	case map[string]any:
		k, ok := kept.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: written %v, kept %v", path, written, kept)}
		}
		var found []string
		for _, name := range slices.Sorted(maps.Keys(w)) {
			found = append(found, drift(path+"."+name, w[name], k[name])...)
		}
		return found
	case []any:
		k, ok := kept.([]any)
		if !ok || len(k) != len(w) {
			return []string{fmt.Sprintf("%s: written %v, kept %v", path, written, kept)}
		}
		var found []string
		for i := range w {
			found = append(found, drift(fmt.Sprintf("%s[%d]", path, i), w[i], k[i])...)
		}
		return found
	}
	if !reflect.DeepEqual(written, kept) {
		return []string{fmt.Sprintf("%s: written %v, kept %v", path, written, kept)}
	}
	return nil
}

// A comparison that never differs would let every drift through.
func TestDrift(t *testing.T) {
	written := map[string]any{"cpu": "1000m", "ports": []any{map[string]any{"port": int64(80)}}, "empty": map[string]any{}}
	kept := map[string]any{"cpu": "1", "ports": []any{map[string]any{"port": int64(80), "protocol": "TCP"}}}
	got := drift("", written, kept)
	want := []string{".cpu: written 1000m, kept 1", ".empty: written map[], kept <nil>"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := drift("", map[string]any{"a": []any{int64(1)}}, map[string]any{"a": []any{int64(1), int64(2)}}); len(got) != 1 {
		t.Errorf("a longer list is a difference: got %q", got)
	}
}
