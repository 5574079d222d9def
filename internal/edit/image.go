package edit

import (
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// Image sets the image of an app: its own, or that of one environment. Where the environment has no image yet, an override is
// added.
func Image(a load.AppSpec, env, ref string, read func(file string) ([]byte, error)) ([]Change, *diag.Diagnostic, error) {
	if a.Node.Field("image") == nil && a.Node.At("environments", env, "image") == nil {
		return nil, &diag.Diagnostic{Rule: "set-needs-literal", Pos: a.Node.KeyPos, Path: "apps." + a.Name + ".image",
			Problem: "the app has no image to change", Help: "write one: image: " + quote(ref)}, nil
	}
	return Apply(a, env, []Set{String("image", ref)}, read)
}
