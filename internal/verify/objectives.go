package verify

var objectives = []Guarantee{}
