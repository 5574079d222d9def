package scripts

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Every script by its name: a need's kind, what it does, and what all kinds share.
func names() []string {
	all := []string{"upload.sh", "fetch.sh", "cnpg-assert.sh", "cnpg-clean.sh", "cnpg-drill.sh", "volume-snapshot.sh", "velero-drill.sh"}
	for _, kind := range []string{"postgres", "mysql", "mongodb", "redis"} {
		all = append(all, kind+"-dump.sh", kind+"-server.sh", kind+"-restore.sh")
	}
	slices.Sort(all)
	return all
}

func TestNames(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := names(); !slices.Equal(got, want) {
		t.Errorf("the scripts are\n%q, want\n%q", got, want)
	}
}

// TestScripts wants each one to be a program that a shell can read, that stops at the first failure, and that leaves nothing readable.
func TestScripts(t *testing.T) {
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			text := Text(name)
			if !strings.HasPrefix(text, "#!/bin/sh\n# ") {
				t.Error("it does not begin with #!/bin/sh and what it is for")
			}
			if !strings.Contains(text, "\nset -eu\n") {
				t.Error("it goes on after a failure: set -eu is missing")
			}
			if !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
				t.Error("its lines do not end as a shell wants")
			}
			parse := exec.Command("sh", "-n")
			parse.Stdin = strings.NewReader(text)
			if out, err := parse.CombinedOutput(); err != nil {
				t.Errorf("sh cannot read it: %v\n%s", err, out)
			}
		})
	}
}
