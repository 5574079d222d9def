package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

var (
	// variables are those that a script reads and gives no default.
	variables = regexp.MustCompile(`\$(?:([A-Z][A-Z0-9_]*)\b|\{([A-Z][A-Z0-9_]*)\})`)
	// reads are ways of a script to get variables from elsewhere.
	reads = regexp.MustCompile(`(?m)(?:^|[\s;&])(?:\.|source|read|eval)\s`)
	// links are variables that Kubernetes makes of Services.
	links = regexp.MustCompile(`_SERVICE_|_PORT(_|$)`)
)

// usualVariables are set without anybody's saying so, by the shell or by one of officialImages.
var usualVariables = strings.Fields("HOME HOSTNAME PATH PWD OLDPWD USER SHELL UID PPID RANDOM SECONDS LINENO IFS LANG TERM PGDATA PG_MAJOR PG_VERSION " +
	"GOSU_VERSION MYSQL_MAJOR MYSQL_VERSION MARIADB_VERSION MONGO_MAJOR MONGO_VERSION MONGO_PACKAGE MONGO_REPO REDIS_VERSION")

// unset returns what of a dump nobody sets, in the order of the command; none: all of it is, or may be.
func unset(t *corev1.Container, script, line string) (names []string) {
	if len(t.EnvFrom) > 0 || reads.MatchString(script) || !isOfficial(t.Image) {
		return nil
	}
	for _, m := range variables.FindAllStringSubmatch(line, -1) {
		name := m[1] + m[2]
		isSet := slices.ContainsFunc(t.Env, func(e corev1.EnvVar) bool { return e.Name == name }) || strings.Contains(script, name+"=")
		if !isSet && !slices.Contains(usualVariables, name) && !links.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// unsetText says what comes of it.
func unsetText(tool string, names []string) string {
	return fmt.Sprintf("start it: nobody sets %s, so %s is called without what it is to dump, or as whom", strings.Join(names, " and "), tool)
}
