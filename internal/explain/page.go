package explain

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// width is how many columns a page takes at most: what fits beside a line number in most terminals and reviews.
const width = 100

// A page is text under way.
type page struct{ strings.Builder }

// A row is one line of a table; long text goes on in the next lines, below its beginning.
type row struct{ label, text string }

// rows writes a table with aligned columns.
func (p *page) rows(rows []row) {
	column := 0
	for _, r := range rows {
		column = max(column, utf8.RuneCountInString(r.label))
	}
	for _, r := range rows {
		label := r.label
		for _, line := range wrap(r.text, width-column-4) {
			fmt.Fprintf(p, "  %-*s  %s\n", column, label, line)
			label = ""
		}
	}
}

// wrap breaks text between words; a word that is wider than a line has one of its own.
func wrap(text string, columns int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && utf8.RuneCountInString(lines[last]+" "+word) <= columns {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// duration writes seconds with their units: "45 s", "13 min 39 s", "24 h", "7 days".
func duration(seconds int64) string {
	const hour, day = 3600, 24 * 3600
	if seconds >= 2*day && seconds%day == 0 {
		return count(seconds/day, "day")
	}
	var parts []string
	for _, unit := range []struct {
		name    string
		seconds int64
	}{{"h", hour}, {"min", 60}, {"s", 1}} {
		if n := seconds / unit.seconds; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			seconds -= n * unit.seconds
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// size writes bytes in the largest unit that needs no fraction.
func size(bytes int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; i+1 < len(units) && bytes >= 1024 && bytes%1024 == 0; i++ {
		bytes /= 1024
	}
	return fmt.Sprintf("%d %s", bytes, units[i])
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
