package gate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// round takes off what floating point adds: 1 - 0.001/0.001 may be a hair above nothing.
func round(v float64) float64 {
	if math.Abs(v) > 1e6 { // where a float has no billionths left
		return v
	}
	return math.Round(v*1e9)/1e9 + 0 // no negative nothing
}

// decimal writes a number without an exponent and without zeros at its end.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// digits writes a number with one decimal, or with as many as it takes to tell it from nothing; never more than nine, as round.
func digits(v float64) string {
	v = round(v)
	n := 1
	for n < 9 && v != 0 && math.Abs(v) < math.Pow10(-n) {
		n++
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', n, 64), "0"), ".")
}

// leftText is what is left in percent.
func (b Budget) leftText() string { return digits(b.Left) + " %" }

// Amount is what is left in the unit that the objective counts, events or time; empty: unknown.
func (b Budget) Amount() string {
	switch {
	case finite(b.Events):
		return thousands(math.Trunc(round(b.Events))) + " " + events(b.Objective)
	case finite(b.Minutes):
		return minutes(b.Minutes)
	}
	return ""
}

// Percent is what is left in percent; empty: unknown.
func (b Budget) Percent() string {
	if !finite(b.Left) {
		return ""
	}
	return b.leftText()
}

// Rate is how fast the budget goes now; empty: unknown.
func (b Budget) Rate() string {
	if !finite(b.Burn) {
		return ""
	}
	return decimal(math.Round(b.Burn*100)/100) + "x"
}

// thousands writes a whole number in groups of three digits.
func thousands(v float64) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if v < 0 {
		return "-" + text
	}
	return text
}

// minutes writes a time that may be negative with its two largest units.
func minutes(m float64) string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := int64(math.Round(m * 60))
	switch {
	case s < 60:
		return fmt.Sprintf("%s%d s", sign, s)
	case s < 3600:
		return fmt.Sprintf("%s%d min %d s", sign, s/60, s%60)
	}
	return fmt.Sprintf("%s%d h %d min", sign, s/3600, s%3600/60)
}

// ago writes the age of an answer.
func ago(d time.Duration) string {
	if d < 48*time.Hour {
		return minutes(d.Minutes())
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
