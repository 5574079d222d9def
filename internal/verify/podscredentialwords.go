package verify

import (
	"regexp"
	"strings"
)

// credentialByLook returns what a text is that is a credential whatever it is called; empty: nothing that is certain.
func credentialByLook(text string) string {
	if strings.Contains(text, "PRIVATE KEY-----") && credentialPEM.MatchString(text) {
		return "holds a private key"
	}
	if strings.Contains(text, "://") && credentialInURL(text) {
		return "holds an address with a password"
	}
	for _, k := range credentialKinds {
		if strings.Contains(text, k.prefix) {
			if found := k.form.FindString(text); found != "" && !strings.HasSuffix(found, "EXAMPLE") {
				return "holds " + k.what
			}
		}
	}
	return ""
}

// credentialPEM is a key that is really there: what begins so in a script may end at once.
var credentialPEM = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)+(?:[A-Za-z0-9-]+:.*\s+)*[A-Za-z0-9+/=]{40}`)

// credentialKinds are the forms that providers give to their keys so that they can be found,
// https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns.
var credentialKinds = []struct {
	prefix string
	form   *regexp.Regexp
	what   string
}{
	{"AKIA", regexp.MustCompile(`\bAKIA[A-Z0-9]{16}\b`), "an access key of AWS"},
	{"ghp_", regexp.MustCompile(`\bghp_[A-Za-z0-9]{36}\b`), "a token of GitHub"},
	{"github_pat_", regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{82}\b`), "a token of GitHub"},
	{"glpat-", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20}\b`), "a token of GitLab"},
	{"xox", regexp.MustCompile(`\bxox[abp]-[0-9]{10,}-[0-9A-Za-z-]{20,}`), "a token of Slack"},
	{"sk_live_", regexp.MustCompile(`\bsk_live_[A-Za-z0-9]{24,}\b`), "a key of Stripe"},
	{"AIza", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}\b`), "a key of Google"},
}

// credentialInURL reports whether a text holds an address with user and password, as postgres://app:hunter2@db.
func credentialInURL(text string) bool {
	for {
		_, rest, found := strings.Cut(text, "://")
		if !found {
			return false
		}
		text = rest
		authority := rest
		if end := strings.IndexAny(rest, " \t\r\n/?#\"'`,<>|\\"); end >= 0 {
			authority = rest[:end]
		}
		at := strings.LastIndexByte(authority, '@')
		if at < 0 || strings.HasPrefix(authority[at:], "@sha256:") { // an image, as oci://registry:5000@sha256:…
			continue
		}
		if user, password, found := strings.Cut(authority[:at], ":"); found && !credentialStandsFor(password) && !strings.EqualFold(user, password) {
			return true
		}
	}
}

// credentialFillers are what people write where a credential will be.
var credentialFillers = regexp.MustCompile(`(?i)^(password|passwd|pass|pwd|secret|token|key|user|username|changeme|change-me|change_me|changeit|example|placeholder|dummy|redacted|none|null|nil|undefined|true|false|yes|no|on|off|enabled|disabled|auto|default|required|optional|todo|tbd|test|string|my-?(password|secret|token)|your.*|replace.*|insert.*|fake.*|x+|\*+|\.+|-+)$`)

// credentialStandsFor reports whether a value is not the credential itself: nothing, a reference, or a word for it.
func credentialStandsFor(value string) bool {
	value = strings.Trim(value, " \t\r\n\"'")
	return value == "" || strings.ContainsAny(value, "$<>{}%()[]^*") || credentialFillers.MatchString(value)
}

// credentialByName returns what a value is by the last words of its name; empty: nothing, or it cannot be told. A name such as
// PASSWORD_FILE, TOKEN_URL or SECRET_NAME is about a credential, and no credential.
func credentialByName(name, value string) string {
	if !credentialNamed(name) || credentialStandsFor(value) || strings.ContainsAny(value, " \n\t") || strings.ContainsAny(value[:1], "/.~@") || strings.Contains(value, "://") {
		return ""
	}
	name = credentialWords(name)
	switch {
	case credentialEnds(name, "password", "passwd", "passphrase"):
		if len(value) > 3 || !credentialNumber(value) { // a number of up to three digits is a length or a time
			return "is a password"
		}
	case credentialEnds(name, "token", "api_key", "apikey", "access_key", "secret_key", "private_key", "signing_key", "encryption_key", "client_secret", "app_secret", "jwt_secret", "session_secret", "cookie_secret", "shared_secret", "webhook_secret", "hmac_secret", "auth_secret", "admin_secret"):
		if credentialRandom(value) {
			return "is a credential, by its name and its look"
		}
	}
	return ""
}

// credentialNamed reports whether a name may be that of a credential, by how it ends. Almost none is.
func credentialNamed(name string) bool {
	for _, end := range []string{"word", "wd", "phrase", "token", "key", "secret"} {
		if len(name) >= len(end) && strings.EqualFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}

// credentialWords returns a name in lower case with its words parted by _: DbPassword, db-password and DB_PASSWORD are one.
func credentialWords(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		upper := r >= 'A' && r <= 'Z'
		switch {
		case r == '-' || r == '.' || r == '/' || r == ':':
			r = '_'
		case upper && lower:
			b.WriteByte('_')
		}
		lower = r >= 'a' && r <= 'z'
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// credentialEnds reports whether the last words of a name are one of these.
func credentialEnds(name string, ends ...string) bool {
	for _, end := range ends {
		if rest, found := strings.CutSuffix(name, end); found && (rest == "" || strings.HasSuffix(rest, "_") || end == "password" || end == "passwd") {
			return true
		}
	}
	return false
}

func credentialNumber(value string) bool {
	return strings.Trim(value, "0123456789") == ""
}

// credentialShortest is the least number of characters of which a token is made, for the shortest in use (PINs have fewer).
const credentialShortest = 8

// credentialRandom reports whether a value looks made by chance: words of letters, with a number here and there, name something.
func credentialRandom(value string) bool {
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune("-_./:@,", r) }) {
		letters := strings.IndexFunc(part, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) >= 0
		if len(part) >= credentialShortest && letters && strings.ContainsAny(part, "0123456789") {
			return true
		}
	}
	return false
}
