package verify

var storage = []Guarantee{}
