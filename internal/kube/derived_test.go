package kube

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	for _, c := range []struct {
		parts []string
		want  string
	}{
		{[]string{"checkout", "orders", "backup"}, "checkout-orders-backup"},
		{[]string{strings.Repeat("a", 45), "backup"}, strings.Repeat("a", 45) + "-backup"}, // 52 characters
		{[]string{strings.Repeat("a", 46), "backup"}, strings.Repeat("a", 43) + "-b0a4c643"},
		{[]string{strings.Repeat("a", 42), "b", "credentials"}, strings.Repeat("a", 42) + "-70e8bdf9"}, // no "--" where it is cut
	} {
		if got := Name(c.parts...); got != c.want || len(got) > 52 {
			t.Errorf("Name(%q) = %q, want %q", c.parts, got, c.want)
		}
	}
	if a, b := Name(strings.Repeat("x", 60), "a"), Name(strings.Repeat("x", 60), "b"); a == b {
		t.Errorf("two long names are cut to the same %q", a)
	}
}
