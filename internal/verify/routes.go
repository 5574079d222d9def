package verify

var routes = []Guarantee{}
