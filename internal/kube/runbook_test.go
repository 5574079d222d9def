package kube_test

import (
	"testing"

	"github.com/scantling/scantling/internal/kube"
)

func TestRunbook(t *testing.T) {
	for _, tt := range []struct{ page, want string }{
		{"https://a.io/{{b}}", "https://a.io/%7B%7Bb%7D%7D#slomissing"},
		{"", "https://github.com/scantling/scantling/blob/main/docs/slo.md#slomissing"},
		{"https://wiki.acme.io/web", "https://wiki.acme.io/web#slomissing"},
		{"https://wiki.acme.io/web#alerts", "https://wiki.acme.io/web#alerts"},
	} {
		if got := kube.Runbook(tt.page, "slo.md", "SLOMissing"); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.page, got, tt.want)
		}
	}
}
