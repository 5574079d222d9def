package resolve

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

const secretHelp = `add secrets: token: {key: "prod/app/token"} and read the file /var/run/secrets/token/token`

// secretHelpFor shows how a variable gets its value from the store.
func secretHelpFor(name string) string {
	need := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return fmt.Sprintf("write secrets: %s: {key: \"PLACE/IN/THE/STORE\", env: %q}", quoteName(strings.Trim(need, "-")), name)
}

// secretWords end the names of variables that hold secrets; what has one elsewhere, such as TOKEN_TTL, speaks about one.
var secretWords = []string{
	"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS",
	"API_KEY", "PRIVATE_KEY", "SECRET_KEY", "ACCESS_KEY", "SIGNING_KEY", "ENCRYPTION_KEY", "AUTH_KEY", "MASTER_KEY",
}

// references are what a value may hold instead of a secret: other variables.
var references = regexp.MustCompile(`\$\([A-Za-z_][A-Za-z0-9_]*\)`)

// secretLiteral says what sort of secret a variable seems to hold; empty: none. The value itself is never part of the answer.
func secretLiteral(name, value string) string {
	value = strings.TrimSpace(references.ReplaceAllString(value, ""))
	switch value {
	case "", "true", "false":
		return ""
	}
	if kind := secretValue(value); kind != "" {
		return kind
	}
	upper := strings.ToUpper(name)
	i := slices.IndexFunc(secretWords, func(w string) bool { return upper == w || strings.HasSuffix(upper, "_"+w) })
	if i < 0 {
		return ""
	}
	return "a literal where its name says " + strings.ToLower(strings.ReplaceAll(secretWords[i], "_", " "))
}

// knownSecrets are values that nothing but a secret looks like.
var knownSecrets = []struct {
	kind    string
	pattern *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`)},
	{"an AWS access key", regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a GitHub token", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})`)},
	{"a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", regexp.MustCompile(`\bxox[abprs]-[A-Za-z0-9-]{10,}`)},
	{"a Stripe key", regexp.MustCompile(`\b[sr]k_live_[A-Za-z0-9]{10,}`)},
	{"a Google API key", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`)},
	{"a JSON web token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`)},
	{"an address with a password", regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^/\s:@$]*:[^/\s@$]+@`)},
}

// secretValue says what sort of secret a text holds; empty: none that we know.
func secretValue(value string) string {
	for _, k := range knownSecrets {
		if k.pattern.MatchString(value) {
			return k.kind
		}
	}
	if random(value) {
		return "what looks like a random key"
	}
	return ""
}

var keyAlphabet = regexp.MustCompile(`^[A-Za-z0-9+/_-]{28,}={0,2}$`)

// random reports whether a text looks drawn by lot: long, of a key's alphabet, with all three sorts of characters, and hardly a
// repetition. Hashes and UUIDs, which are of one case, and names of things are not taken for keys.
func random(value string) bool {
	if !keyAlphabet.MatchString(value) || strings.HasPrefix(value, "/") {
		return false
	}
	var lower, upper, digit int
	count := map[rune]int{}
	for _, c := range value {
		count[c]++
		switch {
		case c >= '0' && c <= '9':
			digit++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	if lower < 4 || upper < 4 || digit < 3 {
		return false
	}
	// Shannon's entropy in bits per character; random base64 of 28 characters has about 4.5, prose and names 3.5 to 4.
	entropy := 0.0
	for _, n := range count {
		p := float64(n) / float64(len(value))
		entropy -= p * math.Log2(p)
	}
	return entropy > 4.2
}
