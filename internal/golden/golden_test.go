package golden

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestSplit(t *testing.T) {
	archive := txtar.Parse([]byte("what it shows\n-- app.cue --\na: 1\n-- wanted.cue --\nb: 2\n-- want --\nx\n-- want/prod/a.yaml --\ny\n"))
	input, want := split(archive)
	if len(input) != 2 || input[0].Name != "app.cue" || input[1].Name != "wanted.cue" {
		t.Errorf("input is %v", input)
	}
	if diff := cmp.Diff(Output{"want": "x\n", "want/prod/a.yaml": "y\n"}, want); diff != "" {
		t.Error(diff)
	}
}
