package verify

var selectors = []Guarantee{}
