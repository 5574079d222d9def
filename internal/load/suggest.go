package load

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nearest returns the name that s was probably meant to be: at most two edits away, one for short names, and unique.
func nearest(s string, names []string) string {
	if len(s) > 64 {
		return ""
	}
	most := 2
	if len(s) < 4 {
		most = 1
	}
	best, dist := "", most+1
	folded := fold(s)
	for _, name := range names {
		d := distance(folded, fold(name))
		if d == dist {
			best = "" // two are equally near
		}
		if d < dist {
			best, dist = name, d
		}
	}
	if best != "" {
		return best
	}
	i := slices.IndexFunc(names, func(name string) bool { return len(s) >= 3 && strings.HasPrefix(name, s) })
	if i >= 0 && !slices.ContainsFunc(names[i+1:], func(name string) bool { return strings.HasPrefix(name, s) }) {
		return names[i]
	}
	return ""
}

// fold makes names equal that differ only in how their words are joined.
func fold(s string) string { return joints.Replace(strings.ToLower(s)) }

var joints = strings.NewReplacer("-", "", "_", "", " ", "")

// distance is the number of single-character edits, a swap of neighbours counting as one, between a and b.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// similar returns the fields of r that a name was probably meant to be.
func similar(name string, r *Rule) []string {
	var known []string
	for _, s := range synonyms[name] {
		if r.Field(s) != nil {
			known = append(known, s)
		}
	}
	if len(known) > 0 {
		return known
	}
	if near := nearest(name, r.names()); near != "" {
		return []string{near}
	}
	return nil
}

func quoted(names []string) []string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = strconv.Quote(name)
	}
	return q
}

// elsewhere returns the struct in which a field of this name would be known: one below r, or the app's top.
func elsewhere(name string, r *Rule) string {
	var homes []string
	for _, f := range r.Fields {
		for rule := f.Rule; rule != nil; rule = rule.Or {
			if rule.Field(name) != nil {
				homes = append(homes, f.Name)
			}
		}
	}
	if len(homes) == 1 {
		return homes[0]
	}
	if r != appRule() && len(homes) == 0 && appRule().Field(name) != nil {
		return "the app itself"
	}
	return ""
}

// suggestType turns a value of the wrong kind into the right one, where it is plain what was meant.
func suggestType(n *Node, r *Rule) string {
	key := ""
	if n.Key != "" {
		key = n.Key + ": "
	}
	for ; r != nil; r = r.Or {
		switch {
		case n.Kind == String && (r.Type == IntType || r.Type == NumberType) && isNumber(n.Text):
			return "remove the quotes: " + key + n.Text
		case n.Kind == String && r.Type == BoolType && (n.Text == "true" || n.Text == "false"):
			return "remove the quotes: " + key + n.Text
		case n.Kind == String && r.Type == BoolType && slices.Contains([]string{"yes", "on"}, strings.ToLower(n.Text)):
			return "write " + key + "true"
		case n.Kind == String && (r.Type == BoolType || r.Type == FalseType) && slices.Contains([]string{"no", "off"}, strings.ToLower(n.Text)):
			return "write " + key + "false"
		case r.Name == "Bytes" && n.Kind == Int && n.Text[0] != '-':
			return fmt.Sprintf("write %s%q", key, n.Text+map[bool]string{true: "Gi", false: "Mi"}[n.Key == "size"])
		case r.Name == "Image" && n.Kind == Struct:
			if repo, tag := n.Field("repository"), n.Field("tag"); repo != nil && tag != nil && r.refuses(repo.Text+":"+tag.Text) == "" {
				return fmt.Sprintf("write %s%q", key, repo.Text+":"+tag.Text)
			}
		case r.Name == "Image":
		case r.Type == StringType && (n.Kind == Int || n.Kind == Float || n.Kind == Bool) && r.refuses(n.Text) == "":
			return fmt.Sprintf("put it in quotes: %s%q", key, cmp.Or(n.raw, n.Text))
		case r.Type == ListType && n.Kind == String && r.Elem.Type == StringType:
			return fmt.Sprintf("make it a list: %s[%q]", key, clip(n.Text))
		case r.Type == IntType && n.Kind == Float && strings.HasSuffix(n.Text, ".0"):
			return "write " + key + strings.TrimSuffix(n.Text, ".0")
		case r.kinds() && n.Kind == String && nearest(n.Text, r.names()) != "":
			return "write " + key + "{" + r.Field(nearest(n.Text, r.names())).Example + "}"
		}
	}
	return ""
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && !strings.ContainsAny(s, "xXpPnN_")
}

// suggestValue returns "did you mean …?" when a small change makes the string n right.
func suggestValue(n *Node, r *Rule) string {
	if len(r.Enum) > 0 {
		near := valueSynonyms[strings.ToLower(n.Text)]
		if !slices.Contains(r.Enum, near) {
			near = nearest(n.Text, r.Enum)
		}
		if near != "" {
			return fmt.Sprintf("did you mean %q?", near)
		}
		return ""
	}
	for _, s := range repairs(n.Text, r.Name) {
		if s != n.Text && r.refuses(s) == "" {
			return fmt.Sprintf("did you mean %q?", s)
		}
	}
	if _, digest, ok := strings.Cut(n.Text, "@sha256:"); ok && r.Name == "Image" && len(digest) != 64 {
		return fmt.Sprintf("a sha256 digest has 64 hex characters, this one has %d", len(digest))
	}
	if long := len(n.Text); strings.HasSuffix(r.Name, "Name") && long > 15 && r.refuses(n.Text[:10]) == "" {
		return fmt.Sprintf("it has %d characters: shorten it", long)
	}
	return ""
}

