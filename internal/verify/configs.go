package verify

var configs = []Guarantee{}
