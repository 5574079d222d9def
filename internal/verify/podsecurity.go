package verify

var podSecurity = []Guarantee{}
