package rightsize

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes.
const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// step is how finely amounts are told below one.
type step struct {
	below float64
	size  float64
}

// The steps of thousandths of a core, and of bytes. Source: judgement; between 1 % and 10 % of what is usual, far less than a week's noise.
// The least of each is one step: 10m is the least share of CPU that the kernel's scheduler tells from others', 16 MiB what a container of
// its own needs to start.
var (
	cpuSteps    = []step{{1000, 10}, {math.Inf(1), 100}}
	memorySteps = []step{{gibibyte, 16 * mebibyte}, {math.Inf(1), 128 * mebibyte}}
)

// roundUp returns the next amount that is told.
func roundUp(v float64, steps []step) int64 {
	for _, s := range steps {
		// A hair above a step, as floating point adds it, is the step.
		if rounded := max(1, math.Ceil(v/s.size-1e-9)) * s.size; rounded <= s.below {
			return int64(rounded)
		}
	}
	return 0 // no amount is infinite
}

// milli writes thousandths of a core, as people read them.
func milli(v float64) string {
	if v >= 10_000 {
		return number(math.Round(v/100)/10) + " cores"
	}
	if v < 10 {
		return number(math.Round(v*10)/10) + "m"
	}
	return number(math.Round(v)) + "m"
}

// mebi writes bytes, as people read them.
func mebi(v float64) string {
	if v >= 10*gibibyte {
		return number(math.Round(v/gibibyte*10)/10) + "Gi"
	}
	return number(math.Round(v/mebibyte)) + "Mi"
}

// CPUQuantity writes thousandths of a core as specs do.
func CPUQuantity(v int64) string {
	if v%1000 == 0 {
		return strconv.FormatInt(v/1000, 10)
	}
	return strconv.FormatInt(v, 10) + "m"
}

// MemoryQuantity writes bytes as specs do.
func MemoryQuantity(v int64) string {
	switch {
	case v%gibibyte == 0:
		return strconv.FormatInt(v/gibibyte, 10) + "Gi"
	case v%mebibyte == 0:
		return strconv.FormatInt(v/mebibyte, 10) + "Mi"
	}
	return strconv.FormatInt(v, 10)
}

// factor writes what something is multiplied with.
func factor(v float64) string { return number(math.Round(v*100) / 100) }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// days writes how long something was measured.
func days(v float64) string {
	if v < 2 {
		return fmt.Sprintf("%d hours", int(v*24))
	}
	return strings.TrimSuffix(strconv.FormatFloat(math.Floor(v*10)/10, 'f', 1, 64), ".0") + " days"
}
