package verify_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/verdict"
	"github.com/scantling/scantling/internal/verify"
)

// The textbook is a module on production practices that is widely taught. Its YAML is in testdata/textbook block by block, in its order
// and as written, to the byte; YAML that stands in its shell blocks, too.
const textbookBlocks = "testdata/textbook/"

// textbookFacts are what is true of a usual cluster.
var textbookFacts = verify.Facts{
	Kubernetes: 34, Zones: []string{"a", "b", "c"}, NodeAutoscaling: true,
	Capabilities: []string{"externalsecrets", "istio", "prometheus"},
	DNS:          &verify.Pods{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
}

// said is what is said of one guarantee and object, as KIND/NAME.
type said struct{ guarantee, object string }

// findings are what is said of some blocks of the textbook.
type findings struct {
	text     string        // what is violated and unknown, and what can't be read
	violated map[said]bool // each once, however many fields and documents it is about
}

// textbook reads blocks as the command does.
func textbook(t *testing.T, facts verify.Facts, blocks ...string) findings {
	t.Helper()
	read, err := verdict.Read(verdict.Input{Paths: blocks, Dir: textbookBlocks})
	if err != nil {
		t.Fatal(err)
	}
	found := findings{violated: map[said]bool{}}
	var b strings.Builder
	for _, p := range read.Problems {
		fmt.Fprintf(&b, "%s unreadable\n\t%s\n", p.Pos, p.Problem)
	}
	for _, set := range read.Sets {
		for _, r := range verify.Check(set.Set, facts, false) {
			if r.State == verify.Proved {
				continue
			}
			fmt.Fprintf(&b, "%s:%d %s %s of %s %s\n\t%s\n", r.Object.File, r.Object.Line, r.State, r.Guarantee.Name, r.Object.ID, r.Path, r.Text)
			if r.State == verify.Violated {
				found.violated[said{r.Guarantee.Name, r.Object.Short()}] = true
			}
		}
	}
	found.text = b.String()
	return found
}

// leastPairs is how many pairs of guarantee and object the textbook violates at least.
const leastPairs = 25

// TestTextbook holds everything that is said of the textbook, block by block and of all blocks as one set. Each violation in it was read,
// and is true of what is written there; the following are so although a first look may doubt it.
//
//   - pods without a namespace are refused by the only namespace that there is, restricted: if they are not meant for it, nothing is
//   - three Deployments are called myapp: each is proved as if it were the one in the cluster, beside the same autoscaler
//   - myapp-pdb selects the pods of both colours, and none of the Deployment that the autoscaler scales, whose pods have no labels
//   - the spread of a Deployment without labels is played as if it had those that it selects: that it has none is said once
//   - pg_dump's user and database are given by variables that neither the pod nor the image sets
func TestTextbook(t *testing.T) {
	files, err := filepath.Glob(textbookBlocks + "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	golden.Run(t, "testdata/textbook.txtar", func(t *testing.T, _ string) golden.Output {
		out := golden.Output{}
		for name, facts := range map[string]verify.Facts{"facts": textbookFacts, "no-facts": {}} {
			for _, file := range files {
				out["want/each/"+name] += textbook(t, facts, filepath.Base(file)).text
			}
			all := textbook(t, facts, ".")
			out["want/all/"+name] = all.text
			t.Logf("with %s: %d pairs of guarantee and object", name, len(all.violated))
			if len(all.violated) < leastPairs {
				t.Errorf("with %s: %d pairs of guarantee and object, want %d", name, len(all.violated), leastPairs)
			}
		}
		return out
	})
}

// TestTextbookFaults wants every fault that is known of the textbook to be found where it can be seen.
func TestTextbookFaults(t *testing.T) {
	for i, f := range textbookFaults {
		if want := fmt.Sprintf("E%02d", i+1); f.id != want {
			t.Fatalf("%s stands where %s should", f.id, want)
		}
		if (f.unseen == "") == (len(f.violated) == 0) {
			t.Errorf("%s is either seen or not", f.id)
		}
		if f.unseen != "" {
			continue
		}
		blocks := f.blocks
		if blocks == nil {
			blocks = []string{"."}
		}
		found := textbook(t, textbookFacts, blocks...)
		for _, want := range f.violated {
			if !found.violated[want] {
				t.Errorf("%s, %s: %s of %s is not violated", f.id, f.about, want.guarantee, want.object)
			}
		}
	}
}

// TestTextbookUnreadable wants what is no object to be named, and to say why.
func TestTextbookUnreadable(t *testing.T) {
	for block, want := range map[string]string{
		"06-health-checks.yaml":   "06-health-checks.yaml:1 unreadable\n\tthis is not a Kubernetes object: it has no apiVersion\n",
		"13-resource-limits.yaml": "13-resource-limits.yaml:1 unreadable\n\tthis is not a Kubernetes object: it has no apiVersion\n",
		"15-spot-instances.yaml":  "15-spot-instances.yaml:2 unreadable\n\tthis ClusterConfig has no metadata.name, and whoever it is applied with refuses it\n",
		"16-storage.yaml":         "16-storage.yaml:2 unreadable\n\tthis is not a Kubernetes object: it is of kind StorageClass, and has no apiVersion\n",
	} {
		if got := textbook(t, verify.Facts{}, block).text; got != want {
			t.Errorf("%s: %s", block, got)
		}
	}
}

// TestTextbookIsSaidOnce wants nothing to be said twice of a document, and every text to fit a line.
func TestTextbookIsSaidOnce(t *testing.T) {
	const longest = 200 // bytes
	lines := strings.Split(strings.TrimSpace(textbook(t, textbookFacts, ".").text), "\n")
	said := map[string]bool{}
	for i := 0; i+1 < len(lines); i += 2 {
		about, text := lines[i], lines[i+1]
		if len(text) > longest {
			t.Errorf("%d bytes: %s", len(text), text)
		}
		if said[about+text] {
			t.Errorf("said twice: %s %s", about, text)
		}
		said[about+text] = true
	}
}
