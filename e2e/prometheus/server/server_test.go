package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/server"
)

// TestStart asks a server for samples that it was given, and for what rules make of them.
func TestStart(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	text := "groups:\n- name: doubles\n  interval: 1s\n  rules:\n  - {record: 'twice', expr: '2 * answer'}\n"
	if err := os.WriteFile(rules, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	samples := fmt.Sprintf("# TYPE answer gauge\nanswer{app=\"web\"} 20 %d\nanswer{app=\"web\"} 21 %d\n# EOF\n", now-7*24*3600, now-30)
	s := server.Start(t, server.Options{Rules: []string{rules}, Samples: strings.NewReader(samples)})

	if got := ask(t, s, "answer offset 1w"); got != "20" {
		t.Errorf("answer a week ago: %s, want 20", got)
	}
	deadline := time.Now().Add(time.Minute) // the first evaluation comes within a second
	for ask(t, s, "twice") != "42" {
		if time.Now().After(deadline) {
			t.Fatalf("the rule's record: %q, want 42", ask(t, s, "twice"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ask returns the value of the only series that a query returns; empty without one.
func ask(t *testing.T, s *server.Server, query string) string {
	t.Helper()
	answer, err := http.Get(s.URL() + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(got.Data.Result) != 1 {
		return ""
	}
	return got.Data.Result[0].Value[1].(string)
}
