package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// pods selects the app's own pods.
func (s *spec) pods() app.Peer {
	return app.Peer{Namespace: s.app.Namespace, Labels: kube.PeerLabels(s.name, s.app.Kind)}
}

// foreignPods selects the pods of an app of another repository.
func foreignPods(n *load.Node) app.Peer {
	labels := textMap(n.Field("labels"))
	if labels == nil {
		labels = map[string]string{kube.LabelName: n.Key}
	}
	return app.Peer{Namespace: text(n.Field("namespace")), Labels: labels}
}

// findApp links a need to an app of this project, or to one of another repository that the platform knows.
func (g *graph) findApp(l *link) bool {
	name := l.need.Name
	if fallback := l.node.Field("fallback"); fallback != nil && !l.need.Soft {
		g.warnAt(fallback, "fallback-needs-soft", l.path+".app.fallback", "the need is hard: without it the app fails, whatever the fallback says", "", "add soft: true, or remove fallback")
	}
	if l.need.Soft && l.caller.app.Tier == app.Critical && l.node.Field("fallback") == nil {
		g.warnAt(l.node.Field("soft"), "soft-need-has-fallback", l.path+".app.soft", fmt.Sprintf("nothing says what %q does while %q is away", l.caller.name, name), "fallback: what a user gets then", `add fallback: "prices of the last hour"`)
	}
	callee, foreign := g.byName[name], g.facts.apps.Field(name)
	switch {
	case callee == l.caller:
		g.errorAtKey(l.key, "need-is-another", l.path, fmt.Sprintf("%q needs itself", name), "another app", "remove it: the members of a stateful app reach each other without a need, and other pods have no reason to")
		return false
	case callee != nil:
		l.callee, l.peer = callee, callee.pods()
		return g.calleePort(l)
	case foreign != nil:
		l.peer = foreignPods(foreign)
		return g.foreignPort(l, foreign)
	case g.absent[name].IsValid() && l.need.Soft:
		g.report(diag.Diagnostic{Severity: diag.Note, Rule: "need-is-there", Pos: l.key.KeyPos, Path: l.path,
			Problem: fmt.Sprintf("%q (%s) is not in environment %q: the soft need is left out", name, g.absent[name], g.env.Name)})
	case g.absent[name].IsValid():
		g.errorAtKey(l.key, "need-is-there", l.path, fmt.Sprintf("%q (%s) is not in environment %q", name, g.absent[name], g.env.Name), "an app that runs wherever this one does",
			fmt.Sprintf("add soft: true if %q works without it, or environments: {%s: false}", l.caller.name, g.env.Name))
	default:
		g.noApp(l)
	}
	return false
}

// noApp reports a need of an app that nobody knows.
func (g *graph) noApp(l *link) {
	name := l.need.Name
	known := g.known()
	help := didYouMean(name, known)
	if db := g.facts.databases.Field(name); db != nil && help == "" {
		help = fmt.Sprintf("it is a database of the platform (%s): write %s: {}", db.KeyPos, text(db.Field("kind")))
	}
	if help == "" {
		help = fmt.Sprintf(`an app of another repository: add platform: {apps: {%s: {namespace: "NAMESPACE", port: 8080}}}; a host outside: write external: {host: "HOST"}`, name)
	}
	g.errorAtKey(l.key, "need-is-known", l.path, fmt.Sprintf("there is no app %q", name), oneOf("an app of this project or of platform.apps", known), help)
}

