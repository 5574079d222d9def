package verify

var steadiness = []Guarantee{}
