package verify

var services = []Guarantee{}
