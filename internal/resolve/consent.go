package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// consents holds the needs of callers against the calledBy of callees, both ways.
func (g *graph) consents() {
	for _, s := range g.specs {
		list := s.node.Field("calledBy")
		named := make(map[string]bool, len(elems(list)))
		for _, n := range elems(list) {
			named[text(n)] = true
		}
		calls := make(map[string]bool, len(g.callers[s]))
		for _, l := range g.callers[s] {
			calls[l.caller.name] = true
			if !named[l.caller.name] {
				g.noConsent(l, list)
			}
		}
		for i, n := range elems(list) {
			if name := text(n); name != "" && !calls[name] {
				g.noCall(s, n, fmt.Sprintf("calledBy[%d]", i))
			}
		}
	}
}

// noConsent reports a need that the callee does not consent to; list is its calledBy, which may be absent.
func (g *graph) noConsent(l *link, list *load.Node) {
	callee := l.callee
	problem := fmt.Sprintf("%q (%s) has no calledBy", callee.name, callee.node.KeyPos)
	help := fmt.Sprintf("add calledBy: [%q] to %q", l.caller.name, callee.name)
	if list != nil {
		problem = fmt.Sprintf("calledBy of %q (%s) does not name %q", callee.name, list.KeyPos, l.caller.name)
		help = fmt.Sprintf("add %q there", l.caller.name)
	}
	g.errorAtKey(l.key, "callee-consents", l.path, problem, fmt.Sprintf("the consent of %q", callee.name), help)
}

// noCall reports an entry of calledBy whose app does not need this one. Apps of other repositories, and those that are not in this
// environment, cannot be asked.
func (g *graph) noCall(s *spec, n *load.Node, field string) {
	name := text(n)
	caller, foreign := g.byName[name], g.facts.apps.Field(name)
	switch {
	case caller == s:
		s.fail(field, "caller-calls", fmt.Sprintf("%q names itself", name), "another app", "remove it: an app's pods are not kept from one another by calledBy")
	case caller != nil && caller.node.At("needs", s.name) != nil:
		// The need stands there and is wrong in another way, which has been said.
	case caller != nil:
		where := caller.node.KeyPos
		if needs := caller.node.Field("needs"); needs != nil {
			where = needs.KeyPos
		}
		s.fail(field, "caller-calls", fmt.Sprintf("%q (%s) does not need %q", name, where, s.name), "an app that needs this one",
			fmt.Sprintf("add needs: {%s: {app: {}}} to %q, or remove it here", quoteName(s.name), name))
	case foreign != nil, g.absent[name].IsValid():
	default:
		known := g.known()
		s.fail(field, "need-is-known", fmt.Sprintf("there is no app %q", name), oneOf("an app of this project or of platform.apps", known), didYouMean(name, known))
	}
}

// foreignCallers lets in the apps of other repositories that calledBy names: to the port that a need without port means. Where
// there is none, nobody can look up which one they call, so to all that serve more than metrics.
func (g *graph) foreignCallers(s *spec) {
	for i, n := range elems(s.node.Field("calledBy")) {
		foreign := g.facts.apps.Field(text(n))
		if foreign == nil || g.byName[text(n)] != nil {
			continue
		}
		ports := s.servicePorts()
		if i := portIndex(ports, nil); i >= 0 {
			ports = ports[i : i+1]
		}
		field := fmt.Sprintf("calledBy[%d]", i)
		if len(ports) == 0 {
			s.fail(field, "need-has-port", fmt.Sprintf("%q may call this app, which listens on no port", foreign.Key), "an app with a port", "add port: 8080, or remove it here")
			continue
		}
		from := foreignPods(foreign)
		s.app.Ingress = append(s.app.Ingress, app.Edge{Name: foreign.Key, Peer: from, Ports: ports})
		s.decided("ingress["+foreign.Key+"]", app.BySpec, n.Pos, "")
		g.peerMustAdd(n.Pos, s.path(field), foreign.Key, "egress from "+podsText(from)+" to "+portsText(ports)+" of "+podsText(s.pods()))
	}
}
