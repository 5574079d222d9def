package verdict

import (
	"fmt"
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
		chart := chartOf(l.templates[0].name)
		lines = append(lines, fmt.Sprintf("%s left out: helm template %s | scantling verify - reads what comes of them",
			count(len(l.templates), "template"), chart))
	}
	for _, dir := range slices.Compact(slices.Sorted(slices.Values(l.kustomizations))) {
		lines = append(lines, fmt.Sprintf("%s has a kustomization, which may change all of it: kubectl kustomize %s | scantling verify -", dir, dir))
	}
	return lines
}

// Others is how many files hold something else, such as the values of a chart.
func (l Left) Others() int { return l.others }

// chartOf returns the directory of the chart that a template is of.
func chartOf(template string) string {
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
