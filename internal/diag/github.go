package diag

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// annotations is how many commands of one severity GitHub shows for a step; it drops the others.
const annotations = 10

// printGitHub writes workflow commands: the gravest first, as many as GitHub shows, and the rest as text in a folded group.
func printGitHub(w io.Writer, ds []Diagnostic) error {
	bySeverity := slices.SortedStableFunc(slices.Values(ds), func(a, b Diagnostic) int { return cmp.Compare(a.Severity, b.Severity) })
	var rest []Diagnostic
	shown := map[Severity]int{}
	for _, d := range bySeverity {
		if shown[d.Severity]++; shown[d.Severity] > annotations {
			rest = append(rest, d)
			continue
		}
		if _, err := fmt.Fprintln(w, command(d)); err != nil {
			return err
		}
	}
	if len(rest) == 0 {
		return nil
	}
	var lines strings.Builder
	for _, d := range rest {
		lines.WriteString(text(d, false))
	}
	_, err := fmt.Fprintf(w, "::group::%d more\n%s::endgroup::\n", len(rest), &lines)
	return err
}

// command returns a diagnostic as one workflow command.
func command(d Diagnostic) string {
	name := "error"
	switch d.Severity {
	case Warning:
		name = "warning"
	case Note:
		name = "notice"
	}
	var props []string
	add := func(key, value string) { props = append(props, key+"="+escapeProperty(value)) }
	if d.Pos.IsValid() {
		add("file", d.Pos.File)
	}
	if d.Pos.Line > 0 {
		add("line", fmt.Sprint(d.Pos.Line))
	}
	if d.Pos.Col > 0 {
		add("col", fmt.Sprint(d.Pos.Col))
	}
	add("title", d.Rule)
	return "::" + name + " " + strings.Join(props, ",") + "::" + escapeData(message(d))
}

// message returns all that a diagnostic says beside its position, on several lines.
func message(d Diagnostic) string {
	d.Pos, d.Severity = Pos{}, Error
	return strings.TrimPrefix(strings.TrimSuffix(text(d, false), "\n"), "error: ")
}

// escapeData and escapeProperty are what the runner undoes when it reads a command.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(s))
}
