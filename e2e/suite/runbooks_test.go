package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/judge/crds"
)

// A runbook is what to do about one alert, and the commands in it, with names in capitals that stand for others.
type runbook struct{ alert, command string }

// followed remembers for apps of which kinds each command of a runbook was run.
var followed = struct {
	sync.Mutex
	by map[runbook]map[string]bool
}{by: map[runbook]map[string]bool{}}

// runbooks reads the commands out of the pages, once.
var runbooks = sync.OnceValues(func() ([]runbook, error) {
	heading := regexp.MustCompile(`(?m)^### (.+)\n`)
	command := regexp.MustCompile("`(kubectl (?:-n|describe) [^`]+)`|```sh\n([^`]+kubectl -n[^`]+)```") // others are not kubectl's own
	var all []runbook
	for _, page := range []string{"slo.md", "recovery.md"} {
		text, err := os.ReadFile(filepath.Join(world.scantling.Root, "docs", page))
		if err != nil {
			return nil, err
		}
		_, below, ok := strings.Cut(string(text), "\n## When an alert fires\n")
		if !ok {
			return nil, fmt.Errorf("%s does not say what to do when an alert fires", page)
		}
		below, _, _ = strings.Cut(below, "\n## ")
		at := heading.FindAllStringSubmatchIndex(below, -1)
		for i, m := range at {
			end := len(below)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			alert := below[m[2]:m[3]]
			if more := map[string]string{"Going back": "RolloutStuck", "Logs of runs": "BackupRPO"}[alert]; more != "" {
				alert = more // one of those that lead there
			}
			for _, c := range command.FindAllStringSubmatch(below[m[1]:end], -1) {
				all = append(all, runbook{alert, c[1] + c[2]})
			}
		}
	}
	return all, nil
})

// needed are kinds that runbooks look at, and that nothing renders.
var needed = map[string][]string{
	"acme.cert-manager.io": {"Challenge", "Order"},
	"argoproj.io":          {"AnalysisRun"},
	"cert-manager.io":      {"Certificate", "CertificateRequest"},
	"external-secrets.io":  {"ClusterSecretStore"},
	"postgresql.cnpg.io":   {"Backup"},
	"velero.io":            {"Backup"},
}

// defineNeeded makes them known, once.
var defineNeeded = sync.OnceValue(func() error {
	var all []*apiextensions.CustomResourceDefinition
	for group, kinds := range needed {
		found, err := crds.Read(group, kinds...)
		if err != nil {
			return err
		}
		if len(found) != len(kinds) {
			return fmt.Errorf("%s: of %q only %d are defined", group, kinds, len(found))
		}
		all = append(all, found...)
	}
	return world.client.Define(context.Background(), all)
})

// An alerted is an alert that a case may fire.
type alerted struct {
	name, namespace, app string
	expr, description    string
}

// alerts are all of a case.
func alerts(c rendered) (all []alerted) {
	for _, o := range c.objects {
		if o.GetKind() != "PrometheusRule" {
			continue
		}
		groups, _, _ := unstructured.NestedSlice(o.Object, "spec", "groups")
		for _, g := range groups {
			rules, _, _ := unstructured.NestedSlice(g.(map[string]any), "rules")
			for _, r := range rules {
				of := func(path ...string) string {
					text, _, _ := unstructured.NestedString(r.(map[string]any), path...)
					return text
				}
				if name := of("alert"); name != "" {
					all = append(all, alerted{name, of("labels", "namespace"), of("labels", "service"), of("expr"), of("annotations", "description")})
				}
			}
		}
	}
	return all
}

// called is the first name that an expression asks for under a label.
func (a alerted) called(label string) string {
	m := regexp.MustCompile(label + `=~?"([^"|]+)`).FindStringSubmatch(a.expr)
	if m == nil {
		return ""
	}
	return m[1]
}

