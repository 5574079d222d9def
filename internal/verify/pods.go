package verify

var pods = []Guarantee{}
