package verify

var releases = []Guarantee{}
