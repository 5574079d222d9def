package verify

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
)

func backupCannotLie(c *checker) {
	read := map[scriptIn]verdict{} // the same scripts make the backups of many
	for _, w := range c.Workloads {
		if w.Cron == nil || !makesBackups(w) {
			continue
		}
		for i, t := range tasks(w) {
			field := fmt.Sprintf("spec.jobTemplate.spec.template.spec.containers[%d]", i-len(w.Template.Spec.InitContainers))
			if i < len(w.Template.Spec.InitContainers) {
				field = fmt.Sprintf("spec.jobTemplate.spec.template.spec.initContainers[%d]", i)
			}
			text, strict, ok := c.script(w, t)
			if !ok {
				continue
			}
			key := scriptIn{text, t.Image, mountsOf(t), variablesOf(t), strict}
			v, known := read[key]
			if !known {
				plain := plainScript(text)
				v = verdict{lies(t, plain, strict), strict || stops.MatchString(plain)}
				read[key] = v
			}
			for _, lie := range v.lies {
				c.violated(w.Object, field, "%s", lie)
			}
			if len(v.lies) == 0 && v.stops {
				c.proved(w.Object, "%s ends with the first command that fails", t.Name)
			}
		}
	}
}

// scriptIn is a script with all that what is said of it depends on.
type scriptIn struct {
	text, image, mounts, variables string
	strict                         bool
}

// verdict is what is said of a script.
type verdict struct {
	lies  []string
	stops bool // with the first command that fails
}

// mountsOf are the places at which a container has volumes.
func mountsOf(t *corev1.Container) string {
	var all []string
	for _, m := range t.VolumeMounts {
		all = append(all, m.MountPath)
	}
	return strings.Join(all, "\n")
}

// variablesOf are the names of a container's variables, and where others come from.
func variablesOf(t *corev1.Container) string {
	var b strings.Builder
	for _, e := range t.Env {
		b.WriteString(e.Name + "\n")
	}
	return fmt.Sprint(b.String(), len(t.EnvFrom))
}

// script returns what a container's shell runs, and whether it was told to end with the first error; false: it runs no shell, or what it
// runs is not in the set.
func (c *checker) script(w *inventory.Workload, t *corev1.Container) (text string, strict, ok bool) {
	words := slices.Concat(t.Command, t.Args)
	if len(words) < 2 || !slices.Contains([]string{"sh", "bash", "ash", "dash"}, path.Base(words[0])) {
		return "", false, false
	}
	for i, word := range words[1:] {
		switch {
		case strings.HasPrefix(word, "-") && strings.Contains(word, "c") && !strings.HasPrefix(word, "--"):
			if i+2 < len(words) {
				return words[i+2], strict || strings.Contains(word, "e"), true
			}
			return "", false, false
		case strings.HasPrefix(word, "-"):
			strict = strict || strings.Contains(word, "e") && !strings.HasPrefix(word, "--")
		default:
			text, ok = c.mounted(w, t, word)
			return text, strict, ok
		}
	}
	return "", false, false
}

// mounted returns the text of a file that a ConfigMap of the set mounts into a container.
func (c *checker) mounted(w *inventory.Workload, t *corev1.Container, file string) (string, bool) {
	for _, m := range t.VolumeMounts {
		if m.MountPath != path.Dir(file) {
			continue
		}
		for _, v := range w.Template.Spec.Volumes {
			if v.Name != m.Name || v.ConfigMap == nil {
				continue
			}
			if of := c.Config(w.Namespace, v.ConfigMap.Name); of != nil {
				text, ok := of.Values[path.Base(file)]
				return text, ok
			}
		}
	}
	return "", false
}

var (
	continued = regexp.MustCompile(`\\\n\s*|(\|)\s*\n\s*`) // a line that goes on
	comment   = regexp.MustCompile(`(?m)(^|\s)#.*$`)
	stops     = regexp.MustCompile(`(?m)^\s*set\s+(-[a-zA-Z]*e|-o\s+errexit|.*\s-[a-zA-Z]*e|.*\s-o\s+errexit)`)
	dated     = regexp.MustCompile(`\$\(date [^)]*\)`)
	redirect  = regexp.MustCompile(`>\s*"?(/[A-Za-z0-9_-]+)/`)
	uploads   = regexp.MustCompile(`(?m)(?:^|[;&|(]\s*)\s*(aws|gsutil|gcloud|az|rclone|mc|s3cmd|restic)\s`)
	installs  = regexp.MustCompile(`apt-get|apt install|apk |yum |dnf |pip3? |curl|wget|microdnf`)
	// checks are ways of a script to find out that its dump is not whole
	checks = regexp.MustCompile(`PIPESTATUS|pipestatus|mispipe|pg_restore|test -s|\[\[? -s|-size|stat |wc -c|dump complete|Dump completed`)
)

