package prometheus

import (
	"fmt"
	"io"
	"strings"
)

// Script writes a shell script that fetches the answers to queries into the form of a File, with curl alone. It is for whoever can
// reach the server; command is what reads the file then. Queries go by a pipe: those of a fleet are longer than an argument may be.
func Script(w io.Writer, command string, queries []Query) error {
	var b strings.Builder
	fmt.Fprintf(&b, `#!/bin/sh
# Fetches what "%s" reads. sh FILE https://prometheus.example.com [CURL-OPTION...] > answers.json
set -eu
url=${1:?which server? sh FILE https://prometheus.example.com}
shift
ask() {
	name=$1 query=$2
	shift 2
	printf '{"name": "%%s", "answer": ' "$name"
	printf '%%s' "$query" | curl --fail --silent --show-error --data-urlencode query@- "$@" "${url%%/}/api/v1/query"
	printf '}'
}
printf '['
`, command)
	for i, q := range queries {
		if i > 0 {
			b.WriteString("printf ',\\n'\n")
		}
		fmt.Fprintf(&b, "ask %s %s \"$@\"\n", quote(q.Name), quote(q.Expr))
	}
	b.WriteString("printf ']\\n'\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// quote makes a word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
