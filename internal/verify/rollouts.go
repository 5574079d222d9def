package verify

var rollouts = []Guarantee{}
