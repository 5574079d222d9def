package verdict

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Left are the files below directories that hold no manifests, and what makes manifests of them.
type Left struct {
	templates      []file
	kustomizations []string // directories
	others         int
}

// Advice says what was left out and what to run instead, one line each; none: nothing that matters.
func (l Left) Advice() []string {
	var lines []string
	if len(l.templates) > 0 {
		chart := chartOf(l.templates[0])
		lines = append(lines, fmt.Sprintf("%s left out: helm template %s | scantling verify - reads what comes of them",
			count(len(l.templates), "template"), chart))
	}
	for _, dir := range slices.Compact(slices.Sorted(slices.Values(l.kustomizations))) {
		lines = append(lines, fmt.Sprintf("%s has a kustomization, which may change all of it: kubectl kustomize %s | scantling verify -", dir, dir))
	}
	return lines
}

// Instead says what to do when there was nothing to verify.
func (l Left) Instead() string {
	switch {
	case len(l.templates) > 0:
		return fmt.Sprintf("templates are no manifests yet: helm template %s | scantling verify -", chartOf(l.templates[0]))
	case len(l.kustomizations) > 0:
		return fmt.Sprintf("kubectl kustomize %s | scantling verify -", l.kustomizations[0])
	case l.others > 0:
		return fmt.Sprintf("%s there, without an apiVersion and a kind", count(l.others, "file"))
	}
	return "want files of YAML or JSON as kubectl apply takes them"
}

// chartOf returns the directory of the chart that a template is of; of one that another chart holds, that of the other.
func chartOf(template file) string {
	chart, path := above(template.name), above(template.path)
	for filepath.Base(filepath.Dir(path)) == "charts" {
		outer := filepath.Dir(filepath.Dir(path))
		if _, err := os.Stat(filepath.Join(outer, "Chart.yaml")); err != nil {
			break
		}
		chart, path = filepath.Dir(filepath.Dir(chart)), outer
	}
	return chart
}

// above returns the directory that holds the directory of templates in which a file is.
func above(template string) string {
	for dir := filepath.Dir(template); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if filepath.Base(dir) == "templates" {
			return filepath.Dir(dir)
		}
	}
	return filepath.Dir(template)
}

// count returns a number with its noun: 1 app, 2 apps.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
