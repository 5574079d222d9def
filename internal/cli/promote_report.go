package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/release"
	"github.com/scantling/scantling/internal/transition"
)

// report says what a step does: in a sentence, in the spec, and in the objects of each environment.
func (e *editing) report(step release.Step, steps []compile.Step) string {
	var b strings.Builder
	b.WriteString(step.Does + "\n\n")
	b.WriteString(e.specChanges())
	for i := 0; i < len(steps); {
		text := objectChanges(steps[i].Changes)
		names := []string{steps[i].Env}
		for i++; i < len(steps) && objectChanges(steps[i].Changes) == text; i++ { // the same there
			names = append(names, steps[i].Env)
		}
		b.WriteString("\n" + strings.Join(names, ", ") + ":\n" + text)
	}
	b.WriteString("\nnext: " + step.Next + "\n")
	return b.String()
}

// specChanges lists the changed fields, each at its line: that of now, or that of before when it is gone.
func (e *editing) specChanges() string {
	var b strings.Builder
	i := slices.IndexFunc(e.after.Project.Apps, func(a load.AppSpec) bool { return a.Name == e.name })
	for _, s := range e.sets {
		names := s.Keys()
		if e.opts.Environment != "" {
			names = append([]string{"environments", e.opts.Environment}, names...)
		}
		old, now := e.spec.Node.At(names...), e.after.Project.Apps[i].Node.At(names...)
		path := "apps." + e.name + "." + strings.Join(names, ".")
		switch {
		case old == nil && now == nil:
		case now == nil && old.Kind == load.Struct:
			fmt.Fprintf(&b, "%s: %s goes away\n", old.KeyPos, path)
		case now == nil:
			fmt.Fprintf(&b, "%s: %s: %s goes away\n", old.KeyPos, path, old.Text)
		case old == nil:
			fmt.Fprintf(&b, "%s: %s: %s is new\n", now.KeyPos, path, now.Text)
		default:
			fmt.Fprintf(&b, "%s: %s: %s -> %s\n", now.KeyPos, path, old.Text, now.Text)
		}
	}
	return b.String()
}

// objectChanges lists what becomes of the objects, one line a field.
func objectChanges(changes []transition.Change) string {
	const most = 8 // fields of one object: what follows is rarely read
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for len(changes) > 0 {
		object := changes[0].Object
		n := slices.IndexFunc(changes, func(c transition.Change) bool { return c.Object != object })
		if n < 0 {
			n = len(changes)
		}
		fields := slices.DeleteFunc(slices.Clone(changes[:n]), func(c transition.Change) bool {
			return strings.HasSuffix(c.Path, `["app.kubernetes.io/version"]`) // the image says it
		})
		changes = changes[n:]
		for i, c := range fields {
			if i == most-1 && len(fields) > most {
				fmt.Fprintf(w, "  %s\tand %d fields more\n", shortObject(object), len(fields)-i)
				break
			}
			fmt.Fprintf(w, "  %s\t%s\n", shortObject(object), fieldChange(c))
		}
	}
	w.Flush()
	if b.Len() == 0 {
		return "  nothing changes\n"
	}
	return b.String()
}

// shortObject is KIND/NAME of KIND/NAMESPACE/NAME.
func shortObject(object string) string {
	parts := strings.Split(object, "/")
	return parts[0] + "/" + parts[len(parts)-1]
}

func fieldChange(c transition.Change) string {
	switch {
	case c.Path == "" && c.Before == nil:
		return "is new"
	case c.Path == "":
		return "goes away"
	case c.Before == nil:
		return c.Path + "\t" + value(c.After) + " is new"
	case c.After == nil:
		return c.Path + "\t" + value(c.Before) + " goes away"
	}
	return c.Path + "\t" + value(c.Before) + " -> " + value(c.After)
}

// value writes a field's value, cut when it is long.
func value(v any) string {
	text, ok := v.(string)
	if !ok {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		text = string(data)
	}
	const most = 100 // characters: an image with its digest still fits
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
