package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// firstUnprivileged is the first port that a process may bind without being root.
const firstUnprivileged = 1024

// ports decides the main container's ports: those of the spec, or one for what is called and names none.
func (s *spec) ports() {
	if ports := s.node.Field("ports"); ports != nil && !ports.Faulty() {
		s.namedPorts(ports)
	} else if n := cmp.Or(s.node.Field("port"), ports); n != nil {
		number, _ := portNumber(n)
		s.addPort(app.Port{Name: "http", Number: number, Protocol: "TCP", App: "http"})
		s.fromSpec("ports[http]", n)
	} else if s.app.Kind == app.Service || s.app.Kind == app.Stateful {
		number := int32(s.fromTier("ports[http].number", "port"))
		s.addPort(app.Port{Name: "http", Number: number, Protocol: "TCP", App: "http"})
		s.derived("ports[http]", "the port of a service that names none")
	}
	s.main = s.mainPort(keys(s.node.Field("ports")))
	s.lowPort(s.app.Ports)
}

// namedPorts reads ports by name; the name says what is spoken there.
func (s *spec) namedPorts(ports *load.Node) {
	if len(ports.Fields) == 0 && ports.Kind == load.Struct && s.app.Kind == app.Service {
		s.fail("ports", "service-has-port", "a service without a port cannot be called", "at least one port", `add http: 8080, or use kind: "worker"`)
	}
	byNumber := map[string]*load.Node{} // protocol and number
	for _, n := range ports.Fields {
		number, ok := portNumber(n)
		p := app.Port{Name: n.Key, Number: number, Protocol: "TCP", App: spoken(n.Key)}
		if strings.HasPrefix(n.Key, "udp") {
			p.Protocol = "UDP"
		}
		key := fmt.Sprint(p.Protocol, p.Number)
		if other := byNumber[key]; other != nil && ok {
			s.w.errorAt(n, "ports-differ", s.path("ports."+n.Key), fmt.Sprintf("port %d is also that of %q (%s)", number, other.Key, other.Pos), "a number of its own for each port", "")
			continue
		}
		byNumber[key] = n
		if strings.Contains(n.Key, "--") {
			s.w.errorAtKey(n, "bad-name", s.path("ports."+n.Key), fmt.Sprintf("%q has two dashes in a row, which Kubernetes refuses in the name of a port", n.Key), "a name with single dashes", "")
		}
		s.addPort(p)
		s.fromSpec("ports["+n.Key+"]", n)
	}
}

// spoken is the protocol that a port's name promises; empty: bytes that only the app understands.
func spoken(name string) string {
	switch {
	case strings.HasPrefix(name, "grpc"):
		return "grpc"
	case strings.HasPrefix(name, "https"):
		return "" // what is encrypted by the app itself is nothing that we could probe or route
	case strings.HasPrefix(name, "http"):
		return "http"
	}
	return ""
}

// addPort adds a port, keeping them by name.
func (s *spec) addPort(p app.Port) {
	i, _ := slices.BinarySearchFunc(s.app.Ports, p, func(a, b app.Port) int { return cmp.Compare(a.Name, b.Name) })
	s.app.Ports = slices.Insert(s.app.Ports, i, p)
}

// mainPort is the port that probes, metrics and routes mean when they name none: http, else the first one that speaks HTTP,
// else the first of all, in the order that the team wrote them.
func (s *spec) mainPort(order []string) *app.Port {
	if len(s.app.Ports) == 0 {
		return nil
	}
	rank := func(p app.Port) int {
		switch {
		case p.Name == "http":
			return 0
		case p.App == "http":
			return 1
		case p.Protocol == "TCP":
			return 2
		}
		return 3
	}
	best := slices.MinFunc(s.app.Ports, func(a, b app.Port) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name)))
	})
	return &best
}

// findPort returns the port with a number; false: the app has none.
func (s *spec) findPort(number int32) (app.Port, bool) {
	i := slices.IndexFunc(s.app.Ports, func(p app.Port) bool { return p.Number == number && p.Protocol == "TCP" })
	if i < 0 {
		return app.Port{}, false
	}
	return s.app.Ports[i], true
}

// portOf finds the port with own's number, and adds own when the app has none of that number.
func (s *spec) portOf(field string, n *load.Node, own app.Port) (app.Port, bool) {
	if port, ok := s.findPort(own.Number); ok {
		return port, true
	}
	for _, p := range s.app.Ports {
		if p.Name == own.Name {
			s.w.errorAt(n, "ports-differ", s.path(field), fmt.Sprintf("port %q is %d, not %d", own.Name, p.Number, own.Number), "one number for the port of that name", "")
			return app.Port{}, false
		}
	}
	s.addPort(own)
	s.fromSpec("ports["+own.Name+"]", n)
	s.lowPort([]app.Port{own})
	return own, true
}

// portAt finds the port that a field names, or gives by its number; own, with that number, where the app has none of it.
func (s *spec) portAt(field string, n *load.Node, own app.Port) (app.Port, bool) {
	if text(n) == "" {
		number, ok := portNumber(n)
		if own.Number = number; !ok {
			return app.Port{}, false
		}
		return s.portOf(field, n, own)
	}
	i := portIndex(s.app.Ports, n)
	switch {
	case i < 0:
		s.w.errorAt(n, "port-is-known", s.path(field), "the app has no "+portText(n), s.portList(), s.similarPort(n))
	case s.app.Ports[i].Protocol == "UDP":
		s.w.errorAt(n, "port-is-known", s.path(field), portText(n)+" is UDP, and this is asked over TCP", "a TCP port", "")
	default:
		return s.app.Ports[i], true
	}
	return app.Port{}, false
}

// portText writes a port that a field names or numbers: "port 8080", `port "http"`.
func portText(n *load.Node) string {
	if name := text(n); name != "" {
		return "port " + strconv.Quote(name)
	}
	return "port " + n.Text
}

// similarPort suggests the port whose name was meant.
func (s *spec) similarPort(n *load.Node) string {
	var names []string
	for _, p := range s.app.Ports {
		names = append(names, p.Name)
	}
	return didYouMean(text(n), names)
}

// portList writes the app's ports as a message does: "http (8080) and grpc (9090)". The number of one that the loader has refused
// is 0.
func (s *spec) portList() string {
	var names []string
	for _, p := range s.app.Ports {
		name := p.Name
		if p.Number > 0 {
			name = fmt.Sprintf("%s (%d)", p.Name, p.Number)
		}
		names = append(names, name)
	}
	return load.Prose(names, "and")
}

// lowPort decides whether the pod must let processes that are not root bind ports below 1024.
func (s *spec) lowPort(ports []app.Port) {
	for _, p := range ports {
		if p.Number > 0 && p.Number < firstUnprivileged && !s.app.LowPort {
			s.app.LowPort = true
			s.derived("lowPort", "port %s is %d", p.Name, p.Number)
		}
	}
}
