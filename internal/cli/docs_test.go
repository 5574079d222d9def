package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// TestDocsAreFresh wants the pages in docs/ to be what the commands say, and no page of a command that is gone.
func TestDocsAreFresh(t *testing.T) {
	pages := Docs()
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		onDisk, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil || string(onDisk) != pages[name] {
			t.Errorf("docs/%s is stale: make docs (%v)", name, err)
		}
	}
	there, err := filepath.Glob("../../docs/cli/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if name := "cli/" + filepath.Base(path); pages[name] == "" {
			t.Errorf("docs/%s is of no command", name)
		}
	}
}

// TestPagesRun wants the commands that pages show to have flags that are there, and what they show as YAML to be YAML.
func TestPagesRun(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(text), "```") {
			if i%2 == 0 {
				continue // prose, between two blocks
			}
			found += tryCommands(t, page, block)
			if code, ok := strings.CutPrefix(block, "yaml\n"); ok {
				if err := yaml.Unmarshal([]byte(code), new(any)); err != nil {
					t.Errorf("%s: %v in\n%s", page, err, code)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no page shows a command")
	}
}

var (
	// shown is a command with its flags, up to a comment, a pipe or a file. Flags may go on in the next line, as in a shell or in YAML.
	shown = regexp.MustCompile(`scantling ([a-z]+)((?:[^#|>\\\n]|\\?\n +--)*)`)
	words = regexp.MustCompile(`("[^"]*"|'[^']*'|[^ "'\\\n])+`)
)

// tryCommands parses the commands of a block, and returns how many there are.
func tryCommands(t *testing.T, page, block string) int {
	all := shown.FindAllStringSubmatch(block, -1)
	for _, command := range all {
		c, _, err := newRoot(&streams{}).Find([]string{command[1]})
		if err != nil {
			t.Errorf("%s: %v", page, err)
			continue
		}
		var args []string
		for _, word := range words.FindAllString(command[2], -1) {
			args = append(args, strings.Trim(word, `"'`))
		}
		if err := c.ParseFlags(args); err != nil {
			t.Errorf("%s: %s: %v", page, command[0], err)
		}
	}
	return len(all)
}

// TestHelp wants of every command a summary and examples, runs each example in a project that has what they name, in the order
// of the help, and wants exit code 0.
func TestHelp(t *testing.T) {
	root := newRoot(&streams{})
	for _, c := range root.Commands() {
		if c.Hidden {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Example == "" {
				t.Fatalf("%q needs a summary without a full stop, and examples", c.Name())
			}
			dir := t.TempDir()
			script := exampleScript(t, c)
			if err := os.WriteFile(filepath.Join(dir, c.Name()+".txtar"), []byte(script), 0o666); err != nil {
				t.Fatal(err)
			}
			testscript.Run(t, testscript.Params{Dir: dir})
		})
	}
}

// exampleScript returns a script that runs a command's examples inside the project of blueprints/web.
func exampleScript(t *testing.T, c *cobra.Command) string {
	var b strings.Builder
	b.WriteString("env USER=ada\nexec scantling init work --blueprint web\ncd work\n")
	if c.Name() == "init" {
		b.Reset()
	}
	if strings.Contains(c.Example, "--against manifests") || c.Name() == "verify" {
		b.WriteString("exec scantling generate -o manifests\n")
	}
	for line := range strings.Lines(c.Example) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "scantling "+c.Name()) && !strings.HasPrefix(line, "scantling help") {
			t.Errorf("this example is of another command: %s", line)
		}
		if strings.Contains(line, "--prometheus ") {
			continue // wants a server
		}
		command, file, redirected := strings.Cut(strings.ReplaceAll(line, `"`, "'"), " > ") // as scripts quote
		b.WriteString("exec " + command + "\n")
		if redirected {
			b.WriteString("cp stdout " + file + "\n")
		}
	}
	if c.Name() == "cost" {
		b.WriteString("-- work/prices.cue --\npackage platform\n\nplatform: environments: prod: prices: {cpuHour: 0.04, gibHour: 0.005}\n")
	}
	b.WriteString("-- work/shop/app.yaml --\napps:\n  cart: {team: storefront, tier: standard, image: registry.example.com/storefront/cart:1.0.0}\n" +
		"  checkout: {team: storefront, tier: standard, image: registry.example.com/storefront/checkout:1.0.0, replicas: 4,\n" +
		"    rollout: {canary: {via: replicas, steps: [{weight: 20}], image: registry.example.com/storefront/checkout:1.1.0}}}\n" +
		"  search: {team: storefront, tier: standard, image: registry.example.com/storefront/search:1.0.0,\n" +
		"    rollout: {blueGreen: {active: blue, idle: {image: registry.example.com/storefront/search:1.1.0, phase: preview}}}}\n" +
		"-- work/answers.json --\n" + nothingMeasured() + "-- work/images.yaml --\nweb: registry.example.com/storefront/web:1.1.0\n")
	return b.String()
}

// nothingMeasured is a file of answers to whatever gate and rightsize ask, all of them empty.
func nothingMeasured() string {
	var all []string
	for _, name := range []string{"budget", "cpu", "cpu-runs", "cpu-total", "cpu-peak", "memory", "since"} {
		all = append(all, `{"name": "`+name+`", "status": "success", "data": {"resultType": "vector", "result": []}}`)
	}
	return "[" + strings.Join(all, ",\n") + "]\n"
}
