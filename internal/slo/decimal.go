package slo

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// Target is the promise as a share, from 0 to 1: "0.999". Like all numbers of this package it is an exact decimal: 1 - 0.999 in
// floating point is not 0.001.
func Target(o app.Objective) string { return decimal(target(o)) }

// Budget is the share of events that may be bad: "0.001".
func Budget(o app.Objective) string { return decimal(budget(o)) }

// Seconds is a time in milliseconds as a decimal of seconds: "0.25".
func Seconds(millis int64) string { return decimal(big.NewRat(millis, 1000)) }

// target reads the percentage as its writer wrote it: the shortest decimal of a float64 is that.
func target(o app.Objective) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(o.Percent, 'f', -1, 64))
	if !ok {
		return new(big.Rat) // no number: what is read from a spec is one
	}
	return r.Quo(r, big.NewRat(100, 1))
}

func budget(o app.Objective) *big.Rat { return new(big.Rat).Sub(big.NewRat(1, 1), target(o)) }

// decimal writes a number that has finitely many decimals, without rounding it.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	s := r.FloatString(digits)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// InPercent writes a share that this package wrote in percent: of "0.01344" it is "1.344".
func InPercent(share string) string {
	r, ok := new(big.Rat).SetString(share)
	if !ok {
		return share
	}
	return decimal(r.Mul(r, big.NewRat(100, 1)))
}
