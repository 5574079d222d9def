package verify

var secrets = []Guarantee{}
