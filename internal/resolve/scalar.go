package resolve

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// The readers below take a node of any kind, also nil, and answer with nothing when it does not hold what they look for: the
// loader has already said so.

// text returns a string, or "".
func text(n *load.Node) string {
	if n == nil || n.Kind != load.String {
		return ""
	}
	return n.Text
}

// textOr returns a string, or another one where n is absent.
func textOr(n *load.Node, other string) string {
	if t := text(n); t != "" {
		return t
	}
	return other
}

// texts returns the strings of a list.
func texts(n *load.Node) []string {
	if n == nil || len(n.Elems) == 0 {
		return nil
	}
	ts := make([]string, 0, len(n.Elems))
	for _, e := range n.Elems {
		if e.Kind == load.String {
			ts = append(ts, e.Text)
		}
	}
	return ts
}

// textMap returns the strings of a struct by name, or nil.
func textMap(n *load.Node) map[string]string {
	if n == nil || len(n.Fields) == 0 {
		return nil
	}
	m := make(map[string]string, len(n.Fields))
	for _, f := range n.Fields {
		if f.Kind == load.String {
			m[f.Key] = f.Text
		}
	}
	return m
}

// boolean returns a bool, or false.
func boolean(n *load.Node) bool { return n != nil && n.Kind == load.Bool && n.Text == "true" }

// isFalse reports whether n is there and false.
func isFalse(n *load.Node) bool { return n != nil && n.Kind == load.Bool && n.Text == "false" }

// integer returns a whole number; false: n holds none.
func integer(n *load.Node) (int64, bool) {
	if n == nil || n.Kind != load.Int {
		return 0, false
	}
	i, err := strconv.ParseInt(n.Text, 10, 64)
	return i, err == nil
}

// float returns a number; false: n holds none.
func float(n *load.Node) (float64, bool) {
	if n == nil || n.Kind != load.Int && n.Kind != load.Float {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	return f, err == nil
}

// portNumber returns the number of a port; false: n holds none that can be.
func portNumber(n *load.Node) (int32, bool) {
	i, ok := integer(n)
	return int32(i), ok && i >= 1 && i <= 65535
}

// units of a duration in milliseconds, the long ones first.
var units = []struct {
	name   string
	millis int64
}{{"ms", 1}, {"d", 24 * 3600 * 1000}, {"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}}

// millis returns the milliseconds of a duration such as "1h30m"; false: n holds none.
func millis(n *load.Node) (int64, bool) {
	s := text(n)
	if s == "" {
		return 0, false
	}
	var sum int64
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		count, err := strconv.ParseInt(s[:digits], 10, 32)
		if err != nil {
			return 0, false
		}
		s = s[digits:]
		known := false
		for _, u := range units {
			if strings.HasPrefix(s, u.name) {
				sum, s, known = sum+count*u.millis, s[len(u.name):], true
				break
			}
		}
		if !known {
			return 0, false
		}
	}
	return sum, true
}

// seconds returns the seconds of a duration, a begun one counting as whole; false: n holds none.
func seconds(n *load.Node) (int64, bool) {
	ms, ok := millis(n)
	return (ms + 999) / 1000, ok
}

// duration writes seconds as a spec does: "90s", "116m", "38h37m", "7d".
func duration(n int64) string {
	const long = 4 * 3600 // from here on, minutes alone are hard to read
	switch {
	case n > 0 && n%(24*3600) == 0:
		return strconv.FormatInt(n/(24*3600), 10) + "d"
	case n >= long && n%3600 == 0:
		return strconv.FormatInt(n/3600, 10) + "h"
	case n >= long && n%60 == 0:
		return fmt.Sprintf("%dh%dm", n/3600, n%3600/60)
	case n > 0 && n%60 == 0:
		return strconv.FormatInt(n/60, 10) + "m"
	}
	return strconv.FormatInt(n, 10) + "s"
}

// cpuMilli returns the thousandths of a core of a quantity such as "250m" or "1.5"; false: n holds none.
func cpuMilli(n *load.Node) (int64, bool) {
	s := text(n)
	scale := 1000.0
	if rest, ok := strings.CutSuffix(s, "m"); ok {
		s, scale = rest, 1
	}
	return quantity(s, scale)
}

// byteUnits are the suffixes of quantities of bytes.
var byteUnits = []struct {
	suffix string
	bytes  float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"Pi", 1 << 50},
	{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15},
}

// bytes returns the bytes of a quantity such as "512Mi"; false: n holds none.
func bytes(n *load.Node) (int64, bool) {
	s := text(n)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			return quantity(rest, u.bytes)
		}
	}
	return quantity(s, 1)
}

// quantity returns digits times scale, a begun unit counting as whole.
func quantity(digits string, scale float64) (int64, bool) {
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	if f *= scale; f > math.MaxInt64/2 {
		return 0, false
	}
	return int64(math.Ceil(f - 1e-6)), true
}

// mebibytes writes bytes as a person would: "512Mi", "1536Mi", "1Gi".
func mebibytes(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "Gi"
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "Mi"
	case n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "Ki"
	}
	return strconv.FormatInt(n, 10)
}

// cores writes thousandths of a core as a person would: "250m", "2".
func cores(milli int64) string {
	if milli%1000 == 0 {
		return strconv.FormatInt(milli/1000, 10)
	}
	return strconv.FormatInt(milli, 10) + "m"
}

// decimal writes a number without a needless fraction: 99, 99.9.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// at returns the place of a value, or of another one when it is absent.
func at(n, other *load.Node) diag.Pos {
	if n != nil {
		return n.Pos
	}
	if other != nil {
		return other.KeyPos
	}
	return diag.Pos{}
}

// elems returns the elements of a list, or none.
func elems(n *load.Node) []*load.Node {
	if n == nil {
		return nil
	}
	return n.Elems
}

// fields returns the fields of a struct in source order, or none.
func fields(n *load.Node) []*load.Node {
	if n == nil {
		return nil
	}
	return n.Fields
}
