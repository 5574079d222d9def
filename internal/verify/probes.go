package verify

var probes = []Guarantee{}
