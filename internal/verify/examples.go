package verify

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

//go:embed examples/*.yaml
var examples embed.FS

// factsLine is how the first line of an example begins when the counter-example needs facts of the cluster.
const factsLine = "# facts: "

// Example returns manifests that do not keep a guarantee, as short as they can be, and what is found there. There is one for each.
func Example(g *Guarantee) (text string, found []Result, err error) {
	data, err := examples.ReadFile("examples/" + g.Name + ".yaml")
	if err != nil {
		return "", nil, err
	}
	text = string(data)
	var facts Facts
	if line, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(line, factsLine) {
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, factsLine)), &facts); err != nil {
			return "", nil, fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	objects, err := manifest.Parse(g.Name+".yaml", data)
	if err != nil {
		return "", nil, err
	}
	for _, r := range Check(inventory.New(objects), facts, false) {
		if r.Guarantee == g && r.State == Violated {
			found = append(found, r)
		}
	}
	return text, found, nil
}
