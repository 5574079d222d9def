package verify

var placements = []Guarantee{}
