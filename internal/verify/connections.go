package verify

var connections = []Guarantee{}