var (
	quantity      = regexp.MustCompile(`^([0-9.]+) ?([kKmMgGtT])(i?)([bB]?)(ytes)?$`)
	every         = regexp.MustCompile(`^@?every ?([0-9]+) ?([mh])[a-z]*$`)
	fraction      = regexp.MustCompile(`^([0-9]{0,5}\.[0-9]{1,3}) ?(s|m|h|d)[a-z]*$`)
	schemeAndPath = regexp.MustCompile(`^(?:[a-z]+://)?([^/]*)`)
	period        = regexp.MustCompile(`^([0-9]+) ?(ms|s|m|h|d|w)[a-z]*$`)
	notName       = regexp.MustCompile(`[^a-z0-9]+`)
)

// withoutFraction writes "0.25s" as "250ms" and "1.5h" as "90m": in the largest unit that leaves no fraction; "" where none does.
func withoutFraction(s string) string {
	m := fraction.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	number, err := strconv.ParseFloat(m[1], 64)
	units := []struct {
		name  string
		milli int64
	}{{"d", 86400e3}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}, {"ms", 1}}
	for _, u := range units {
		if u.name == m[2] {
			number *= float64(u.milli)
		}
	}
	total := int64(math.Round(number))
	for _, u := range units {
		if err == nil && total > 0 && total%u.milli == 0 {
			return strconv.FormatInt(total/u.milli, 10) + u.name
		}
	}
	return ""
}

// repairs are strings of the named type that s may have been meant to be, the likeliest first.
func repairs(s, typeName string) []string {
	switch typeName {
	case "Bytes":
		if m := quantity.FindStringSubmatch(strings.ReplaceAll(s, "M B", "MB")); m != nil {
			return []string{m[1] + strings.ToUpper(m[2]) + "i"}
		}
	case "CPU":
		s = strings.TrimSuffix(strings.ReplaceAll(s, " ", ""), "i")
		return []string{s, strings.ToLower(s), strings.TrimRight(strings.ToLower(s), "cores")}
	case "Duration":
		if i := strings.LastIndexAny(s, "dhm"); i >= 0 && i < len(s)-1 && isNumber(s[i+1:]) { // 1h30
			return []string{s + map[byte]string{'d': "h", 'h': "m", 'm': "s"}[s[i]]}
		}
		if whole := withoutFraction(strings.ToLower(s)); whole != "" {
			return []string{whole}
		}
		m := period.FindStringSubmatch(strings.ToLower(s))
		if m == nil {
			return []string{s + "s"}
		}
		if m[2] == "w" {
			if weeks, err := strconv.Atoi(m[1]); err == nil && weeks < 1000 {
				return []string{strconv.Itoa(7*weeks) + "d"}
			}
		}
		return []string{m[1] + m[2]}
	case "Name", "AppName", "PortName":
		name := strings.Trim(notName.ReplaceAllString(strings.ToLower(s), "-"), "-")
		return []string{name, strings.TrimLeft(name, "0123456789-")}
	case "Path", "Directory":
		if slices.Contains([]string{"no", "off", "none", "false"}, strings.ToLower(s)) {
			return nil
		}
		return []string{"/" + s}
	case "URL":
		return []string{"https://" + s}
	case "Cron":
		fields := strings.Fields(s)
		switch {
		case strings.Contains(s, "TZ="):
			return nil
		case len(fields) == 6:
			return []string{strings.Join(fields[1:], " ")}
		case len(fields) == 4:
			return []string{s + " *"}
		}
		if m := every.FindStringSubmatch(s); m != nil {
			return []string{map[string]string{"m": "*/" + m[1] + " * * * *", "h": "0 */" + m[1] + " * * *"}[m[2]]}
		}
		return []string{strings.Join(fields, " "), nearest(s, []string{"@yearly", "@monthly", "@weekly", "@daily", "@hourly"})}
	case "EnvName":
		return []string{strings.ToUpper(strings.ReplaceAll(s, "-", "_"))}
	case "CIDR":
		return []string{s + "/32"}
	case "Image":
		_, ref, _ := strings.Cut(s, "://")
		name, digest, _ := strings.Cut(s, "@")
		return []string{strings.TrimSpace(s), strings.ToLower(s), ref, name + "@sha256:" + digest}
	case "Host", "PublicHost":
		_, host, ok := strings.Cut(s, "://")
		if !ok {
			host = s
		}
		host = strings.ToLower(host)
		return []string{host, host[:max(0, strings.IndexAny(host, ":/"))]}
	case "HostPort":
		return schemeAndPath.FindStringSubmatch(s)[1:]
	case "APIResource":
		return []string{strings.ToLower(s) + "s"}
	case "KubernetesVersion":
		v := strings.TrimPrefix(s, "v")
		if parts := strings.SplitN(v, ".", 3); len(parts) == 3 {
			v = parts[0] + "." + parts[1]
		}
		return []string{v}
	}
	return nil
}

// suggestNumber recognises a ratio where a percentage belongs.
func suggestNumber(n *Node, r *Rule, f float64) string {
	if r.Name == "Percentage" && f > 0 && f < 1 {
		percent := strconv.FormatFloat(f*100, 'f', 6, 64)
		percent = strings.TrimRight(strings.TrimRight(percent, "0"), ".")
		return fmt.Sprintf("did you mean %s? percentages are written 99.9, not 0.999", percent)
	}
	return ""
}