// names are what the names in capitals stand for in a case; what is empty has no such thing.
func (a alerted) names(ctx context.Context, c rendered) (map[string]string, error) {
	names := map[string]string{
		"NAMESPACE": a.namespace, "APP": a.app, "PORT": "8080", "JOB": a.called("cronjob"), "SCHEDULE": a.called("schedule"),
		"CLUSTER": strings.TrimSuffix(a.called("pod"), "-[0-9]+"), "NAME": a.called("name"),
	}
	if s := c.find("Schedule", names["SCHEDULE"]); s != nil {
		names["VELERO"] = s.GetNamespace()
	}
	if s := c.find("ExternalSecret", names["NAME"]); s != nil {
		names["STORE"], _, _ = unstructured.NestedString(s.Object, "spec", "secretStoreRef", "name")
	}
	if job := c.find("CronJob", names["JOB"]); job != nil {
		containers, _, _ := unstructured.NestedSlice(job.Object, "spec", "jobTemplate", "spec", "template", "spec", "containers")
		names["CONTAINER"], _, _ = unstructured.NestedString(containers[0].(map[string]any), "name")
	}
	pods, err := world.client.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + a.app, FieldSelector: "status.phase=Running"})
	if err != nil {
		return nil, err
	}
	var since metav1.Time
	for _, p := range pods.Items { // the newest: a rollout has just been here
		if p.DeletionTimestamp == nil && since.Before(&p.CreationTimestamp) {
			names["POD"], since = p.Name, p.CreationTimestamp
		}
	}
	return names, nil
}

var capitals = regexp.MustCompile(`\b[A-Z]{3,}\b`)

// fill puts names into a command; empty: one of them is the name of nothing.
func fill(command string, names map[string]string) string {
	complete := true
	filled := capitals.ReplaceAllStringFunc(command, func(word string) string {
		complete = complete && names[word] != ""
		return names[word]
	})
	if !complete {
		return ""
	}
	return filled
}

// follow does with each alert of a case what whoever is woken by it does: what the alert itself says, and what stands below its
// heading, this for one app of those that are made of the same kinds.
func (j *judgement) follow(ctx context.Context, c rendered) {
	books, err := runbooks()
	_, answering := kubelets()
	if err := errors.Join(err, answering, defineNeeded(), surroundings(ctx, c)); err != nil {
		j.add("%s: before its runbooks: %v", c.name, err)
		return
	}
	done := map[string]bool{}
	for _, a := range alerts(c) {
		names, err := a.names(ctx, c)
		if err != nil {
			j.add("%s: %v", a.name, err)
			return
		}
		run := func(command string) {
			if filled := fill(command, names); filled != "" && !done[filled] {
				done[filled] = true
				if err := carryOut(ctx, filled, kindsOf(c, a.app)); err != nil {
					j.add("%s of %s/%s: %s: %v", a.name, a.namespace, a.app, filled, err)
				}
			}
		}
		for line := range strings.Lines(a.description) {
			if line = strings.TrimSuffix(strings.TrimSpace(line), ";"); strings.HasPrefix(line, "kubectl ") {
				run(line)
			}
		}
		for _, b := range books {
			if b.alert == a.name && fill(b.command, names) != "" && isAbout(b.command, c, a.app) && firstOf(b, kindsOf(c, a.app)) {
				run(b.command)
			}
		}
	}
}

// isAbout reports whether a command is for such an app: a runbook tells what to do by what an app has.
func isAbout(command string, c rendered, app string) bool {
	for kind, word := range map[string]string{
		"CronJob": " cronjob APP", "Deployment": " deployment/APP", "Probe": " probe APP", "Rollout": " rollout APP",
	} {
		if strings.Contains(command, word) && c.find(kind, app) == nil {
			return false
		}
	}
	for kind, word := range map[string]string{
		"Deployment": " describe replicasets", "HorizontalPodAutoscaler": " hpa ", "Rollout": " analysisruns", "ScaledObject": " scaledobject", "ServiceMonitor": " servicemonitors",
	} {
		if strings.Contains(command, word) && !slices.Contains(strings.Fields(kindsOf(c, app)), kind) {
			return false
		}
	}
	return true
}

// firstOf notes that a runbook's command is run for an app of these kinds, and reports whether it was not before.
func firstOf(b runbook, kinds string) bool {
	followed.Lock()
	defer followed.Unlock()
	if followed.by[b] == nil {
		followed.by[b] = map[string]bool{}
	}
	before := followed.by[b][kinds]
	followed.by[b][kinds] = true
	return !before
}

