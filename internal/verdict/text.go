package verdict

import (
	"fmt"
	"io"
	"strings"

	"github.com/scantling/scantling/internal/verify"
)

// Text prints a report for people.
func (r Report) Text(w io.Writer, all bool) error {
	var b strings.Builder
	for _, s := range r.Sets {
		counts := map[verify.State]int{}
		for _, result := range s.Results {
			counts[result.State]++
			if result.State == verify.Proved && !all || result.State == verify.Unknown && !all {
				continue
			}
			fmt.Fprintf(&b, "%s:%d: %s: %s %s\n\t%s\n", result.Object.File, result.Object.Line, result.Object.ID, result.State, result.Guarantee.Name, result.Text)
		}
		fmt.Fprintf(&b, "%d objects: %d violated, %d unknown, %d waived, %d proved\n", s.Objects,
			counts[verify.Violated], counts[verify.Unknown], counts[verify.Waived], counts[verify.Proved])
	}
	_, err := io.WriteString(w, b.String())
	return err
}
