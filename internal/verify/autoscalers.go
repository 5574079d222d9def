package verify

var autoscalers = []Guarantee{}