// plainScript is a script with each command on one line, without comments.
func plainScript(text string) string {
	return continued.ReplaceAllString(comment.ReplaceAllString(text, ""), "$1 ")
}

// lies are the ways in which a script can go wrong and end well.
func lies(t *corev1.Container, script string, strict bool) (found []string) {
	strict = strict || stops.MatchString(script)
	lines := strings.Split(strings.TrimSpace(script), "\n")
	for i, line := range lines {
		tool := dumperIn(line)
		if tool == "" {
			continue
		}
		dump := line[strings.Index(line, tool):]
		at := strings.Index(dump, "|")
		piped := at >= 0 && !strings.HasPrefix(dump[at:], "||") && !strings.ContainsAny(dump[:at], ";&\"'")
		if names := unset(t, script, dump); len(names) > 0 {
			found = append(found, unsetText(tool, names))
		}
		alone := !strings.Contains(line, "&&") && !strings.Contains(line, "||") && !strings.HasPrefix(strings.TrimSpace(line), "if ")
		switch {
		case checks.MatchString(script):
		case piped && !strings.Contains(script, "pipefail"):
			found = append(found, fmt.Sprintf("%s cannot reach the database: what it is piped into ends well, so the script goes on with an empty file, and the run is green", tool))
		case !piped && !strict && alone && i < len(lines)-1:
			found = append(found, fmt.Sprintf("%s fails: the script goes on without it, and ends as its last command does", tool))
		}
	}
	if text := twice(lines); text != "" {
		found = append(found, fmt.Sprintf("it is midnight between two commands: %s is evaluated twice, and the file that is written is not the one that is uploaded", text))
	}
	return append(found, missing(t, script)...)
}

// dumperIn returns the program of a line that dumps a database; empty: none.
func dumperIn(line string) string {
	for _, d := range dumpers {
		if strings.Contains(line, d+" ") || strings.HasSuffix(line, d) {
			return d
		}
	}
	return ""
}

// twice returns a date that is part of two file names.
func twice(lines []string) string {
	seen := map[string]bool{}
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "echo") || strings.HasPrefix(trimmed, "printf") {
			continue
		}
		for _, date := range slices.Compact(slices.Sorted(slices.Values(dated.FindAllString(line, -1)))) {
			if seen[date] {
				return date
			}
			seen[date] = true
		}
	}
	return ""
}

// officialImages are those whose content is known: a database and its tools, a shell, and no clients of object stores.
// https://hub.docker.com/u/library
var officialImages = []string{"postgres", "mysql", "mariadb", "mongo", "redis"}

// rootDirs are the directories that such an image has.
var rootDirs = strings.Fields("/bin /boot /data /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var")

// isOfficial reports whether an image is one of officialImages.
func isOfficial(image string) bool {
	name, _, _ := strings.Cut(image, "@")
	name, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/"), ":")
	return slices.Contains(officialImages, name)
}

// missing says what a script wants and its image cannot have.
func missing(t *corev1.Container, script string) (found []string) {
	if !isOfficial(t.Image) || installs.MatchString(script) {
		return nil
	}
	if m := uploads.FindStringSubmatch(script); m != nil {
		found = append(found, fmt.Sprintf("the upload fails with %q: the image %s has none", m[1]+": not found", t.Image))
	}
	for _, m := range redirect.FindAllStringSubmatch(script, -1) {
		mounted := slices.ContainsFunc(t.VolumeMounts, func(v corev1.VolumeMount) bool {
			return v.MountPath == m[1] || strings.HasPrefix(v.MountPath, m[1]+"/")
		})
		if !mounted && !slices.Contains(rootDirs, m[1]) && !strings.Contains(script, "mkdir") {
			found = append(found, fmt.Sprintf("nothing is written: %s is no directory of %s, and no volume is mounted there", m[1], t.Image))
			break
		}
	}
	return found
}
