package verify

var spreads = []Guarantee{}
