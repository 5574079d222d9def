package cli

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const gateProject = `package shop

platform: {
	environments: prod: {
		kubernetes: "1.34"
		capabilities: ["prometheus"]
		scrape: {namespace: "monitoring", labels: "app.kubernetes.io/name": "prometheus"}
	}
	tiers: standard: budgetCautionPercent: 40
}
`

const gateApp = `package shop

apps: web: {team: "shop", tier: "standard", image: "registry.acme.io/shop/web:1.0", slo: availability: 99.5}
`

// TestGateLogsIn runs the gate against a server that wants TLS, a token and a tenant, and of which 30 % of a budget are left.
func TestGateLogsIn(t *testing.T) {
	var asked []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.Join([]string{r.Header.Get("Authorization"), r.Header.Get("X-Scope-OrgID"), r.PostFormValue("time")}, " "))
		record := `{"__name__": "slo:period_error_budget_remaining:ratio", "namespace": "shop", "service": "web", "slo": "availability"}`
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"status": "success", "data": {"resultType": "vector", "result": [{"metric": %s, "value": [1793620800, "0.3"]}]}}`, record)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it sees a handshake that is meant to fail
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"platform.cue": gateProject, "app.cue": gateApp, "token": "from-file\n",
		"ca.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(want int, args ...string) (said string) {
		t.Helper()
		asked = nil
		var stdout, stderr bytes.Buffer
		args = append([]string{"-C", dir, "gate", "--prometheus", server.URL, "--at", "2026-11-02T12:00:30Z"}, args...)
		if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != want {
			t.Errorf("exit code %d, want %d:\n%s%s", code, want, &stdout, &stderr)
		}
		return stderr.String()
	}

	t.Setenv(tokenVariable, "from-variable")
	if said := run(2); !strings.Contains(said, "nobody that is trusted here has signed the server's certificate\n\thelp: give the certificate of who has: --ca-file FILE\n") {
		t.Error(said)
	}
	if said := run(1, "--ca-file", "ca.pem", "--header", "X-Scope-OrgID: shop"); !strings.Contains(said, "30 % is left of web's error budget, and its rollout is rolling") {
		t.Error(said)
	}
	if len(asked) != 2 || asked[0] != "Bearer from-variable shop 1793620830.000" || asked[1] != asked[0] {
		t.Errorf("asked %q", asked)
	}
	run(1, "--ca-file", "ca.pem", "--token-file", "token")
	if len(asked) != 2 || asked[0] != "Bearer from-file  1793620830.000" {
		t.Errorf("asked %q", asked)
	}
	t.Setenv(tokenVariable, "")
	if said := run(2, "--ca-file", "ca.pem"); !strings.Contains(said, "the server answers 401 unauthorized\n\thelp: give a token") {
		t.Error(said)
	}
}
