package diag

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Home is where the project and its documentation live.
const Home = "https://github.com/scantling/scantling"

// The part of SARIF 2.1.0 (OASIS, section 3) that code scanning reads. One run, however many diagnostics.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		HelpURI          string    `json:"helpUri"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

func (p Printer) printSARIF(w io.Writer, ds []Diagnostic) error {
	ids := usedRules(ds)
	used := make([]sarifRule, len(ids))
	for i, id := range ids {
		why, page := reason(rules, id), "rules.md"
		if other := reason(p.Others, id); other != "" {
			why, page = other, p.Page
		}
		used[i] = sarifRule{ID: id, ShortDescription: sarifText{cmp.Or(why, id)}, HelpURI: Home + "/blob/main/docs/" + page + "#" + id}
	}
	results := make([]sarifResult, 0, len(ds)) // an empty array, never null
	seen := map[string]int{}
	for _, d := range ds {
		index, _ := slices.BinarySearch(ids, d.Rule)
		results = append(results, sarifResult{
			RuleID:       d.Rule,
			RuleIndex:    index,
			Level:        d.Severity.String(),
			Message:      sarifText{message(d)},
			Locations:    locations(d.Pos),
			Fingerprints: map[string]string{"scantling/v1": fingerprint(d, seen)},
		})
	}
	return encode(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:    sarifTool{sarifDriver{Name: "scantling", Version: p.Version, InformationURI: Home, Rules: used}},
			Results: results,
		}},
	})
}

// usedRules returns the ids of the rules that ds name, sorted.
func usedRules(ds []Diagnostic) []string {
	ids := make([]string, len(ds))
	for i, d := range ds {
		ids[i] = d.Rule
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func locations(p Pos) []sarifLocation {
	if !p.IsValid() {
		return nil
	}
	var l sarifLocation
	l.Physical.Artifact.URI = fileURI(p.File)
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Col}
	}
	return []sarifLocation{l}
}

// fileURI returns a relative reference for a relative name, so that code scanning finds it in the repository.
func fileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}

// fingerprint names a diagnostic without its line, so that it stays the same finding when the file above it changes. The count
// in seen keeps apart those that say the same at two places.
func fingerprint(d Diagnostic, seen map[string]int) string {
	id := strings.Join([]string{d.Rule, filepath.ToSlash(d.Pos.File), d.Path, d.Problem, d.Env}, "\x00")
	seen[id]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, seen[id]))
	return hex.EncodeToString(sum[:8])
}
