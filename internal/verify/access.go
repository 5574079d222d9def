package verify

var access = []Guarantee{}
