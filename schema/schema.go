// Package schema holds the contract between Scantling and its users: what a spec may say, and the numbers behind the tiers.
package schema

import "embed"

// Files holds every CUE file of this directory by its base name, such as "app.cue".
//
//go:embed *.cue
var Files embed.FS
