package verify_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// A mutant is one small edit of what is rendered, as a slip of the hand or of a generator would be.
type mutant struct {
	guarantee string // that is broken; of harmless edits: that one might think is
	project   string // PROJECT/ENVIRONMENT, or * for all in which there is something to edit
	object    string // KIND/NAME, or KIND for each one; "A > B": A is edited, and B is where it shows
	name      string // what is wrong

	// Old becomes new. Old that begins with (?m) is a regular expression, "rule NAME" is a rule that goes, "again" is the object a second time, "twice"
	// with the name new, and nothing is the whole object: it goes. New that begins with --- is one more document.
	old, new string
}

// rendering is what is rendered of a project for one environment, with what is true there.
type rendering struct {
	name  string          // PROJECT/ENVIRONMENT
	ids   []string        // KIND/NAME, or KIND/NAME of NAMESPACE for those that have no name of their own
	docs  map[string]text // by id
	facts verify.Facts
}

// text is one document of YAML, and what it says.
type text struct {
	yaml string
	read []manifest.Object
}

// corpus is every environment of every blueprint and golden, rendered once.
var corpus struct {
	sync.Mutex
	all []*rendering
}

func everything(t *testing.T) []*rendering {
	t.Helper()
	corpus.Lock()
	defer corpus.Unlock()
	if corpus.all != nil {
		return corpus.all
	}
	for _, name := range blueprints.Names() {
		files, _ := blueprints.Files(name)
		dir := t.TempDir()
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		corpus.all = append(corpus.all, renderingsOf(t, name, dir)...)
	}
	archives, err := filepath.Glob("../../testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden projects: %v", err)
	}
	for _, path := range archives {
		corpus.all = append(corpus.all, renderingsOf(t, strings.TrimSuffix(filepath.Base(path), ".txtar"), golden.Input(t, path))...)
	}
	return corpus.all
}

// renderingsOf renders every environment of the project in dir.
func renderingsOf(t *testing.T, name, dir string) (all []*rendering) {
	t.Helper()
	specs, err := compile.Resolve(compile.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := compile.Generate(compile.Options{Dir: dir})
	if err != nil || manifests.Failed {
		t.Errorf("%s: %v %v", name, err, manifests.Diagnostics)
		return nil
	}
	for _, fleet := range specs.Fleets {
		r := &rendering{name: name + "/" + fleet.Env.Name, docs: map[string]text{}, facts: compile.Facts(fleet)}
		for _, f := range manifests.Files {
			if strings.HasPrefix(f.Path, fleet.Env.Name+"/") {
				r.take(t, f)
			}
		}
		if len(r.ids) > 0 {
			all = append(all, r)
		}
	}
	return all
}

// take parts a file into its documents.
func (r *rendering) take(t *testing.T, f emit.File) {
	t.Helper()
	for _, doc := range strings.Split("\n"+string(f.Data), "\n---\n") {
		objects, err := manifest.Parse(f.Path, []byte(doc))
		if err != nil || len(objects) > 1 {
			t.Fatalf("%s: %v", f.Path, err)
		}
		if len(objects) == 0 {
			continue
		}
		id := objects[0].Kind + "/" + objects[0].Name
		if _, taken := r.docs[id]; taken {
			id += " of " + objects[0].Namespace
		}
		r.ids = append(r.ids, id)
		r.docs[id] = text{doc + "\n", objects}
	}
}

// edited are the objects that a mutant is about.
func (m mutant) edited(r *rendering) []string {
	object, _, _ := strings.Cut(m.object, " > ")
	if strings.Contains(object, "/") {
		if _, ok := r.docs[object]; ok {
			return []string{object}
		}
		return nil
	}
	var ids []string
	for _, id := range r.ids {
		if strings.HasPrefix(id, object+"/") && m.of(r.docs[id].yaml) != r.docs[id].yaml {
			ids = append(ids, id)
		}
	}
	return ids
}

// of returns a document with the slip.
func (m mutant) of(yaml string) string {
	switch {
	case strings.HasPrefix(m.new, "---\n"):
		return yaml + m.new
	case m.old == "":
		return ""
	case m.old == "again":
		return yaml + "---\n" + yaml
	case m.old == "twice":
		return yaml + "---\n" + ownName.ReplaceAllString(yaml, "${1}"+m.new+"\n")
	case strings.HasPrefix(m.old, "rule "):
		return withoutRule(yaml, strings.TrimPrefix(m.old, "rule "))
	case strings.HasPrefix(m.old, "(?m)"):
		return regexp.MustCompile(m.old).ReplaceAllString(yaml, m.new)
	}
	return strings.ReplaceAll(yaml, m.old, m.new)
}

// ownName is the name of an object, where it is written.
var ownName = regexp.MustCompile(`(?m)^(metadata:\n(?:  .*\n)*?  name: ).*\n`)

// found is what is violated in a rendering once one of its documents is another.
func (r *rendering) found(t *testing.T, id, yaml string) []verify.Result {
	t.Helper()
	var objects []manifest.Object
	for _, each := range r.ids {
		if each != id {
			objects = append(objects, r.docs[each].read...)
			continue
		}
		read, err := manifest.Parse("mutant.yaml", []byte(yaml))
		if err != nil {
			t.Fatalf("%s: %s: %v", r.name, id, err)
		}
		objects = append(objects, read...)
	}
	return slices.DeleteFunc(verify.Check(inventory.New(objects), r.facts, true), func(v verify.Result) bool { return v.State != verify.Violated })
}

// shows reports whether a violation is the one that a mutant of an object must lead to.
func (m mutant) shows(v verify.Result, id string) bool {
	_, at, elsewhere := strings.Cut(m.object, " > ")
	if !elsewhere {
		at, _, _ = strings.Cut(id, " of ")
	}
	return v.Guarantee.Name == m.guarantee && (at == "*" || v.Object.Short() == at || v.Object.Kind == at)
}

// places are the renderings and objects that a mutant can be made in: no more than a few of those that are like one another.
func (m mutant) places(t *testing.T, visit func(r *rendering, id string)) int {
	const most = 6 // of one mutant
	var all []func()
	for _, r := range everything(t) {
		if m.project != "*" && m.project != r.name {
			continue
		}
		for _, id := range m.edited(r) {
			if m.of(r.docs[id].yaml) != r.docs[id].yaml {
				all = append(all, func() { visit(r, id) })
			}
		}
	}
	step := 1
	if len(all) > most && !*everyPlace {
		step = len(all) / most
	}
	for i := 0; i < len(all); i += step {
		all[i]()
	}
	return len(all)
}