// known are the apps that needs and calledBy may name, sorted.
func (g *graph) known() []string {
	names := keys(g.facts.apps)
	for _, s := range g.specs {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// oneOf is what a name must be, with the names while a reader can still take them in.
func oneOf(what string, names []string) string {
	const most = 12 // names
	if len(names) == 0 || len(names) > most {
		return what
	}
	return what + ": " + load.Prose(names, "or")
}

// calleePort finds the port of a callee that the need names, else the one it must mean.
func (g *graph) calleePort(l *link) bool {
	callee, wanted := l.callee, l.node.Field("port")
	who := fmt.Sprintf("%q (%s)", callee.name, callee.node.KeyPos)
	ports := callee.app.Ports
	if wanted == nil {
		ports = callee.servicePorts()
	}
	i := portIndex(ports, wanted)
	switch {
	case wanted.Faulty(), callee.node.Field("kind").Faulty():
		return false
	case len(ports) == 0:
		g.errorAtKey(l.key, "need-has-port", l.path, who+" listens on no port", "an app with a port", fmt.Sprintf("add port: 8080 to %q", callee.name))
		return false
	case i < 0 && wanted != nil:
		g.errorAt(wanted, "need-has-port", l.path+".app.port", who+" has no "+portText(wanted), callee.portList(), callee.similarPort(wanted))
		return false
	case i < 0:
		g.errorAtKey(l.key, "need-has-port", l.path, who+" has several ports and none is named http", "one of "+callee.portList(), fmt.Sprintf("write app: {port: %d}", ports[0].Number))
		return false
	}
	l.port = ports[i]
	l.need.Port, l.need.Host = l.port.Number, serviceName(callee.name, l.peer.Namespace)
	return true
}

// servicePorts are the ports that other apps may mean: all but those that serve metrics or answer probes and do nothing else.
func (s *spec) servicePorts() []app.Port {
	return slices.DeleteFunc(slices.Clone(s.app.Ports), func(p app.Port) bool {
		return p.Name == metricsPort || p.Name == healthPort && s.get("ports."+healthPort) == nil
	})
}

// foreignPort finds the port of an app of another repository.
func (g *graph) foreignPort(l *link, foreign *load.Node) bool {
	stated, wanted := foreign.Field("port"), l.node.Field("port")
	number, ok := portNumber(stated)
	if text(wanted) != "" {
		g.errorAt(wanted, "need-has-port", l.path+".app.port", fmt.Sprintf("%q (%s) is of another repository: its ports have no names here", foreign.Key, foreign.KeyPos), "the port's number", "")
		return false
	}
	if n, also := portNumber(wanted); also && ok && n != number {
		g.errorAt(wanted, "need-has-port", l.path+".app.port", fmt.Sprintf("%q (%s) has no port %d", foreign.Key, foreign.KeyPos, n), strconv.Itoa(int(number)), "")
		return false
	} else if also {
		number, ok = n, true
	}
	if !ok {
		g.errorAtKey(l.key, "fact-missing", l.path, fmt.Sprintf("nothing says which port %q (%s) listens on", foreign.Key, foreign.KeyPos), "platform.apps."+foreign.Key+".port", "write app: {port: 8080}, or add port to the platform")
		return false
	}
	l.port = app.Port{Number: number, Protocol: "TCP"}
	l.need.Port, l.need.Host = number, serviceName(foreign.Key, l.peer.Namespace)
	g.peerMustAdd(l.key.KeyPos, l.path, foreign.Key, "ingress from "+podsText(l.caller.pods())+" to "+portsText([]app.Port{l.port})+" of "+podsText(l.peer))
	return true
}

// peerMustAdd tells which half of a policy lies in another repository.
func (r *reporter) peerMustAdd(pos diag.Pos, path, peer, policy string) {
	r.report(diag.Diagnostic{Severity: diag.Note, Rule: "peer-must-add", Pos: pos, Path: path,
		Problem: fmt.Sprintf("%q is deployed from another repository, where its half of the connection must be stated", peer), Help: "its policy must allow " + policy})
}

// serviceName is the DNS name of an app's Service.
func serviceName(name, namespace string) string { return name + "." + namespace + ".svc" }

// portIndex returns the index of the port that n names by name or number, or without n of the one that must be meant: the only
// one, or the one named http. It is -1 when there is none.
func portIndex(ports []app.Port, n *load.Node) int {
	switch {
	case n != nil:
		return slices.IndexFunc(ports, func(p app.Port) bool { return p.Name == n.Text || strconv.Itoa(int(p.Number)) == n.Text })
	case len(ports) == 1:
		return 0
	default:
		return slices.IndexFunc(ports, func(p app.Port) bool { return p.Name == "http" })
	}
}

// portsText writes ports as a policy's author needs them: "TCP 8080 and UDP 53".
func portsText(ports []app.Port) string {
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = p.Protocol + " " + strconv.Itoa(int(p.Number))
	}
	return load.Prose(out, "and")
}

// podsText writes a peer as a policy's author needs it: "pods app.kubernetes.io/name=cart in namespace shop".
func podsText(p app.Peer) string {
	labels := make([]string, 0, len(p.Labels))
	for k, v := range p.Labels {
		labels = append(labels, k+"="+v)
	}
	slices.Sort(labels)
	return "pods " + strings.Join(labels, ",") + " in namespace " + p.Namespace
}
