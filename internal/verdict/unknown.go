package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// mostFacts is how many missing facts are told, the most asked for first.
const mostFacts = 10

// missing is one fact that is not known, and what hangs on it.
type missing struct {
	text       string
	objects    map[*inventory.Object]bool
	guarantees []string
}

// missing returns the facts that are not known, those that most objects hang on first.
func (c Cluster) missing() []*missing {
	byText := map[string]*missing{}
	var all []*missing
	for _, r := range c.Results {
		if r.State != verify.Unknown {
			continue
		}
		m := byText[r.Text]
		if m == nil {
			m = &missing{text: r.Text, objects: map[*inventory.Object]bool{}}
			byText[r.Text] = m
			all = append(all, m)
		}
		m.objects[r.Object] = true
		if !slices.Contains(m.guarantees, r.Guarantee.Name) {
			m.guarantees = append(m.guarantees, r.Guarantee.Name)
		}
	}
	slices.SortStableFunc(all, func(a, b *missing) int { return cmp.Compare(len(b.objects), len(a.objects)) })
	return all
}

func (m *missing) String() string {
	return fmt.Sprintf("%s: %s (%s)", count(len(m.objects), "object"), m.text, strings.Join(m.guarantees, ", "))
}

// unknown prints a line for each missing fact.
func (p *textPrinter) unknown(c Cluster) {
	all := c.missing()
	if len(all) == 0 {
		return
	}
	p.line("%s", diag.Bold("unknown, for a fact is missing:", p.Color))
	for _, m := range all[:min(len(all), mostFacts)] {
		p.line("\t%s", diag.Printable(m.String()))
	}
	if more := len(all) - mostFacts; more > 0 {
		p.line("\t%d more: --verbose lists them", more)
	}
	if !c.Facts {
		p.line("\t%s", diag.Dim("a platform.cue states what is true of a cluster: none is at or above this directory", p.Color))
	}
	p.line("")
}
