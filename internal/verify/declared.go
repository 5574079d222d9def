package verify

// Declared is what a team said of one app, as far as no manifest says it.
type Declared struct {
	Namespace string
	App       string // app.kubernetes.io/instance of its objects
	Tier      string // critical, standard or best-effort

	Recreates      bool        // a new version comes when all pods of the old one are gone: that is asked for
	Flows          []Flow      // who talks to whom, by component of the app; nothing else may
	StartupSeconds int64       // that a pod may take to become ready; 0: not stated
	DrainSeconds   int64       // that a request may take which is under way when its pod leaves; 0: not stated
	Recovery       []Objective // what must be restorable
	Promises       []Promise   // what users may expect
	Buckets        []string    // bounds of the histograms that the app has, as decimals in their unit; none: its library's
}

// Flow is one declared connection from or to the pods of an app.
type Flow struct {
	Component string // app.kubernetes.io/component of the app's pods
	Name      string // app.kubernetes.io/name of them; empty: of all with that component
	Egress    bool   // the app's pods call; else they are called
	Need      string // what the flow is for, for messages: a need, a caller
	Peer      Peer
	Ports     []Port // of the pods that are called, behind any Service; none: all
}

// Peer is the other end of a flow. Exactly one form is set.
type Peer struct {
	Pods  *Pods
	CIDRs []string
	Host  string // a DNS name outside the cluster
}

// Port is one port of a container.
type Port struct {
	Number   int32
	Protocol string // TCP, UDP or SCTP
}

// Objective is what was promised of one store of an app's data.
type Objective struct {
	Name       string // of the need or volume
	RPOSeconds int64  // data that may be lost, as time
	RTOSeconds int64  // until it is back; 0: not promised
	Elsewhere  string // who keeps it, when no object of this app does; empty: the app's own objects must
}

// Promise is one objective of an app's SLO, which somebody measures.
type Promise struct {
	Name      string // availability or latency: the label slo of what is recorded
	Percent   string // of the events that must be good, as a decimal
	BadEvents int64  // that there must be before somebody hears of it; 0: there is always enough traffic
	Rare      bool   // there are so few events that only the longest window says something
}
