package verdict_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verdict"
	"github.com/scantling/scantling/internal/verify"
)

// The guarantees of these tests.
var (
	drains  = &verify.Guarantee{Name: "node-drains", Promise: "every node can be drained", Source: "https://example.com/drains"}
	spreads = &verify.Guarantee{Name: "zone-is-spare", Promise: "a zone can be lost", Source: "https://example.com/zones", Foreign: diag.Warning}
	names   = &verify.Guarantee{Name: "name-is-valid", Promise: "names are names", Source: "https://example.com/names"}
)

// object returns a Deployment of an app, which may be none.
func object(namespace, app string, line int) *inventory.Object {
	o := &inventory.Object{
		ID:         manifest.ID{Group: "apps", Kind: "Deployment", Namespace: namespace, Name: app + "-deploy"},
		APIVersion: "apps/v1", File: namespace + ".yaml", Line: line,
	}
	if app != "" {
		o.Labels = map[string]string{"app": app}
	}
	return o
}

// sample has one result of each state.
func sample() verdict.Report {
	web, api := object("shop", "web", 1), object("shop", "api", 30)
	none := object("shop", "", 60)
	waiver := &verify.Waiver{Guarantee: "zone-is-spare", App: "api", Namespace: "shop", Reason: "one zone only, until the move", Expires: "2026-12-31"}
	return verdict.Report{Clusters: []verdict.Cluster{{Objects: 3, Results: []verify.Result{
		{Guarantee: names, Object: web, State: verify.Proved, Text: "63 characters at most"},
		{Guarantee: names, Object: api, State: verify.Proved, Text: "63 characters at most"},
		{Guarantee: names, Object: none, State: verify.Proved, Text: "63 characters at most"},
		{Guarantee: drains, Object: web, State: verify.Violated, Severity: diag.Error, Path: "spec.replicas", Text: "drain a node: 0 of 1 | may go"},
		{Guarantee: drains, Object: api, State: verify.Unknown, Severity: diag.Note, Text: "how many nodes there are"},
		{Guarantee: spreads, Object: web, State: verify.Violated, Severity: diag.Warning, Text: "lose zone b: 1 of 1 pods is gone"},
		{Guarantee: spreads, Object: api, State: verify.Waived, Severity: diag.Note, Text: "lose zone b: 2 of 2 pods are gone", Waiver: waiver},
	}}}}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name string
		text verdict.Text
		want string
	}{
		{"violations, facts and the table", verdict.Text{}, `
shop.yaml:1: Deployment/shop/web-deploy
	error: node-drains: spec.replicas: drain a node: 0 of 1 | may go
	warning: zone-is-spare: lose zone b: 1 of 1 pods is gone
shop.yaml:30: Deployment/shop/api-deploy
	waived: zone-is-spare: lose zone b: 2 of 2 pods are gone
		until 2026-12-31: one zone only, until the move

unknown, for a fact is missing:
	1 object: how many nodes there are (node-drains)
	a platform.cue states what is true of a cluster: none is at or above this directory

               api  web  (no app)
node-drains    ? 1  ✗ 1  ·
zone-is-spare  ~ 1  ! 1  ·
1 other        ✓ 1  ✓ 1  ✓ 1
✗ error  ! warning  ? unknown  ~ waived  ✓ proved  · does not apply

2 apps, 3 objects: 1 error, 1 warning, 1 unknown, 1 waived, 3 proved
scantling explain guarantee.NAME says why one matters, and who says so
`},
		{"all", verdict.Text{All: true}, `
shop.yaml:1: Deployment/shop/web-deploy
	error: node-drains: spec.replicas: drain a node: 0 of 1 | may go
	warning: zone-is-spare: lose zone b: 1 of 1 pods is gone
	proved: name-is-valid: 63 characters at most
shop.yaml:30: Deployment/shop/api-deploy
	waived: zone-is-spare: lose zone b: 2 of 2 pods are gone
		until 2026-12-31: one zone only, until the move
	unknown: node-drains: how many nodes there are
	proved: name-is-valid: 63 characters at most
shop.yaml:60: Deployment/shop/-deploy
	proved: name-is-valid: 63 characters at most

               api  web  (no app)
node-drains    ? 1  ✗ 1  ·
zone-is-spare  ~ 1  ! 1  ·
1 other        ✓ 1  ✓ 1  ✓ 1
✗ error  ! warning  ? unknown  ~ waived  ✓ proved  · does not apply

2 apps, 3 objects: 1 error, 1 warning, 1 unknown, 1 waived, 3 proved
scantling explain guarantee.NAME says why one matters, and who says so
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, "\n"+printed(t, c.text, sample())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func printed(t *testing.T, text verdict.Text, r verdict.Report) string {
	t.Helper()
	var b strings.Builder
	if err := text.Print(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestManyApps wants of a hundred apps a table with a row for each that has a finding, and none wider than a terminal.
func TestManyApps(t *testing.T) {
	var c verdict.Cluster
	for i := range 100 {
		r := verify.Result{Guarantee: drains, Object: object("shop", fmt.Sprintf("app-%02d", i), i+1), State: verify.Proved}
		if i%50 == 7 {
			r.State, r.Severity = verify.Violated, diag.Error
		}
		c.Results = append(c.Results, r)
		c.Objects++
	}
	text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}})
	_, table, _ := strings.Cut(text, "\n\n")
	want := `             all 100 apps
node-drains  ✗ 2
✗ error  ! warning  ? unknown  ~ waived  ✓ proved  · does not apply

app        errors  warnings  unknown  waived  proved
app-07     1       ·         ·        ·       ·
app-57     1       ·         ·        ·       ·
98 others  ·       ·         ·        ·       98
all        2       ·         ·        ·       98

100 apps, 100 objects: 2 errors, 98 proved
scantling explain guarantee.NAME says why one matters, and who says so
`
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
}

// TestAppsOfManyNamespaces wants an app of ours to be one, wherever its objects are, and what is cluster-wide to be of the only app of its name.
func TestAppsOfManyNamespaces(t *testing.T) {
	var c verdict.Cluster
	for _, namespace := range []string{"shop", "shop-drill", ""} {
		labels := map[string]any{"app": "search", "app.kubernetes.io/managed-by": "scantling"}
		ours := inventory.New([]manifest.Object{{
			APIVersion: "apps/v1", Kind: "Deployment", Namespace: namespace, Name: "search-deploy", File: namespace + ".yaml", Line: 1,
			Fields: map[string]any{"metadata": map[string]any{"labels": labels}},
		}})
		c.Results = append(c.Results, verify.Result{Guarantee: drains, Object: ours.Objects[0], State: verify.Proved})
	}
	for _, namespace := range []string{"argo", ""} {
		c.Results = append(c.Results, verify.Result{Guarantee: drains, Object: object(namespace, "argo", 1), State: verify.Proved})
	}
	text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}})
	if want := "             argo  search\n"; !strings.HasPrefix(text, want) || !strings.Contains(text, "\n2 apps, ") {
		t.Error(text)
	}
}

// TestAppsOfOneName wants two apps of one name to be told apart, and a name that no terminal should obey to be shown.
func TestAppsOfOneName(t *testing.T) {
	c := verdict.Cluster{Objects: 3, Results: []verify.Result{
		{Guarantee: drains, Object: object("a", "web", 1), State: verify.Proved},
		{Guarantee: drains, Object: object("b", "web", 1), State: verify.Unknown, Text: "x\x1b[2J"},
		{Guarantee: drains, Object: object("b", "\x1b[2J", 1), State: verify.Violated, Text: "\x1b[2J"},
	}}
	text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}})
	if !strings.Contains(text, "a/web  b/web") || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
}

func TestJSON(t *testing.T) {
	r := sample()
	r.Problems = []diag.Diagnostic{{Rule: "manifest-is-readable", Pos: diag.Pos{File: "a.yaml", Line: 3}, Problem: "this is not YAML"}}
	var b strings.Builder
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Results  []map[string]any
		Problems []map[string]any
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	web := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web-deploy"}
	api := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "api-deploy"}
	want := []map[string]any{
		{"guarantee": "node-drains", "object": web, "app": "web", "result": "violated", "severity": "error", "path": "spec.replicas",
			"counterExample": "drain a node: 0 of 1 | may go", "file": "shop.yaml", "line": 1.0},
		{"guarantee": "node-drains", "object": api, "app": "api", "result": "unknown", "missing": "how many nodes there are", "file": "shop.yaml", "line": 30.0},
		{"guarantee": "zone-is-spare", "object": web, "app": "web", "result": "violated", "severity": "warning",
			"counterExample": "lose zone b: 1 of 1 pods is gone", "file": "shop.yaml", "line": 1.0},
		{"guarantee": "zone-is-spare", "object": api, "app": "api", "result": "waived", "counterExample": "lose zone b: 2 of 2 pods are gone",
			"waiver": map[string]any{"reason": "one zone only, until the move", "expires": "2026-12-31"}, "file": "shop.yaml", "line": 30.0},
	}
	if diff := cmp.Diff(want, got.Results[3:]); diff != "" {
		t.Error(diff)
	}
	if got.Results[0]["proof"] != "63 characters at most" || len(got.Problems) != 1 || got.Problems[0]["line"] != 3.0 {
		t.Errorf("%v, %v", got.Results[0], got.Problems)
	}
	b.Reset()
	if err := (verdict.Report{}).JSON(&b); err != nil || b.String() != "{\n  \"results\": [],\n  \"problems\": []\n}\n" {
		t.Errorf("%s, %v", &b, err)
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := sample().Markdown(&b); err != nil {
		t.Fatal(err)
	}
	want := `### scantling verify: 1 error, 1 warning, 1 unknown, 1 waived, 3 proved

| | guarantee | object | counter-example |
|---|---|---|---|
| error | [node-drains](HOME#node-drains) | ` + "`Deployment/shop/web-deploy`" + `<br>shop.yaml:1 | drain a node: 0 of 1 \| may go |
| warning | [zone-is-spare](HOME#zone-is-spare) | ` + "`Deployment/shop/web-deploy`" + `<br>shop.yaml:1 | lose zone b: 1 of 1 pods is gone |

<details><summary>unknown, for a fact is missing</summary>

- 1 object: how many nodes there are (node-drains)

</details>

<details><summary>waived</summary>

- [zone-is-spare](HOME#zone-is-spare) of ` + "`Deployment/shop/api-deploy`" + `, until 2026-12-31: one zone only, until the move

</details>

<details><summary>all guarantees</summary>

|  | api | web | (no app) |
|---|---|---|---|
| node-drains | ? 1 | ✗ 1 | · |
| zone-is-spare | ~ 1 | ! 1 | · |
| 1 other | ✓ 1 | ✓ 1 | ✓ 1 |

✗ error  ! warning  ? unknown  ~ waived  ✓ proved  · does not apply

</details>

2 apps, 3 objects: 1 error, 1 warning, 1 unknown, 1 waived, 3 proved
`
	if diff := cmp.Diff(want, strings.ReplaceAll(b.String(), diag.Home+"/blob/main/docs/guarantees.md", "HOME")); diff != "" {
		t.Error(diff)
	}
}

// TestMarkdownFits wants a comment that GitHub takes, however much is wrong, and one that a stranger's manifest cannot write into.
func TestMarkdownFits(t *testing.T) {
	c := verdict.Cluster{Objects: 1}
	for i := range 5000 {
		c.Results = append(c.Results, verify.Result{
			Guarantee: drains, Object: object("shop", fmt.Sprintf("app-%04d", i), i+1), State: verify.Violated, Text: "<img src=x> @everyone [a](b)",
		})
	}
	var b strings.Builder
	if err := (verdict.Report{Clusters: []verdict.Cluster{c}}).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); len(text) > 65_536 || strings.Contains(text, "<img") || strings.Contains(text, "@everyone") || !strings.Contains(text, " more: a comment holds no more") {
		t.Errorf("%d bytes: %s", len(text), text[:500])
	}
}

func TestFails(t *testing.T) {
	with := func(state verify.State, severity diag.Severity) verdict.Report {
		return verdict.Report{Clusters: []verdict.Cluster{{Results: []verify.Result{{Guarantee: drains, Object: object("a", "b", 1), State: state, Severity: severity}}}}}
	}
	unreadable := verdict.Report{Problems: []diag.Diagnostic{{Problem: "this is not YAML"}}}
	for _, c := range []struct {
		name                     string
		report                   verdict.Report
		onError, onWarn, onDoubt bool
	}{
		{"proved", with(verify.Proved, 0), false, false, false},
		{"unknown", with(verify.Unknown, diag.Note), false, false, true},
		{"waived", with(verify.Waived, diag.Note), false, false, false},
		{"warning", with(verify.Violated, diag.Warning), false, true, true},
		{"note", with(verify.Violated, diag.Note), false, false, true},
		{"error", with(verify.Violated, diag.Error), true, true, true},
		{"unreadable", unreadable, true, true, true},
	} {
		got := []bool{c.report.Fails(diag.Error), c.report.Fails(diag.Warning), c.report.Fails(diag.Note)}
		if diff := cmp.Diff([]bool{c.onError, c.onWarn, c.onDoubt}, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestRepetitions wants a report that stays short where one thing is wrong in many places, or one fact is missing of many objects.
func TestRepetitions(t *testing.T) {
	var c verdict.Cluster
	web := object("shop", "web", 1)
	for i := range 9 {
		c.Results = append(c.Results, verify.Result{Guarantee: drains, Object: web, State: verify.Violated, Path: fmt.Sprintf("spec[%d]", i), Text: "x"})
	}
	for i := range 9 {
		c.Results = append(c.Results, verify.Result{Guarantee: spreads, Object: object("shop", fmt.Sprint(i), 2), State: verify.Unknown, Text: fmt.Sprintf("where %d is", i)})
	}
	c.Facts = true
	text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}})
	want := `shop.yaml:1: Deployment/shop/web-deploy
	error: node-drains: spec[0]: x
	error: node-drains: spec[1]: x
	error: node-drains: spec[2]: x
		and in 6 more places: --verbose lists them

unknown, for a fact is missing:
	9 objects: where 0 is; and 8 like it (zone-is-spare)

`
	if !strings.HasPrefix(text, want) {
		t.Error(cmp.Diff(want, text))
	}
	if all := printed(t, verdict.Text{All: true}, verdict.Report{Clusters: []verdict.Cluster{c}}); !strings.Contains(all, "spec[8]") || !strings.Contains(all, "where 8 is") {
		t.Error(all)
	}
}

// TestFieldIsToldInFull wants everything that is wrong with one field to be printed: only other fields say the same again.
func TestFieldIsToldInFull(t *testing.T) {
	web := object("shop", "web", 1)
	var results []verify.Result
	for _, text := range []string{"one", "two", "three", "four", "five"} {
		results = append(results, verify.Result{Guarantee: drains, Object: web, State: verify.Violated, Path: "spec.script", Text: text})
	}
	got := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{{Objects: 1, Results: results}}})
	if n := strings.Count(got, "spec.script"); n != len(results) || strings.Contains(got, "more place") {
		t.Errorf("%d of %d printed:\n%s", n, len(results), got)
	}
}

// TestMuchAdvice wants errors to stand by object, and what breaks nothing in two lines a guarantee where there is much of it.
func TestMuchAdvice(t *testing.T) {
	c := verdict.Cluster{Facts: true}
	for i := range 41 {
		severity := diag.Warning
		if i == 7 {
			severity = diag.Error
		}
		c.Results = append(c.Results, verify.Result{Guarantee: drains, Object: object("shop", fmt.Sprint(i), i+1), State: verify.Violated, Severity: severity, Text: "x"})
	}
	c.Results = append(c.Results, verify.Result{Guarantee: spreads, Object: object("shop", "web", 1), State: verify.Violated, Severity: diag.Note, Text: "y"})
	want := `shop.yaml:8: Deployment/shop/7-deploy
	error: node-drains: x

40 warnings, 1 note by guarantee, each with its first; --verbose lists them by object:
	warning: node-drains: Deployment/shop/0-deploy, Deployment/shop/1-deploy, Deployment/shop/2-deploy, 37 more
		shop.yaml:1: x
	note: zone-is-spare: Deployment/shop/web-deploy
		shop.yaml:1: y

`
	text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}})
	if !strings.HasPrefix(text, want) {
		t.Error(cmp.Diff(want, text))
	}
	if all := printed(t, verdict.Text{All: true}, verdict.Report{Clusters: []verdict.Cluster{c}}); !strings.Contains(all, "40-deploy") {
		t.Error(all)
	}
}

// TestManyErrors wants what is wrong in many places for one cause not to hide what else is.
func TestManyErrors(t *testing.T) {
	c := verdict.Cluster{Facts: true}
	for i := range 31 {
		c.Results = append(c.Results, verify.Result{Guarantee: drains, Object: object("shop", fmt.Sprint(i), i+1), State: verify.Violated, Text: "x"})
	}
	c.Results = append(c.Results, verify.Result{Guarantee: spreads, Object: object("shop", "web", 90), State: verify.Violated, Text: "y"})
	want := `shop.yaml:90: Deployment/shop/web-deploy
	error: zone-is-spare: y

31 errors by guarantee, each with its first; --verbose lists them by object:
	error: node-drains: Deployment/shop/0-deploy, Deployment/shop/1-deploy, Deployment/shop/2-deploy, 28 more
		shop.yaml:1: x

`
	if text := printed(t, verdict.Text{}, verdict.Report{Clusters: []verdict.Cluster{c}}); !strings.HasPrefix(text, want) {
		t.Error(cmp.Diff(want, text))
	}
}
