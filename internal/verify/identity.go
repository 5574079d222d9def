package verify

var identity = []Guarantee{}
