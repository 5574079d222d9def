package verdict

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// longestComment is how much of a report a comment holds, in bytes: GitHub takes 65,536 characters.
const longestComment = 48 << 10

// Markdown writes a report as a comment on a pull request: what is violated in the open, the rest folded.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### scantling verify: %s\n", r.tally())
	if len(r.Problems) > 0 {
		b.WriteString("\n| file | cannot be read |\n|---|---|\n")
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "| %s | %s |\n", code(p.Pos.String()), escaped(p.Problem))
		}
	}
	for _, c := range r.Clusters {
		if c.Environment != "" {
			fmt.Fprintf(&b, "\n#### %s\n", escaped(c.Environment))
		}
		c.found(&b)
		c.folded(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

// found writes a row for each violation, as many as a comment holds.
func (c Cluster) found(b *strings.Builder) {
	rows, left := 0, 0
	for _, severity := range []diag.Severity{diag.Error, diag.Warning, diag.Note} {
		for _, r := range c.Results {
			if r.State != verify.Violated || r.Severity != severity {
				continue
			}
			if b.Len() > longestComment {
				left++
				continue
			}
			if rows++; rows == 1 {
				b.WriteString("\n| | guarantee | object | counter-example |\n|---|---|---|---|\n")
			}
			fmt.Fprintf(b, "| %s | %s | %s<br>%s | %s |\n", r.Severity, link(r.Guarantee.Name), code(r.Object.String()),
				escaped(position(r.Object).String()), escaped(r.Text))
		}
	}
	if left > 0 {
		fmt.Fprintf(b, "\n%d more: a comment holds no more.\n", left)
	}
}

// folded writes what is unknown or waived, and the table.
func (c Cluster) folded(b *strings.Builder) {
	var lines []string
	for _, m := range c.missing() {
		lines = append(lines, "- "+escaped(m.String()))
	}
	fold(b, "unknown, for a fact is missing", lines)
	lines = nil
	for _, r := range c.Results {
		if r.Waiver != nil {
			lines = append(lines, fmt.Sprintf("- %s of %s, %s", link(r.Guarantee.Name), code(r.Object.String()), escaped(waived(r.Waiver))))
		}
	}
	fold(b, "waived", lines)
	lines = nil
	for _, table := range c.tables() {
		lines = append(lines, "")
		for i, row := range table.rows {
			for j, cell := range row {
				row[j] = escaped(cell)
			}
			lines = append(lines, "| "+strings.Join(row, " | ")+" |")
			if i == 0 {
				lines = append(lines, strings.Repeat("|---", len(row))+"|")
			}
		}
		if table.marks {
			lines = append(lines, "", legend)
		}
	}
	if len(lines) > 0 {
		fold(b, "all guarantees", lines[1:])
	}
}

func fold(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 || b.Len() > longestComment {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n%s\n\n</details>\n", title, strings.Join(lines, "\n"))
}

func link(guarantee string) string {
	return "[" + guarantee + "](" + diag.Home + "/blob/main/docs/" + Page + "#" + guarantee + ")"
}

// escaped keeps a text from being read as Markdown or HTML: whoever wrote the manifests may be a stranger.
func escaped(s string) string {
	s = html.EscapeString(diag.Printable(s))
	return strings.NewReplacer("|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "@", "@\u200b").Replace(s)
}

// code returns a text as it stands.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", `\|`).Replace(diag.Printable(s)) + "`"
}
