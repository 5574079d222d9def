package reach

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

// End is one end of a connection, as far as it is known. Exactly one form is set.
type End struct {
	Workload *inventory.Workload // pods of the set

	Namespace string            // pods that are not in the set
	Labels    map[string]string // some of theirs

	Block netip.Prefix // addresses outside the cluster
	API   bool         // with Block or alone: the Kubernetes API server

	Host string // a DNS name outside the cluster
}

// Pod is the pods of a workload.
func Pod(w *inventory.Workload) End { return End{Workload: w} }

// Pods returns the ends that are pods of these labels: those of the set, or if there are none, ones that are known by that alone.
func (g *Graph) Pods(namespace string, labels map[string]string) []End {
	var ends []End
	for _, w := range g.set.WithLabels(namespace, labels) {
		ends = append(ends, Pod(w))
	}
	if len(ends) == 0 {
		ends = append(ends, End{Namespace: namespace, Labels: labels})
	}
	return ends
}

// String names an end as messages do.
func (e End) String() string {
	switch {
	case e.Workload != nil && e.Workload.Namespace == "":
		return e.Workload.Name
	case e.Workload != nil:
		return e.Workload.Namespace + "/" + e.Workload.Name
	case e.API:
		return "the Kubernetes API"
	case e.Host != "":
		return e.Host
	case e.Block.IsSingleIP():
		return e.Block.Addr().String()
	case e.Block.IsValid():
		return e.Block.String()
	case len(e.Labels) == 0:
		return "the pods of " + cmp.Or(e.Namespace, "the namespace")
	}
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(e.Labels)) {
		labels = append(labels, key+"="+e.Labels[key])
	}
	return strings.TrimPrefix(e.Namespace+"/"+strings.Join(labels, ","), "/")
}

// Port is one port of a pod or a host.
type Port struct {
	Number   int32
	Protocol string // empty: TCP
}

// String is a port as messages have it: TCP 8080.
func (p Port) String() string { return fmt.Sprint(cmp.Or(p.Protocol, "TCP"), " ", p.Number) }

// Ports are those of one entry of a rule.
type Ports struct {
	Path        string // spec.egress[0].ports[1]
	Protocol    string // empty: any
	First, Last int32  // all between them; 0 and 0 without a name: every port
	Name        string // as the containers of the target call it
}

// String is ports as messages have them: TCP 8080-8090.
func (p Ports) String() string {
	protocol := cmp.Or(p.Protocol, "any protocol")
	switch {
	case p.Name != "":
		return fmt.Sprintf("%s %q", protocol, p.Name)
	case p.First == 0 && p.Last == 0:
		return protocol
	case p.First == p.Last:
		return fmt.Sprint(protocol, " ", p.First)
	}
	return fmt.Sprint(protocol, " ", p.First, "-", p.Last)
}

// Opens reports whether a rule is about a port of a target.
func (r *Rule) Opens(target End, port Port) Answer {
	if len(r.Ports) == 0 {
		return Yes
	}
	answer := No
	for _, p := range r.Ports {
		answer = max(answer, p.have(target, port))
	}
	return answer
}

func (p Ports) have(target End, port Port) Answer {
	protocol := cmp.Or(port.Protocol, "TCP")
	switch {
	case p.Protocol != "" && p.Protocol != protocol:
		return No
	case p.Name != "":
		return named(target, p.Name, port.Number, protocol)
	case p.First == 0 && p.Last == 0, p.First <= port.Number && port.Number <= p.Last:
		return Yes
	}
	return No
}

// named reports whether a port of a target has a name.
func named(target End, name string, number int32, protocol string) Answer {
	if target.Workload == nil {
		return Maybe
	}
	for _, c := range target.Workload.Containers() {
		for _, p := range c.Ports {
			if p.Name == name && p.ContainerPort == number && cmp.Or(string(p.Protocol), "TCP") == protocol {
				return Yes
			}
		}
	}
	return No
}
