package verify

var reachability = []Guarantee{}
