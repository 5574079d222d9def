package verify

var drains = []Guarantee{}
