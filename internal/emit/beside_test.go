package emit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// headed has comments at its top.
type headed struct {
	Kind string `json:"kind"`
}

func (headed) Heading(file string) string { return "# " + file + "\n" }

func TestLayoutBeside(t *testing.T) {
	got, err := LayoutBeside([]Beside{
		{Tree: "prometheus.d", Env: "prod", Namespace: "shop", App: "web", Name: "web.rules.yaml", Content: map[string]any{"groups": []any{}}},
		{Tree: "prometheus.d", Env: "prod", Namespace: "shop", App: "web", Name: "web.db-backup.rules.yaml", Content: "as it is: [\n"},
		{Tree: "prometheus.d", Env: "prod", Namespace: "shop", Name: "namespace.rules.yaml", Content: []byte("\xff")},
		{Tree: "eksctl.d", Env: "prod", Platform: true, Name: "prod.yaml", Content: map[string]string{"kind": "ClusterConfig"}},
		{Tree: "eksctl.d", Env: "prod", Platform: true, Name: "prod.more.yaml", Content: headed{"ClusterConfig"}},
	})
	want := []File{
		{"prometheus.d/prod/shop/web.rules.yaml", []byte("groups: []\n")},
		{"prometheus.d/prod/shop/web.db-backup.rules.yaml", []byte("as it is: [\n")},
		{"prometheus.d/prod/shop/namespace.rules.yaml", []byte("\xff")},
		{"eksctl.d/prod.yaml", []byte("kind: ClusterConfig\n")},
		{"eksctl.d/prod.more.yaml", []byte("# prod.more.yaml\nkind: ClusterConfig\n")},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestLayoutBesideRefuses keeps names from choosing where a file goes, and from hiding whose it is.
func TestLayoutBesideRefuses(t *testing.T) {
	whole := Beside{Tree: "t.d", Env: "prod", Namespace: "shop", App: "web", Name: "web.yaml", Content: ""}
	for want, change := range map[string]func(*Beside){
		"could be an environment":              func(d *Beside) { d.Tree = "prometheus" },
		`"../t.d" cannot be a file name`:       func(d *Beside) { d.Tree = "../t.d" },
		`".d" cannot be a file name`:           func(d *Beside) { d.Tree = ".d" },
		`"" cannot be a file name`:             func(d *Beside) { d.Namespace = "" },
		`"web./x" cannot be a file name`:       func(d *Beside) { d.Name = "web./x" },
		`does not begin with "web."`:           func(d *Beside) { d.Name = "web-db.yaml" },
		`begin with "web."`:                    func(d *Beside) { d.Name = "web" },
		`does not begin with "namespace."`:     func(d *Beside) { d.App = "" },
		`does not begin with "prod."`:          func(d *Beside) { d.Platform = true },
		"t.d/prod/shop/web.yaml: a func() has": func(d *Beside) { d.Content = func() {} },
	} {
		d := whole
		change(&d)
		if files, err := LayoutBeside([]Beside{d}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v and %v", want, err, files)
		}
	}
	if _, err := LayoutBeside([]Beside{whole}); err != nil {
		t.Error(err)
	}
}
