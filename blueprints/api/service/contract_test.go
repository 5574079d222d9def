package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// manifest is what the service has to know of its Deployment, and of the Job of its migration.
type manifest struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int
				Containers                    []container
			}
		}
		Endpoints []struct{ Path, Port string } // of a ServiceMonitor
		Rules     []struct {                    // of an HTTPRoute
			Matches []struct{ Path struct{ Value string } }
		}
	}
}

type container struct {
	Command []string
	Env     []variable
	Ports   []struct {
		ContainerPort int
		Name          string
	}
	Lifecycle struct {
		PreStop struct{ Sleep struct{ Seconds int } }
	}
	LivenessProbe, ReadinessProbe, StartupProbe struct{ HTTPGet struct{ Path, Port string } }
	VolumeMounts                                []struct{ MountPath string }
}

type variable struct{ Name, Value string }

// contract is what Scantling renders for the app orders of this blueprint.
type contract struct {
	deployment, migration manifest
	env                   map[string]variable
	objects               []manifest
}

func (m manifest) container() container {
	if len(m.Spec.Template.Spec.Containers) == 0 {
		return container{}
	}
	return m.Spec.Template.Spec.Containers[0]
}

// rendered reads the manifests in want/, which Scantling's own tests hold against what it renders.
func rendered(t *testing.T) contract {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "want", "prod", "sales", "orders.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := contract{env: map[string]variable{}}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var m manifest
		if err := yaml.Unmarshal(document, &m); err != nil {
			t.Fatal(err)
		}
		c.objects = append(c.objects, m)
		switch m.Kind {
		case "Deployment":
			c.deployment = m
		case "Job":
			c.migration = m
		}
	}
	for _, v := range c.deployment.container().Env {
		c.env[v.Name] = v
	}
	return c
}

// optional are variables that the Deployment need not have, because the program has a default, or the platform nothing to say.
var optional = []string{"LISTEN_ADDR", "DB_TLS", "DB_CA_FILE", "CACHE_TLS", "CACHE_CA_FILE"}

// ofCache are credentials that the migration, which does not reach the cache, is not given.
var ofCache = []string{"CACHE_PASSWORD_FILE"}

// TestContractVariables wants every variable that the program asks for to be rendered, for the migration too.
func TestContractVariables(t *testing.T) {
	c := rendered(t)
	migration := map[string]variable{}
	for _, v := range c.migration.container().Env {
		migration[v.Name] = v
	}
	asked := variablesOf(t, "config.go")
	if len(asked) < 10 {
		t.Fatalf("the program asks for %q only", asked)
	}
	for _, name := range asked {
		if slices.Contains(optional, name) {
			continue
		}
		if _, ok := c.env[name]; !ok {
			t.Errorf("the Deployment does not have %s; it has %q", name, slices.Sorted(maps.Keys(c.env)))
		}
		if _, ok := migration[name]; ok == slices.Contains(ofCache, name) {
			t.Errorf("the migration has %s: %v", name, ok)
		}
	}
}

// TestContractFiles wants every file that a variable names to be in a volume.
func TestContractFiles(t *testing.T) {
	c := rendered(t)
	files := 0
	for name, v := range c.env {
		if strings.HasSuffix(name, "_FILE") {
			files++
			mounted := slices.ContainsFunc(c.deployment.container().VolumeMounts, func(m struct{ MountPath string }) bool {
				return m.MountPath == filepath.Dir(v.Value)
			})
			if !mounted {
				t.Errorf("%s=%s is in no volume", name, v.Value)
			}
		}
	}
	if files < 2 {
		t.Errorf("%d files", files)
	}
}

// TestContractPaths wants probes, scrapes, routes and the migration to be what the program answers to.
func TestContractPaths(t *testing.T) {
	c := rendered(t)
	pod := c.deployment.container()
	port := ""
	for _, p := range pod.Ports {
		if p.Name == "http" {
			port = fmt.Sprintf(":%d", p.ContainerPort)
		}
	}
	if config, _ := loadConfig(func(string) string { return "" }); config.listen != port {
		t.Errorf("the program listens on %s, the container on %s", config.listen, port)
	}
	found := map[string]string{
		"live": pod.LivenessProbe.HTTPGet.Path, "ready": pod.ReadinessProbe.HTTPGet.Path, "started": pod.StartupProbe.HTTPGet.Path,
		"migrate": strings.Join(c.migration.container().Command, " "),
	}
	for _, m := range c.objects {
		switch m.Kind {
		case "ServiceMonitor":
			found["metrics"] = m.Spec.Endpoints[0].Path
		case "HTTPRoute":
			found["route"] = m.Spec.Rules[0].Matches[0].Path.Value
		}
	}
	want := map[string]string{"live": "/healthz", "ready": "/readyz", "started": "/healthz", "metrics": "/metrics", "route": "/orders", "migrate": "/orders migrate"}
	if !maps.Equal(found, want) {
		t.Errorf("rendered: %v\nthe program: %v", found, want)
	}
}

// TestContractGrace wants the end of the program to fit into what is left of the grace period after the preStop sleep.
func TestContractGrace(t *testing.T) {
	c := rendered(t)
	grace := time.Duration(c.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	sleep := time.Duration(c.deployment.container().Lifecycle.PreStop.Sleep.Seconds) * time.Second
	if sleep == 0 {
		t.Error("routes still point here when SIGTERM comes: there is no preStop sleep")
	}
	if left := grace - sleep; lameDuck+drain >= left {
		t.Errorf("the program takes %s to end, the pod has %s", lameDuck+drain, left)
	}
	if write := newServer(api{}, newMetrics(), new(state)).WriteTimeout; write >= drain || requestTimeout >= write {
		t.Errorf("a request takes up to %s, and its answer is cut off after %s; drain is %s", requestTimeout, write, drain)
	}
}

// variablesOf returns the names in calls such as r.text("NAME").
func variablesOf(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		receiver, ok := method.X.(*ast.Ident)
		name, isText := call.Args[0].(*ast.BasicLit)
		if ok && isText && receiver.Name == "r" && method.Sel.Name != "wrong" {
			names = append(names, strings.Trim(name.Value, `"`))
		}
		return true
	})
	return names
}
