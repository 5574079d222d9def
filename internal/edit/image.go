// Package edit changes the image of an app in its spec file, and leaves every other byte as the team wrote it.
package edit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// Change is a file before and after an edit.
type Change struct {
	File   string // as positions name it
	Before []byte
	After  []byte
}

// Image sets the image of an app: its own, or that of one environment. Where the environment has no image yet, an override is
// added. A value that is not written out as one string in one place is refused, with the place.
func Image(a load.AppSpec, env, ref string, read func(file string) ([]byte, error)) (Change, *diag.Diagnostic, error) {
	e := editor{app: a, env: env, ref: ref, read: read}
	if n := a.Node.At("environments", env, "image"); env != "" && n != nil {
		return e.replace(n)
	}
	base := a.Node.Field("image")
	switch {
	case base == nil:
		return e.refuse(a.Node.KeyPos, "the app has no image to change", "write one: image: "+quote(ref))
	case env == "":
		return e.replace(base)
	}
	return e.override(base)
}

// editor is one edit on its way.
type editor struct {
	app  load.AppSpec
	env  string
	ref  string
	read func(file string) ([]byte, error)
}

func (e *editor) refuse(pos diag.Pos, problem, help string) (Change, *diag.Diagnostic, error) {
	field := "image"
	if e.env != "" {
		field = "environments." + e.env + ".image"
	}
	return Change{}, &diag.Diagnostic{Rule: "set-needs-literal", Pos: pos, Path: "apps." + e.app.Name + "." + field, Problem: problem, Help: help}, nil
}

// replace puts the reference in the place of a string.
func (e *editor) replace(n *load.Node) (Change, *diag.Diagnostic, error) {
	src, err := e.source(n.Pos.File)
	if err != nil {
		return Change{}, nil, err
	}
	start, end, ok := src.literal(n)
	if !ok {
		return e.refuse(n.Pos, "the image is not written here as one plain string, so it can't be set", "edit it by hand, or give images at render time with --images FILE")
	}
	text := e.ref
	if quoted := src.data[start]; quoted == '"' || !isPlain(text) {
		text = quote(text)
	} else if quoted == '\'' {
		text = "'" + text + "'"
	}
	return src.splice(start, end, text), nil, nil
}

// override adds the environment's image: inside the environment's struct, or inside environments, or beside the app's own image.
func (e *editor) override(base *load.Node) (Change, *diag.Diagnostic, error) {
	envs := e.app.Node.Field("environments")
	own := envs.Field(e.env)
	if own != nil && own.Kind != load.Struct {
		return e.refuse(own.Pos, fmt.Sprintf("the app is not in environment %q", e.env), "")
	}
	for _, place := range []struct {
		in   *load.Node
		keys []string
	}{{own, []string{"image"}}, {envs, []string{e.env, "image"}}} {
		if place.in == nil || len(place.in.Fields) == 0 {
			continue
		}
		src, err := e.source(place.in.Pos.File)
		if err != nil {
			return Change{}, nil, err
		}
		if at, text, ok := src.into(place.in, place.keys, e.ref); ok {
			return src.splice(at, at, text), nil, nil
		}
	}
	src, err := e.source(base.Pos.File)
	if err != nil {
		return Change{}, nil, err
	}
	if envs != nil && src.yaml {
		return e.refuse(envs.Pos, "environments is written in a way that can't be extended", "add "+e.env+": {image: "+quote(e.ref)+"} by hand")
	}
	keys := []string{"environments", e.env, "image"}
	if at, text, ok := src.beside(e.app.Node, base, keys, e.ref); ok {
		return src.splice(at, at, text), nil, nil
	}
	if src.yaml {
		return e.refuse(base.Pos, "the image is not written here as one plain string, so nothing can be added below it", "add environments: {"+e.env+": {image: "+quote(e.ref)+"}} by hand")
	}
	return src.splice(len(src.data), len(src.data), src.atEnd(append([]string{"apps", e.app.Name}, keys...), e.ref)), nil, nil
}

func (e *editor) source(file string) (*source, error) {
	data, err := e.read(file)
	if err != nil {
		return nil, err
	}
	return &source{file: file, data: data, yaml: path.Ext(file) != ".cue"}, nil
}

// Shared refuses an edit that changed the image of another app as well, as one of a template does; nil: it did not.
func Shared(before, after []load.AppSpec, name string) *diag.Diagnostic {
	for _, a := range before {
		i := slices.IndexFunc(after, func(b load.AppSpec) bool { return b.Name == a.Name })
		if a.Name == name || i < 0 || slices.Equal(images(a), images(after[i])) {
			continue
		}
		return &diag.Diagnostic{
			Rule: "set-needs-literal", Pos: a.Node.KeyPos, Path: "apps." + name + ".image",
			Problem: fmt.Sprintf("this is the image of app %q, too", a.Name),
			Help:    "write an image in each app, or give images at render time with --images FILE",
		}
	}
	return nil
}

// images are all image references of an app, its own and those of its environments.
func images(a load.AppSpec) []string {
	var refs []string
	add := func(n *load.Node) {
		if n != nil {
			refs = append(refs, n.Text)
		}
	}
	add(a.Node.Field("image"))
	if envs := a.Node.Field("environments"); envs != nil {
		for _, env := range envs.Fields {
			add(env.Field("image"))
		}
	}
	return refs
}

// isPlain reports whether a reference can stand in YAML without quotes.
func isPlain(ref string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@"
	return strings.Trim(ref, plain) == "" && !strings.HasSuffix(ref, ":") && ref != "" && strings.Contains(plain[:52], ref[:1])
}
