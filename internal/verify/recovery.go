package verify

var recovery = []Guarantee{}
