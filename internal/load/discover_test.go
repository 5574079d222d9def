package load

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// app is the smallest spec.
func app(name string) string {
	return "apps: " + name + ": {team: \"a\", tier: \"standard\", image: \"a:1\"}\n"
}

// aProject is a project with every sort of directory; the shop's platform is at its root.
func aProject(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shop/platform.cue":          "platform: environments: prod: kubernetes: \"1.34\"\n",
		"shop/web/app.cue":           "package web\n" + app("web"),
		"shop/web/more.cue":          "package web\napps: web: port: 9090\n",
		"shop/web/other.cue":         "package other\napps: nobody: {}\n",
		"shop/web/more_tool.cue":     "package web\napps: nobody: {}\n",
		"shop/api/app.yaml":          "apps: {api: {team: a, tier: standard, image: 'a:1'}}\n",
		"shop/api/notes.yaml":        "nothing: here\n",
		"shop/.hidden/app.cue":       app("hidden"),
		"shop/node_modules/app.cue":  app("module"),
		"shop/cue.mod/pkg/x/app.cue": app("package"),
		"shop/out/.scantling":        "",
		"shop/out/prod/app.yaml":     "apiVersion: apps/v1\n",
		"shop/nested/platform.yaml":  "platform: {environments: {x: {kubernetes: '1.34'}}}\n",
		"shop/nested/app.cue":        app("nested"),
		"alone/one/app.cue":          app("one"),
		"alone/two/app.cue":          app("two"),
		"alone/named.cue":            app("named"),
	} {
		write(t, dir, name, text)
	}
	return dir
}

func TestDiscover(t *testing.T) {
	dir := aProject(t)
	for _, c := range []struct{ name, dir, paths, apps, selected string }{
		{"whole project", "shop", "", "api web", "api web"},
		{"part of a project", "shop", "web", "api web", "web"},
		{"a file", "shop", "api/app.yaml", "api web", "api"},
		{"another file of a package", "shop", "web/more.cue", "api web", "web"},
		{"two paths", "shop", "web api", "api web", "api web"},
		{"from inside", "shop/web", "", "api web", "web"},
		{"the platform's file", "shop", "platform.cue", "api web", "api web"},
		{"nested project", "shop", "nested", "nested", "nested"},
		{"without a platform", "alone", "", "one two", "one two"},
		{"several without a platform", "alone", "one two", "one two", "one two"},
		{"a file of any name", "alone", "named.cue", "named", "named"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, found, err := Load(Options{Dir: filepath.Join(dir, c.dir), Paths: strings.Fields(c.paths)})
			if err != nil || len(found) > 0 {
				t.Fatal(err, render(found))
			}
			var apps, selected []string
			for _, a := range p.Apps {
				apps = append(apps, a.Name)
				if a.Selected {
					selected = append(selected, a.Name)
				}
			}
			if got := strings.Join(apps, " "); got != c.apps {
				t.Errorf("apps %s, want %s", got, c.apps)
			}
			if got := strings.Join(selected, " "); got != c.selected {
				t.Errorf("selected %s, want %s", got, c.selected)
			}
		})
	}
}

func TestDiscoverRefuses(t *testing.T) {
	dir := aProject(t)
	for _, c := range []struct{ name, paths, want string }{
		{"no such path", "nowhere", "nowhere: no such file or directory"},
		{"two projects", "shop shop/nested", "different projects"},
		{"a project and none", "shop alone", "different projects"},
	} {
		_, _, err := Load(Options{Dir: dir, Paths: strings.Fields(c.paths)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	write(t, dir, "empty/readme.md", "")
	_, found, err := Load(Options{Dir: dir, Paths: []string{"empty"}})
	if err != nil || len(found) != 1 || found[0].Rule != "no-apps" || found[0].Pos.File != "empty" {
		t.Errorf("empty: %v %s", err, render(found))
	}
}

// TestPositionsAreRelative shows that files are named as a person in Dir would name them, and that the place in the app is exact.
func TestPositionsAreRelative(t *testing.T) {
	dir := aProject(t)
	p, _, err := Load(Options{Dir: filepath.Join(dir, "shop", "api")})
	if err != nil {
		t.Fatal(err)
	}
	web := p.Apps[1]
	if web.File != "../web/app.cue" || web.Node.Field("port").Pos.String() != "../web/more.cue:2:18" || web.Dir != filepath.Join(dir, "shop", "web") {
		t.Errorf("%s %s %s", web.File, web.Node.Field("port").Pos, web.Dir)
	}
	if p.PlatformFile != "../platform.cue" || p.Root != filepath.Join(dir, "shop") {
		t.Errorf("%s %s", p.PlatformFile, p.Root)
	}
}

// TestSameAnyJobs shows that neither the number of workers nor chance changes what is found.
func TestSameAnyJobs(t *testing.T) {
	dir := t.TempDir()
	for i := range 70 {
		write(t, dir, "d"+itoa(i)+"/app.cue", strings.ReplaceAll("package p\n_x: 1\napps: \"w"+itoa(i)+"\": {team: \"a\", tier: \"gold\", image: \"a:1\", prot: _x}\n", "gold", []string{"gold", "standard"}[i%2]))
	}
	var want []string
	for jobs := range 5 {
		_, found, err := Load(Options{Dir: dir, Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(render(found), "\n")
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d jobs found something else", jobs)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d lines", len(want))
	}
}
