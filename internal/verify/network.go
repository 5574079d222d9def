package verify

var network = []Guarantee{}
