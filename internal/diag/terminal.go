package diag

// What reports of other rooms print for people follows the rules of diagnostics: no color unless it is asked for, and nothing that a
// terminal would obey.

// Bold returns a text that stands out.
func Bold(s string, color bool) string { return paint(printable(s), bold, color) }

// Dim returns a text that steps back.
func Dim(s string, color bool) string { return paint(printable(s), dim, color) }

// Graded returns a text in the color of a severity.
func Graded(s string, severity Severity, color bool) string {
	return paint(printable(s), severityColor(severity), color)
}

// Printable shows what a terminal would obey instead of print.
func Printable(s string) string { return printable(s) }
