package resolve

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// didYouMean returns the help for a name that is nearly one of names; "" when none is near.
func didYouMean(name string, names []string) string {
	if near := load.Nearest(name, names); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

// keys returns the names of a struct's fields, in source order.
func keys(n *load.Node) []string {
	if n == nil {
		return nil
	}
	names := make([]string, len(n.Fields))
	for i, f := range n.Fields {
		names[i] = f.Key
	}
	return names
}

// quoteName writes a name as a key of a spec: in quotes where CUE wants them.
func quoteName(name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return strconv.Quote(name)
		}
	}
	return name
}

// notInNames are the characters that a DNS label has not.
var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// shortName makes a DNS label of a text: what does not fit is replaced or cut, and a hash keeps such names apart.
func shortName(s string, most int) string {
	name := notInNames.ReplaceAllString(strings.ToLower(s), "-")
	if name == s && len(name) <= most {
		return strings.Trim(name, "-")
	}
	const digits = 8 // of the hash, in hex
	sum := sha256.Sum256([]byte(s))
	name = name[:min(len(name), most-digits-1)]
	return strings.Trim(name, "-") + "-" + hex.EncodeToString(sum[:])[:digits]
}
