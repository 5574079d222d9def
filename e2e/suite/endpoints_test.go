package suite

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	watchtools "k8s.io/client-go/tools/watch"
)

// recorder keeps what was behind a Service after every write of its EndpointSlices: all of them together, as kube-proxy merges
// them. Nothing is polled; a write that is missing fails the test.
type recorder struct {
	t       *testing.T
	cancel  context.CancelFunc
	done    sync.WaitGroup
	slices  func(context.Context) (*discoveryv1.EndpointSliceList, error)
	mu      sync.Mutex
	now     map[string]*discoveryv1.EndpointSlice // by name, as last written
	labels  map[types.UID]map[string]string       // of every pod that has been there
	moments []moment
	faults  []string // why the record is not whole
}

// moment is what was behind the Service from one write to the next.
type moment struct {
	at        time.Time
	endpoints map[types.UID]discoveryv1.EndpointConditions // by pod
}

// record begins at what is there now.
func record(t *testing.T, namespace, service string) *recorder {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &recorder{t: t, cancel: cancel, now: map[string]*discoveryv1.EndpointSlice{}, labels: map[types.UID]map[string]string{}}
	of := metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service}
	endpointSlices := world.client.DiscoveryV1().EndpointSlices(namespace)
	r.slices = func(ctx context.Context) (*discoveryv1.EndpointSliceList, error) { return endpointSlices.List(ctx, of) }

	list, err := world.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{}) // before the slices that name them
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Items {
		r.labels[p.UID] = p.Labels
	}
	first, err := r.slices(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range first.Items {
		r.now[s.Name] = &s
	}
	r.note()
	r.follow(ctx, list.ResourceVersion, world.client.CoreV1().Pods(namespace).Watch, metav1.ListOptions{}, r.pod)
	r.follow(ctx, first.ResourceVersion, endpointSlices.Watch, of, r.slice)
	return r
}

// open is the Watch of a typed client; source makes of it what a RetryWatcher asks for.
type open func(context.Context, metav1.ListOptions) (watch.Interface, error)

type source struct {
	open     open
	selector string
}

// WatchWithContext implements cache.WatcherWithContext.
func (s source) WatchWithContext(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
	opts.LabelSelector = s.selector
	return s.open(ctx, opts)
}

// follow hands over every event after a version; a connection that breaks goes on where it was.
func (r *recorder) follow(ctx context.Context, version string, open open, of metav1.ListOptions, see func(watch.EventType, runtime.Object)) {
	r.t.Helper()
	events, err := watchtools.NewRetryWatcherWithContext(ctx, version, source{open, of.LabelSelector})
	if err != nil {
		r.t.Fatal(err)
	}
	r.done.Go(func() {
		for e := range events.ResultChan() {
			r.mu.Lock()
			if e.Type == watch.Error {
				r.faults = append(r.faults, fmt.Sprintf("the watch broke: %v", e.Object))
			}
			see(e.Type, e.Object)
			r.mu.Unlock()
		}
	})
}

func (r *recorder) pod(_ watch.EventType, o runtime.Object) {
	if p, ok := o.(*corev1.Pod); ok {
		r.labels[p.UID] = p.Labels
	}
}

// slice takes in one write. The server counts the writes of each slice in its generation, so that none can be missed unnoticed.
func (r *recorder) slice(kind watch.EventType, o runtime.Object) {
	s, ok := o.(*discoveryv1.EndpointSlice)
	if !ok {
		return
	}
	was := r.now[s.Name]
	if kind == watch.Modified && (was == nil || s.Generation > was.Generation+1) {
		r.faults = append(r.faults, fmt.Sprintf("a write of %s before its generation %d is not recorded", s.Name, s.Generation))
	}
	if kind == watch.Deleted {
		delete(r.now, s.Name)
	} else {
		r.now[s.Name] = s
	}
	r.note()
}

