package app

// SLO is what an app promises its users over a window.
type SLO struct {
	Availability   float64 // percent; 0: none
	LatencyPercent float64 // percent of requests that are faster than LatencyMillis; 0: none
	LatencyMillis  int64
	WindowDays     int
	Source         string // http, grpc, istio, gateway, queue, probe or cron
	Policy         BudgetPolicy

	Objectives []Objective // by name; empty where nobody measures: no rules, no alerts
}

// Measured reports whether somebody counts what is promised; of no promise nobody does.
func (s *SLO) Measured() bool { return s != nil && len(s.Objectives) > 0 }

// BudgetPolicy is what becomes of releases when little is left of the error budget, in percent of it.
type BudgetPolicy struct {
	Freezes        bool  // at FreezePercent nothing but fixes is released; else it is only said
	FreezePercent  int32 // left, or less
	CautionPercent int32 // left, or less: only by a canary or a blue-green
}

// Objective is one promise of an SLO, and how it is measured.
type Objective struct {
	Name    string  // availability or latency; the value of the label slo of its series
	Percent float64 // of the events that must be good; as the spec writes it in decimals

	Source      string // whose series: http, grpc, istio, nginx, envoy, queue, probe or cron
	AtGateway   bool   // of istio: what the gateway in front of the app counts; else what the app's own sidecar counts
	UnderMillis int64  // of a latency: what takes longer is bad; 0: what fails is bad
	Native      bool   // the latency is in a native histogram, which has no buckets
	Seconds     int64  // of a cron app: a success that is older is bad; of a probe: the time between two
	RunSeconds  int64  // of a cron app: a run that was due so long ago is over, and bad if nothing has succeeded since
	Backlog     int64  // of a queue: more messages that wait are bad

	GuardEvents int64 // bad events in an hour that wake somebody at the least, so that one at night does not; 0: what counts is time, of which there is enough
	Pages       bool  // somebody is woken; else every alert is a ticket
	LongOnly    bool  // so few events that only the longest window says something
	Busy        bool  // so many events that ten minutes without one are no accident
}
