package verify

var resources = []Guarantee{}
