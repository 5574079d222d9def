package app

import (
	"strings"

	"github.com/scantling/scantling/internal/diag"
)

// Patch is a change that a team makes to one generated object, for what no field covers.
type Patch struct {
	Path       string         // in the spec: apps.checkout.patches[0]
	Target     string         // KIND/NAME
	Merge      map[string]any // laid over the object; nil: Operations
	Operations []Operation    // done one after the other
	Reason     string
	Expires    string // the last day on which it is meant, as 2027-03-31

	Pos    diag.Pos            // of the patch as a whole
	Places map[string]diag.Pos // of everything in it, by path from the entry of the spec on: target, patch.spec.replicas, patch[0].path
}

// Operation is one step of a JSON patch (RFC 6902).
type Operation struct {
	Op    string // add, remove, replace, move, copy or test
	Path  string // JSON pointer
	From  string // JSON pointer, of move and copy
	Value any    // of add, replace and test
}

// Waiver is a guarantee that an app does not hold, on purpose and for a time.
type Waiver struct {
	Path      string // in the spec: apps.checkout.waive[0]
	Guarantee string
	Reason    string
	Expires   string // the last day on which it is meant, as 2027-03-31

	Pos       diag.Pos // of the guarantee's name
	ExpiresAt diag.Pos // of the day
}

// Extension is one object that the platform adds to an app.
type Extension struct {
	Path   string         // where it is written: platform.extensions.oncall.objects[0]
	Pos    diag.Pos       // the same
	Object map[string]any // as it is rendered, before patches; it is only read
}

// At returns the place of a path of the patch; where nothing was written at it, that of what is around it.
func (p Patch) At(path string) diag.Pos {
	for path != "" {
		if pos, ok := p.Places[path]; ok {
			return pos
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return p.Pos
}