func (r *recorder) note() {
	m := moment{at: time.Now(), endpoints: map[types.UID]discoveryv1.EndpointConditions{}}
	for _, name := range slices.Sorted(maps.Keys(r.now)) {
		for _, e := range r.now[name].Endpoints {
			if e.TargetRef == nil {
				r.faults = append(r.faults, fmt.Sprintf("an endpoint %v of no pod", e.Addresses))
				continue
			}
			m.endpoints[e.TargetRef.UID] = e.Conditions
		}
	}
	r.moments = append(r.moments, m)
}

// stop ends the record once it has everything that was written until now, and counts endpoints by the value of a label of
// their pods.
func (r *recorder) stop(label string) history {
	r.t.Helper()
	until(r.t, func() (bool, string) {
		last, err := r.slices(r.t.Context())
		if err != nil {
			return false, err.Error()
		}
		versions := map[string]string{}
		for _, s := range last.Items {
			versions[s.Name] = s.ResourceVersion
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		known := map[string]string{}
		for name, s := range r.now {
			known[name] = s.ResourceVersion
		}
		return reflect.DeepEqual(versions, known) && len(r.unknown()) == 0, "the record is not whole"
	})
	r.cancel()
	r.done.Wait()
	for _, text := range r.faults {
		r.t.Error(text)
	}
	return r.count(label)
}

// unknown are endpoints of pods that the record has not seen (yet).
func (r *recorder) unknown() []types.UID {
	var ids []types.UID
	for _, m := range r.moments {
		for id := range m.endpoints {
			if r.labels[id] == nil {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// history is the record until now, counted by a label.
func (r *recorder) history(label string) history {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count(label)
}

func (r *recorder) count(label string) history {
	var h history
	for _, m := range r.moments {
		s := state{at: m.at, ready: map[string]int{}}
		for id, conditions := range m.endpoints {
			value := r.labels[id][label]
			if !slices.Contains(s.there, value) {
				s.there = append(s.there, value)
			}
			if isTrue(conditions.Ready) && isTrue(conditions.Serving) {
				s.ready[value]++
			}
		}
		slices.Sort(s.there)
		h = append(h, s)
	}
	return h
}

func isTrue(b *bool) bool { return b != nil && *b }

// history is a record, counted.
type history []state

// state is a moment, counted.
type state struct {
	at    time.Time
	there []string       // values of the label, also of pods that aren't ready; sorted
	ready map[string]int // endpoints by that value
}

func (s state) total() int {
	n := 0
	for _, ready := range s.ready {
		n += ready
	}
	return n
}

// least is the fewest ready endpoints of any moment.
func (h history) least() int {
	return slices.MinFunc(h, func(a, b state) int { return a.total() - b.total() }).total()
}

// leastOf is the fewest ready endpoints with one value of the label.
func (h history) leastOf(value string) int {
	return slices.MinFunc(h, func(a, b state) int { return a.ready[value] - b.ready[value] }).ready[value]
}

// traffic says who had it, one after the other: "blue green"; "blue+green" at the same time.
func (h history) traffic() string {
	var all []string
	for _, s := range h {
		all = append(all, strings.Join(s.there, "+"))
	}
	return strings.Join(slices.Compact(all), " ")
}

// mixed is how long more than one value was there at the same time.
func (h history) mixed() time.Duration {
	var sum time.Duration
	for i, s := range h[:len(h)-1] {
		if len(s.there) > 1 {
			sum += h[i+1].at.Sub(s.at)
		}
	}
	return sum
}

// now is the last state.
func (h history) now() state { return h[len(h)-1] }

// String is what a failed test says, and a passed one under -v: what changed, and how long after the beginning.
func (h history) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d states, least %d ready, traffic: %s, two at once for %s", len(h), h.least(), h.traffic(), h.mixed())
	for i, s := range h {
		if i == 0 || !maps.Equal(s.ready, h[i-1].ready) || !slices.Equal(s.there, h[i-1].there) {
			fmt.Fprintf(&b, "\n\t%6.2f s: ready %v of %v", s.at.Sub(h[0].at).Seconds(), s.ready, s.there)
		}
	}
	return b.String()
}
