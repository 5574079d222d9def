package resolve

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

const secretHelp = `add secrets: {token: {key: "prod/app/token"}} and read the file /var/run/secrets/token/token`

// secretHelpFor shows how a variable gets its value from the store.
func secretHelpFor(name string) string {
	need := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return fmt.Sprintf("write secrets: {%s: {key: \"PLACE/IN/THE/STORE\", env: %q}}", quoteName(strings.Trim(need, "-")), name)
}

// secretName is in the names of variables that hold secrets, and aboutSecrets in those that only speak about one: where it lies,
// how long it lives, whether there is any.
var (
	secretName   = regexp.MustCompile(`PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(API|PRIVATE|ACCESS|SIGNING|ENCRYPTION|AUTH|MASTER)_?KEY`)
	aboutSecrets = regexp.MustCompile(`^(USE|ENABLE|DISABLE|REQUIRE|ALLOW|HAS|NO|MAX|MIN|NUM)_|TOKENS$|TOKENI[ZS]|_(FILE|PATH|DIR|DIRECTORY|URL|URI|ENDPOINT|HOST|PORT|NAME|TTL|LENGTH|LEN|SIZE|EXPIRY|EXPIRES|EXPIRES_IN|EXPIRATION|LIFETIME|AGE|TIMEOUT|INTERVAL|SECONDS|MINUTES|HOURS|DAYS|MAX|MIN|LIMIT|COUNT|TYPE|ALG|ALGORITHM|ISSUER|AUDIENCE|SCOPE|SCOPES|HEADER|PREFIX|COOKIE|FIELD|ENABLED|REQUIRED|POLICY|PROVIDER|MODE|STORE|BACKEND|REGION|ROTATION|VERSION)S?$`)
	camelHump    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

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
	upper := strings.ToUpper(camelHump.ReplaceAllString(name, "${1}_$2"))
	word := secretName.FindString(upper)
	if word == "" || aboutSecrets.MatchString(upper) || path.IsAbs(value) && path.Dir(value) != "/" {
		return ""
	}
	return "a literal where its name says " + strings.ToLower(strings.ReplaceAll(word, "_", " "))
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

// random reports whether a text looks drawn by lot: long, of a key's alphabet, and changing between small letters, capitals and
// digits at every other character. Hashes and UUIDs, which are of one case, and names of things are not taken for keys.
func random(value string) bool {
	if !keyAlphabet.MatchString(value) || path.IsAbs(value) {
		return false
	}
	const (
		other = iota
		small
		capital
		digit
	)
	class := func(c byte) int {
		switch {
		case c >= 'a' && c <= 'z':
			return small
		case c >= 'A' && c <= 'Z':
			return capital
		case c >= '0' && c <= '9':
			return digit
		}
		return other
	}
	count := map[int]int{class(value[0]): 1}
	changes := 0
	for i := 1; i < len(value); i++ {
		count[class(value[i])]++
		if class(value[i]) != class(value[i-1]) {
			changes++
		}
	}
	// Among random letters and digits 62 % of neighbours are of different classes, in names of things about 30 %.
	return count[small] > 0 && count[capital] > 0 && count[digit] > 0 && changes*100 > len(value)*44
}
