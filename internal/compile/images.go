package compile

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/resolve"
)

// readImages reads the file of image references. It is an input like the specs: its mistakes have lines of their own.
func readImages(p *load.Project, opts Options) (map[string]resolve.Image, []diag.Diagnostic, error) {
	if opts.Images == "" {
		return nil, nil, nil
	}
	root, found, err := load.File(opts.Dir, opts.Images)
	if err != nil || root == nil {
		return nil, found, err
	}
	images := map[string]resolve.Image{}
	names := make([]string, len(p.Apps))
	for i, a := range p.Apps {
		names[i] = a.Name
	}
	for _, n := range root.Fields {
		switch {
		case !slices.Contains(names, n.Key):
			help := ""
			if near := load.Nearest(n.Key, names); near != "" {
				help = fmt.Sprintf("did you mean %q?", near)
			}
			found = append(found, diag.Diagnostic{Rule: "unknown-app", Pos: n.KeyPos, Problem: fmt.Sprintf("there is no app %q", load.Clip(n.Key)), Help: help})
		case n.Kind != load.String:
			found = append(found, diag.Diagnostic{Rule: "wrong-type", Pos: n.Pos, Path: n.Key, Problem: "this is not an image reference",
				Want: n.Key + `: "registry.acme.io/shop/web:1.4.2"`})
		default:
			images[n.Key] = resolve.Image{Ref: n.Text, Pos: n.Pos}
		}
	}
	return images, found, nil
}
