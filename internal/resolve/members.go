package resolve

import "github.com/scantling/scantling/internal/app"

// members opens the connections between the pods of one stateful app: they hold shares of the same data and must agree on it.
// Pods of other kinds have no reason to know each other.
func (s *spec) members() {
	ports := s.servicePorts()
	if s.app.Kind != app.Stateful || s.app.Replicas.Max < 2 || len(ports) == 0 {
		return
	}
	own := app.Edge{Name: s.name, Peer: s.pods(), Ports: ports}
	s.app.Ingress = append(s.app.Ingress, own)
	s.app.Egress = append(s.app.Egress, own)
	for _, direction := range []string{"ingress", "egress"} {
		s.derived(direction+"["+s.name+"]", "the members of a stateful app")
	}
}
