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

// TestCopiesAgree wants what several scripts have in common to be the same in all of them. Each is whole in itself, so that somebody
// can read it at night, and run it, without a second file; so copies are kept, and kept equal here.
func TestCopiesAgree(t *testing.T) {
	for _, function := range []string{"fail", "secret", "store", "epoch"} {
		copies := map[string][]string{}
		for _, name := range names() {
			_, body, ok := strings.Cut(Text(name), "\n"+function+"() {\n")
			if ok {
				body, _, _ = strings.Cut(body, "\n}\n")
				body = strings.ReplaceAll(body, "$JOB", "$NAME") // what messages begin with
				copies[body] = append(copies[body], name)
			}
		}
		if len(copies) != 1 {
			t.Errorf("%s is not the same in all scripts: %q", function, copies)
		}
	}
}
