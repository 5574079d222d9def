package load

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/encoding/yaml"
)

// TestSchemaIsDocumented holds that each field says what it means, with an example that its own rule accepts, and that each form
// of text has words for it.
func TestSchemaIsDocumented(t *testing.T) {
	ctx := cuecontext.New()
	for name, rule := range schemaRules() {
		documented(t, "#"+name, rule, func(f RuleField) {
			if _, err := yaml.Extract("", f.Example); err != nil {
				t.Errorf("#%s.%s: the example %s cannot be pasted into YAML: %v", name, f.Name, f.Example, err)
			}
			var c checker
			n := plain(t, ctx.CompileString(f.Example)).Field(f.Name)
			if n == nil {
				t.Errorf("#%s.%s: the example %q is of another field", name, f.Name, f.Example)
				return
			}
			c.check(n, f.Rule, f.Name, false)
			if len(c.found) > 0 {
				t.Errorf("#%s: the example of %s is wrong:\n%s", name, f.Name, render(c.found))
			}
		})
	}
}

func documented(t *testing.T, path string, r *Rule, example func(RuleField)) {
	if r.Type == StringType && r.match != nil && r.Phrase == "" && len(r.Enum) == 0 {
		t.Errorf("%s: a pattern without words", path)
	}
	for _, f := range r.Fields {
		at := path + "." + f.Name
		if f.Doc == "" || f.Example == "" {
			t.Errorf("%s: no comment or no example", at)
			continue
		}
		example(f)
		if f.Rule.Name == "" {
			documented(t, at, f.Rule, example)
		}
	}
	for _, inner := range []*Rule{r.Or, r.Elem, r.Val} {
		if inner != nil && inner.Name == "" {
			documented(t, path, inner, example)
		}
	}
}

// TestAppStaysSmall holds the promise that an app has at most 45 fields; what is rarer is a patch.
func TestAppStaysSmall(t *testing.T) {
	if n := len(appRule().Fields); n > 45 {
		t.Errorf("an app has %d fields", n)
	}
}

// TestLocalPlatform checks the platform that serves where no file is, and that it lacks no capability.
func TestLocalPlatform(t *testing.T) {
	n := LocalPlatform()
	var c checker
	c.check(n, platformRule(), "platform", false)
	if len(c.found) > 0 {
		t.Error(render(c.found))
	}
	var has []string
	for _, e := range n.At("environments", "local", "capabilities").Elems {
		has = append(has, e.Text)
	}
	if want := schemaRules()["Capability"].Enum; !slices.Equal(has, want) {
		t.Errorf("capabilities %v, want %v", has, want)
	}
	if n.KeyPos.File != "schema/local.cue" || n.KeyPos.Line == 0 {
		t.Errorf("the platform is at %v", n.KeyPos)
	}
}

// TestEmbedded reads every built-in data file, with its comments.
func TestEmbedded(t *testing.T) {
	for _, name := range []string{"local.cue", "tiers.cue"} {
		if _, err := Embedded(name); err != nil {
			t.Error(err)
		}
	}
	docs, err := Docs("tiers.cue")
	if err != nil || len(docs) == 0 {
		t.Errorf("no comments: %v", err)
	}
	if _, err := Embedded("none.cue"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct{ path, want, doc string }{
		{"", "spec", "One app"},
		{"spec", "spec", "One app"},
		{"spec.port", "spec.port", "The one port"},
		{"slo.latency.under", "spec.slo.latency.under", "Fast enough"},
		{"needs.postgres.pool", "spec.needs.NAME.postgres.pool", "Connections"},
		{"needs.orders.postgres.pool", "spec.needs.NAME.postgres.pool", "Connections"},
		{"apps.web.team", "spec.team", "The team"},
		{"environments.prod.tier", "spec.environments.NAME.tier", "How much"},
		{"platform.environments.prod.dns.port", "spec.platform.environments.NAME.dns.port", "Port"},
		{"rollout.canary.steps.weight", "spec.rollout.canary.steps.weight", "Share"},
		{"patches.expires", "spec.patches.expires", "The last day"},
	} {
		d, _, ok := Describe(c.path)
		if !ok || d.Path != c.want || !strings.HasPrefix(d.Doc, c.doc) {
			t.Errorf("%q: %v %q %q", c.path, ok, d.Path, d.Doc)
		}
	}
	if _, near, ok := Describe("spec.replica"); ok || !slices.Equal(near, []string{"spec.replicas"}) {
		t.Errorf("near replica: %v %v", near, ok)
	}
	d, _, _ := Describe("needs")
	if len(d.Fields) != 9 || d.Fields[1].Path != "spec.needs.NAME.postgres" {
		t.Errorf("the kinds of need: %+v", d.Fields)
	}
}

// TestJSONSchema holds that the schema is valid JSON, the same each time, and that all its references lead somewhere.
func TestJSONSchema(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := JSONSchema()
	if !bytes.Equal(text, again) {
		t.Error("the bytes vary")
	}
	var doc struct {
		Defs map[string]struct {
			Required   []string
			Properties map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), `"#/$defs/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := doc.Defs[name]; !ok {
			t.Errorf("no definition %s", name)
		}
	}
	if app := doc.Defs["App"]; !slices.Equal(app.Required, []string{"team", "tier", "image"}) || app.Properties["port"].Description == "" {
		t.Errorf("an app is %+v", app)
	}
	if over := doc.Defs["AppOverride"]; len(over.Required) > 0 || len(over.Properties) != len(appRule().Fields)-1 {
		t.Errorf("an override requires %v of %d", over.Required, len(over.Properties))
	}
}

func TestNearest(t *testing.T) {
	names := []string{"replicas", "resources", "port", "ports", "blueGreen", "env", "environments"}
	for s, want := range map[string]string{
		"replica": "replicas", "repilcas": "replicas", "prot": "port", "blue-green": "blueGreen", "blue_green": "blueGreen",
		"environ": "environments", "zzz": "", "x": "", "": "", strings.Repeat("port", 1000): "",
	} {
		if got := nearest(s, names); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
