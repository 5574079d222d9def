package verify

import (
	"github.com/scantling/scantling/internal/diag"
)

// steadiness is about what stays as it is when it is applied again.
var steadiness = []Guarantee{
	{
		Name:    "no-drift-from-defaults",
		Promise: "what Scantling writes is what the API server stores, down to the form of quantities and the protocol of ports",
		Why:     "GitOps compares the two texts: a difference that means nothing hides one that means something, or is put right for ever",
		Source:  "https://argo-cd.readthedocs.io/en/stable/user-guide/diffing/",
		Foreign: diag.Warning,
		check:   noDriftFromDefaults,
	},
}

func noDriftFromDefaults(c *checker) {
	for _, o := range c.Objects {
		if !o.Ours() {
			continue // whether others compare texts is not known
		}
		for _, r := range o.Rewritten {
			if r.Written == "" {
				c.violated(o, r.Path, "apply it, and compare: the API server has added %s", r.Stored)
				continue
			}
			c.violated(o, r.Path, "apply it, and compare: %q has become %q", r.Written, r.Stored)
		}
		if len(o.Rewritten) == 0 && o.Fields == nil {
			c.proved(o, "its quantities and ports are stored as they are written")
		}
	}
}
