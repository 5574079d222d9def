package verify

var quotas = []Guarantee{}
