// Package sim plays an app: its requests one by one, the counters that Prometheus would have scraped of it, and the truth about both.
package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/storage"
)

// Load is how an app is used at a time.
type Load struct {
	PerMinute float64 // requests, evenly: so that nothing is idle that is not said to be
	Bad       float64 // share of them that fails
	Slow      float64 // share of the others that takes longer than the objective of latency
}

// Counts are requests.
type Counts struct{ Total, Bad, Slow int64 }

// Event is what becomes of a pod at a time.
type Event struct {
	At   time.Duration // since the start
	Pod  int
	What What
}

// What becomes of a pod.
type What int

// All that can become of one.
const (
	Restarted What = iota // its container starts again
	Replaced              // by a pod with another name
	Failed                // it answers one request more, with a 500
)

// App is an app and its pods, as a scenario lets them live. Times are since its start.
type App struct {
	Name   string // of its Deployment, its Service and its job
	Load   func(at time.Duration) Load
	Pods   int
	Every  time.Duration               // between two scrapes of a pod
	Events []Event                     // by time
	Gone   func(at time.Duration) bool // no pod is there, though some are wanted; nil: never
	Lost   float64                     // share of scrapes that fail
	Late   bool                        // the counters of errors are born with the first error, not with the app

	start   time.Time
	second  int     // that is played next
	names   int     // of pods, that were used
	owed    float64 // the part of the next request whose time has passed
	random  *rand.Rand
	pods    []*pod // that serve
	targets []*target
	minutes []Counts // the truth
	cluster *cluster
}

// Start is called once.
func (a *App) Start(start time.Time) *App {
	a.start, a.random = start, rand.New(rand.NewPCG(6, 28)) // any seed, and the same each time
	a.cluster = newCluster(a.Name, a.Pods, start)
	a.found(&a.cluster.target, 30*time.Second)
	a.roll()
	return a
}

// roll starts all pods anew.
func (a *App) roll() {
	for _, p := range a.pods {
		p.ended = true
	}
	a.pods = a.pods[:0]
	for i := range a.Pods {
		a.pods = append(a.pods, a.pod(i))
	}
}

func (a *App) pod(n int) *pod {
	p := newPod(a.Name, n, a.names, a.Late)
	a.names++
	a.found(&p.target, a.Every)
	return p
}

// found scrapes a target from now on, at a time of its own in each interval.
func (a *App) found(t *target, every time.Duration) {
	t.every = every
	t.grid = time.Duration(a.second)*time.Second + time.Duration(a.random.Int64N(int64(every)))
	t.next = t.grid
	a.targets = append(a.targets, t)
}

// Scrape plays the app until a time, and appends all scrapes before it.
func (a *App) Scrape(to storage.AppenderV2, before time.Time) error {
	for end := int(before.Sub(a.start).Seconds()); a.second < end; {
		at := time.Duration(a.second) * time.Second
		a.play(at)
		a.second++
		for _, t := range a.targets {
			if t.next >= at+time.Second && !t.ended {
				continue
			}
			if err := t.scrape(to, a.start.Add(max(t.next, at)), a.random.Float64() < a.Lost); err != nil {
				return err
			}
			t.grid += t.every
			t.next = t.grid + time.Duration(a.random.Int64N(int64(jitter)))
		}
		a.targets = slices.DeleteFunc(a.targets, func(t *target) bool { return t.ended })
	}
	return nil
}

// play lets all come that comes in one second.
func (a *App) play(at time.Duration) {
	if a.second%60 == 0 {
		a.minutes = append(a.minutes, Counts{})
	}
	gone := a.Gone != nil && a.Gone(at)
	switch {
	case gone && len(a.pods) > 0:
		for _, p := range a.pods {
			p.ended = true
		}
		a.pods = nil
	case !gone && len(a.pods) == 0:
		a.roll()
	}
	a.cluster.set(len(a.pods))
	for ; len(a.Events) > 0 && a.Events[0].At <= at; a.Events = a.Events[1:] {
		a.happen(a.Events[0])
	}
	load := a.Load(at)
	for a.owed += load.PerMinute / 60; a.owed >= 1; a.owed-- {
		a.request(load)
	}
}

func (a *App) happen(e Event) {
	switch e.What {
	case Restarted:
		a.pods[e.Pod].restart(a.Late)
	case Replaced:
		a.pods[e.Pod].ended = true
		a.pods[e.Pod] = a.pod(e.Pod)
	case Failed:
		a.request(Load{Bad: 1})
	}
}

// request is one, and what becomes of it.
func (a *App) request(load Load) {
	now, code, seconds := &a.minutes[len(a.minutes)-1], "200", 0.02
	now.Total++
	switch {
	case a.random.Float64() < load.Bad || len(a.pods) == 0:
		code = "500"
		now.Bad++
	case a.random.Float64() < load.Slow:
		seconds = 0.7
		now.Slow++
	case a.random.Float64() < 0.02:
		code = "404" // the client's fault
	}
	if len(a.pods) > 0 { // else it fails, and nobody counts it
		a.pods[a.random.IntN(len(a.pods))].count(code, seconds)
	}
}

// Truth counts the requests between two times, to the minute.
func (a *App) Truth(from, to time.Time) Counts {
	var sum Counts
	for m := max(0, int(from.Sub(a.start).Minutes())); m < min(len(a.minutes), int(to.Sub(a.start).Minutes())); m++ {
		sum.Total, sum.Bad, sum.Slow = sum.Total+a.minutes[m].Total, sum.Bad+a.minutes[m].Bad, sum.Slow+a.minutes[m].Slow
	}
	return sum
}

// BudgetLeft is what is left of an error budget: 1 is all of it.
func BudgetLeft(bad, all int64, percent float64) float64 {
	return 1 - float64(bad)/float64(all)/(1-percent/100)
}