// kindsOf are those of the objects that an app is made of.
func kindsOf(c rendered, app string) string {
	var kinds []string
	for _, o := range c.objects {
		if o.GetLabels()["app.kubernetes.io/instance"] == app {
			kinds = append(kinds, o.GetKind())
		}
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), " ")
}

// allFollowed holds that each command of the pages was run for some app.
func allFollowed(t *testing.T) {
	t.Helper()
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") { // some cases alone
		return
	}
	books, err := runbooks()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range books {
		if len(followed.by[b]) == 0 {
			t.Errorf("%s: no app is told to %s", b.alert, b.command)
		}
	}
}

// carryOut runs a command in a shell, and holds that it finds what it looks for. What changes something is only tried.
func carryOut(ctx context.Context, line, kinds string) error {
	switch verb := strings.Fields(line)[3]; { // kubectl -n NAMESPACE …
	case strings.Contains(line, "\n"): // a Job is made, and its log is read
		line += regexp.MustCompile(`kubectl -n \S+ `).FindString(line) + "delete job $job --ignore-not-found"
	case verb == "port-forward":
		return forwarded(ctx, line)
	case slices.Contains([]string{"create", "delete", "patch", "rollout", "scale"}, verb):
		line += " --dry-run=server"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sh := world.cluster.Shell(ctx, line)
	var complaint strings.Builder
	sh.Stderr = &complaint
	out, err := sh.Output()
	switch {
	case strings.Contains(line, " top ") && strings.Contains(complaint.String(), "Metrics API not available"): // its flags were read before
	case strings.Contains(line, " hpa ") && strings.Contains(complaint.String(), "-primary\" not found"): // Flagger makes it
	case strings.Contains(line, " hpa ") && strings.Contains(kinds, "ScaledObject"): // KEDA makes it, with the labels of the ScaledObject
	case err != nil:
		return fmt.Errorf("%w\n%s", err, complaint.String())
	case strings.Contains(line, " logs ") && !strings.Contains(string(out), hasSaid) && !strings.Contains(string(out), " created"): // a Job may be gone at once
		return fmt.Errorf("shows no log: %s%s", out, complaint.String())
	case len(out) == 0 && !slices.ContainsFunc(made, func(kind string) bool { return strings.Contains(line, kind) }):
		return fmt.Errorf("finds nothing: %s", complaint.String())
	}
	return nil
}

// made is what operators make, or trouble, so that nothing is found here.
var made = []string{" analysisruns", " backups.postgresql.cnpg.io", " backups.velero.io", " certificaterequests", " events --types=Warning"}

// forwarded begins to lead a port to a pod, until the node of the pod is asked for it.
func forwarded(ctx context.Context, line string) error {
	k, err := kubelets()
	if err != nil {
		return err
	}
	words := strings.Fields(line)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sh := world.cluster.Shell(ctx, line)
	out, err := sh.CombinedOutput()
	if asked := "portForward/" + words[2] + "/" + words[4]; !k.wasAsked(asked) {
		return fmt.Errorf("the pod's node is not asked: %v\n%s", err, out)
	}
	return nil
}

// surroundings makes what others make that runbooks look at, and lets it stay: the stores of secrets; of an Ingress that has an issuer
// the Certificate, which cert-manager calls like its Secret.
func surroundings(ctx context.Context, c rendered) error {
	var all []*unstructured.Unstructured
	for _, o := range c.objects {
		switch o.GetKind() {
		case "ExternalSecret":
			store, _, _ := unstructured.NestedString(o.Object, "spec", "secretStoreRef", "name")
			all = append(all, object("external-secrets.io/v1", "ClusterSecretStore", "", store, map[string]any{
				"provider": map[string]any{"fake": map[string]any{"data": []any{}}},
			}))
		case "Ingress":
			if o.GetAnnotations()["cert-manager.io/cluster-issuer"] == "" {
				continue
			}
			for _, secret := range values(o.Object, "secretName") {
				all = append(all, object("cert-manager.io/v1", "Certificate", o.GetNamespace(), secret, map[string]any{
					"secretName": secret, "dnsNames": []any{"e2e.invalid"}, "issuerRef": map[string]any{"name": "e2e"},
				}))
			}
		}
	}
	for _, o := range all {
		if _, _, err := world.client.Apply(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
