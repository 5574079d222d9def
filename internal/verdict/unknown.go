package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// mostFacts is how many missing facts are told, the most asked for first.
const mostFacts = 10

// longestFact is where a missing fact is cut, in characters; --verbose has all of it.
const longestFact = 200

// missing is one fact that is not known, and what hangs on it.
type missing struct {
	text       string
	like       int // how many facts there are beside it on which the same guarantees hang, as the same of other objects
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
	bySize := func(a, b *missing) int { return cmp.Compare(len(b.objects), len(a.objects)) }
	slices.SortStableFunc(all, bySize)
	all = alike(all)
	slices.SortStableFunc(all, bySize)
	return all
}

// alike joins facts on which the same guarantees hang: the first stands for all of them.
func alike(all []*missing) []*missing {
	first := map[string]*missing{}
	return slices.DeleteFunc(all, func(m *missing) bool {
		key := strings.Join(m.guarantees, " ")
		one := first[key]
		if one == nil {
			first[key] = m
			return false
		}
		one.like++
		maps.Copy(one.objects, m.objects)
		return true
	})
}

func (m *missing) String() string {
	text := m.text
	if runes := []rune(text); len(runes) > longestFact {
		text = string(runes[:longestFact-1]) + "…"
	}
	if m.like > 0 {
		text += fmt.Sprintf("; and %d like it", m.like)
	}
	return fmt.Sprintf("%s: %s (%s)", count(len(m.objects), "object"), text, strings.Join(m.guarantees, ", "))
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
