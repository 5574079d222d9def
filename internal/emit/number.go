package emit

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// float writes a number as JSON does, but always with a dot before an exponent: to YAML 1.1, 1e+21 is a string.
func (w *writer) float(f float64, bits int, at place) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is not a number that Kubernetes knows", f)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	s := strconv.FormatFloat(f, format, -1, bits)
	if i := strings.IndexByte(s, 'e'); i >= 0 && strings.IndexByte(s, '.') < 0 {
		s = s[:i] + ".0" + s[i:]
	}
	w.inline(s, at)
	return nil
}

// number writes a json.Number, digit by digit unless it has an exponent.
func (w *writer) number(s string, at place) error {
	if !json.Valid([]byte(s)) || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return fmt.Errorf("%q is not a number", s)
	}
	if !strings.ContainsAny(s, "eE") {
		w.inline(s, at)
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%q is out of range", s)
	}
	return w.float(f, 64, at)
}
