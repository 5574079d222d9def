package compile_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/kube"
)

// watched is one environment, and what it says to Prometheus.
type watched struct {
	name string
	*rendered
	files  map[string]*kube.RuleFile // rules as files, by NAMESPACE/FILE
	tests  map[string]*kube.RuleTests
	stated measuring

	rulesRead []place // told, once it was asked for: nothing may change from then on
	promised  []*pledge
	lacking   string // what a mutant wanted to change
}

// watching is what the corpus and the promised project say to Prometheus, once it is rendered.
var watching struct {
	sync.Mutex
	projects []project
}

// promisingCorpus is every project of the corpus, and the promised one.
func promisingCorpus(t *testing.T) []project {
	t.Helper()
	all := corpus(t)
	watching.Lock()
	defer watching.Unlock()
	if watching.projects == nil {
		watching.projects = slices.Concat(all, environments(t, "promised", onDisk(t, promised)))
	}
	return watching.projects
}

// onDisk writes a project.
func onDisk(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// watch reads what a project says to Prometheus, of its own copy.
func watch(t *testing.T, p project) *watched {
	t.Helper()
	w := &watched{name: p.name, rendered: read(t, p.stream), files: map[string]*kube.RuleFile{}, tests: map[string]*kube.RuleTests{}}
	for path, content := range p.beside {
		switch {
		case strings.HasSuffix(path, ".rules.yaml"):
			w.files[path] = besideOf[kube.RuleFile](t, path, content)
		case strings.HasSuffix(path, ".test.yaml"):
			w.addTests(t, path, besideOf[kube.RuleTests](t, path, content))
		default:
			t.Errorf("%s: %s is neither rules nor tests", p.name, path)
		}
	}
	var ok bool
	if w.stated, ok = measured[p.name]; !ok {
		project, _, _ := strings.Cut(p.name, "/")
		w.stated = measured[project]
	}
	if len(w.rules) == 0 { // nobody who reads the objects is installed: the files say the same
		for _, path := range slices.Sorted(maps.Keys(w.files)) {
			namespace, file, _ := strings.Cut(path, "/")
			w.rules = append(w.rules, &kube.PrometheusRule{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: strings.TrimSuffix(file, ".rules.yaml")},
				Spec:       kube.PrometheusRuleSpec{Groups: w.files[path].Groups},
			})
		}
	}
	return w
}

// addTests adds tests to those of the same rules: there is a file for each pace at which rules are told stories.
func (w *watched) addTests(t *testing.T, path string, tests *kube.RuleTests) {
	t.Helper()
	for _, pace := range []string{".short", ".long"} {
		path = strings.Replace(path, pace+".test.yaml", ".test.yaml", 1)
	}
	all, ok := w.tests[path]
	if !ok {
		w.tests[path] = tests
		return
	}
	if !reflect.DeepEqual(all.RuleFiles, tests.RuleFiles) || !reflect.DeepEqual(all.GroupEvalOrder, tests.GroupEvalOrder) {
		t.Errorf("%s: tests of %v, groups in the order %v; others are of %v and %v", path, tests.RuleFiles, tests.GroupEvalOrder, all.RuleFiles, all.GroupEvalOrder)
	}
	all.Tests = append(all.Tests, tests.Tests...)
}

func besideOf[T any](t *testing.T, path string, content []byte) *T {
	t.Helper()
	v := new(T)
	if err := yaml.UnmarshalStrict(content, v); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return v
}

// place is where a rule stands.
type place struct {
	object *kube.PrometheusRule
	group  int
	index  int // in its group
	*kube.Rule
	expr *term // nil: it is no PromQL
	err  error
}

// id names a rule in a message.
func (p place) id() string {
	id := p.object.Namespace + "/" + p.object.Name + " " + p.Alert + p.Record
	if o := p.Labels["slo"]; o != "" {
		id += " of " + o
	}
	return id
}

// told are all rules, in their order.
func (w *watched) told() []place {
	if w.rulesRead != nil {
		return slices.Clone(w.rulesRead)
	}
	var all []place
	for _, o := range w.rules {
		for g := range o.Spec.Groups {
			for i := range o.Spec.Groups[g].Rules {
				r := &o.Spec.Groups[g].Rules[i]
				p := place{object: o, group: g, index: i, Rule: r}
				p.expr, p.err = parsed(r.Expr)
				if p.err != nil {
					p.expr = &term{}
				}
				all = append(all, p)
			}
		}
	}
	w.rulesRead = all
	return slices.Clone(all)
}

// alerts are those rules that speak.
func (w *watched) alerts() []place {
	return slices.DeleteFunc(w.told(), func(p place) bool { return p.Alert == "" })
}

// identity is what an objective is called in all that is recorded about it.
type identity struct{ namespace, service, slo string }

func identityOf(labels map[string]string) identity {
	return identity{labels["namespace"], labels["service"], labels["slo"]}
}

// pledge is all rules about one objective.
type pledge struct {
	identity
	records map[string]place
	alerts  map[string]place
	twice   []string
}

// pledges are the objectives that anything is recorded about.
func (w *watched) pledges() []*pledge {
	if w.promised != nil {
		return w.promised
	}
	all := []*pledge{}
	by := map[identity]*pledge{}
	for _, p := range w.told() {
		id := identityOf(p.Labels)
		if strings.HasPrefix(p.Record, "slo:") && by[id] == nil {
			by[id] = &pledge{identity: id, records: map[string]place{}, alerts: map[string]place{}}
			all = append(all, by[id])
		}
	}
	for _, p := range w.told() {
		o := by[identityOf(p.Labels)]
		if o == nil {
			continue
		}
		list, name := o.records, p.Record
		if p.Alert != "" {
			list, name = o.alerts, p.Alert
		}
		if _, again := list[name]; again {
			o.twice = append(o.twice, name)
		}
		list[name] = p
	}
	w.promised = all
	return all
}

func (o *pledge) id() string { return o.namespace + "/" + o.service + " " + o.slo }

// fileOf returns the rules of an object as a file, which has the same groups, and the tests beside it.
func (w *watched) fileOf(o *kube.PrometheusRule) (path string, tests *kube.RuleTests) {
	for name, f := range w.files {
		if strings.HasPrefix(name, o.Namespace+"/") && reflect.DeepEqual(f.Groups, o.Spec.Groups) {
			return name, w.tests[strings.TrimSuffix(name, ".rules.yaml")+".test.yaml"]
		}
	}
	return "", nil
}
