package load

import (
	"slices"

	"github.com/scantling/scantling/internal/diag"
)

// Merge returns the app as it is in one environment: the overrides of its group and then of itself laid over it, without the field
// environments. Nil: the app is not there. Each value keeps the position of whoever wrote it.
func Merge(app *Node, group, env string) *Node {
	merged := without(app, "environments")
	for _, name := range []string{group, env} {
		over := app.At("environments", name)
		switch {
		case over == nil || name == "":
			continue
		case over.Kind == Bool:
			merged = nil
		case over.Kind == Struct && merged != nil:
			merged = merge(merged, over, appRule())
		case over.Kind == Struct: // back again, although the group is not there
			merged = merge(without(app, "environments"), over, appRule())
		}
		if group == env {
			break
		}
	}
	return merged
}

// PlatformIn returns the platform as one environment sees it: its databases, teams and apps laid over the global ones.
func PlatformIn(platform *Node, env string) *Node {
	over := platform.At("environments", env)
	if over == nil || over.Kind != Struct {
		return platform
	}
	local := &Node{Kind: Struct, Pos: over.Pos, KeyPos: over.KeyPos}
	for _, name := range []string{"databases", "teams", "apps"} {
		if f := over.Field(name); f != nil {
			local.Fields = append(local.Fields, f)
		}
	}
	return merge(platform, local, platformRule())
}

// CheckMerged checks what only a whole app can be checked for, after its overrides are merged: that nothing required is missing.
func CheckMerged(name string, app *Node) []diag.Diagnostic {
	var c checker
	c.check(app, appRule(), join("apps", name), false)
	return c.found
}

// CheckPlatform checks the platform as an environment sees it.
func CheckPlatform(platform *Node) []diag.Diagnostic {
	var c checker
	c.check(platform, platformRule(), "platform", false)
	return c.found
}

// merge lays over upon base. Neither is changed; a value that over does not touch is shared with base.
func merge(base, over *Node, r *Rule) *Node {
	if base == nil || over == nil || base.Kind != Struct || over.Kind != Struct {
		if over == nil {
			return base
		}
		return over
	}
	r = r.structForm()
	merged := *base
	merged.Fields = slices.Clone(base.Fields)
	for _, f := range over.Fields {
		rule := r.fieldRule(f.Key)
		for _, rival := range r.rivals(f.Key) {
			merged.Fields = slices.DeleteFunc(merged.Fields, func(old *Node) bool { return old.Key == rival && over.Field(rival) == nil })
		}
		i := slices.IndexFunc(merged.Fields, func(old *Node) bool { return old.Key == f.Key })
		if i < 0 {
			merged.Fields = append(merged.Fields, f)
			continue
		}
		merged.Fields[i] = merge(merged.Fields[i], f, rule)
	}
	return &merged
}

// structForm returns the form of r that is a struct with known fields; nil: nothing is known of it.
func (r *Rule) structForm() *Rule {
	for ; r != nil; r = r.Or {
		if r.Type == StructType && r.Partial != nil {
			return r.Partial
		}
		if r.Type == StructType {
			return r
		}
	}
	return nil
}

// fieldRule returns the rule of a field of r, by its name or by r's pattern; nil: none.
func (r *Rule) fieldRule(name string) *Rule {
	if r == nil {
		return nil
	}
	if f := r.Field(name); f != nil {
		return f.Rule
	}
	return r.Val
}

// rivals are the fields of r that cannot stand beside the named one: an override that names it removes them.
func (r *Rule) rivals(name string) []string {
	if r == nil {
		return nil
	}
	var rivals []string
	for _, group := range r.Exclusive {
		if slices.Contains(group, name) {
			rivals = append(rivals, group...)
		}
	}
	return slices.DeleteFunc(rivals, func(other string) bool { return other == name })
}

// without returns n without one field.
func without(n *Node, name string) *Node {
	rest := *n
	rest.Fields = slices.DeleteFunc(slices.Clone(n.Fields), func(f *Node) bool { return f.Key == name })
	return &rest
}
