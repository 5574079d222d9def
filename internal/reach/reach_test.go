package reach_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

// world is two namespaces of which all is known, shop with web, db and cache, and team with web; and one of which only the pods are.
const world = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {purpose: sales}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: team}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, ports: [{name: sql, containerPort: 5432}, {name: http, containerPort: 9000}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache, namespace: shop, labels: {app: cache, tier: back}}
spec: {containers: [{name: cache}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team, labels: {app: web}}
spec: {containers: [{name: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: elsewhere, labels: {app: web}}
spec: {containers: [{name: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: team, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: agent}]}
`

// graph reads the world and the policies in it.
func graph(t *testing.T, policies string) (*inventory.Set, *reach.Graph) {
	t.Helper()
	objects, err := manifest.Parse("world.yaml", []byte(world+"---\n"+policies))
	if err != nil {
		t.Fatal(err)
	}
	s := inventory.New(objects)
	if len(s.Unreadable) > 0 {
		t.Fatalf("%s", s.Unreadable[0].Text)
	}
	return s, reach.New(s)
}

// end reads an end: NAMESPACE/POD of the set, NAMESPACE/KEY=VALUE of others, addresses, a host, or "api".
func end(t *testing.T, s *inventory.Set, text string) reach.End {
	t.Helper()
	for _, w := range s.Workloads {
		if w.Namespace+"/"+w.Name == text {
			return reach.Pod(w)
		}
	}
	if block, err := netip.ParsePrefix(text); err == nil {
		return reach.End{Block: block}
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return reach.End{Block: netip.PrefixFrom(address, address.BitLen())}
	}
	namespace, label, ok := strings.Cut(text, "/")
	key, value, labelled := strings.Cut(label, "=")
	switch {
	case text == "api":
		return reach.End{API: true}
	case ok && labelled:
		return reach.End{Namespace: namespace, Labels: map[string]string{key: value}}
	case ok:
		t.Fatalf("there is no pod %s", text)
	}
	return reach.End{Host: text}
}

// ask answers "FROM > TO [PROTOCOL] PORT".
func ask(t *testing.T, s *inventory.Set, g *reach.Graph, question string) string {
	t.Helper()
	words := strings.Fields(question)
	number, err := strconv.Atoi(words[len(words)-1])
	if err != nil || len(words) < 4 {
		t.Fatalf("%q: %v", question, err)
	}
	port := reach.Port{Number: int32(number)}
	if len(words) == 5 {
		port.Protocol = words[3]
	}
	return [...]string{"no", "maybe", "yes"}[g.Allows(end(t, s, words[0]), end(t, s, words[2]), port)]
}

// check asks questions of policies; each line of them is "QUESTION: ANSWER".
func check(t *testing.T, policies, questions string) {
	t.Helper()
	s, g := graph(t, policies)
	for line := range strings.Lines(strings.TrimSpace(questions)) {
		at := strings.LastIndex(line, ": ")
		question, want := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+2:])
		if got := ask(t, s, g, question); got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
	}
}

const policyHead = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: "

func TestNetworkPolicies(t *testing.T) {
	for name, c := range map[string]struct{ spec, questions string }{
		"without a policy for them pods are open": {"{podSelector: {matchLabels: {app: cache}}}", `
			team/web > shop/web 8080: yes
			shop/web > 1.2.3.4 443: yes
			team/web > shop/cache 80: no
			shop/cache > shop/db 5432: yes`},
		"types default to ingress": {"{podSelector: {}, ingress: []}", `
			shop/web > 1.2.3.4 443: yes
			shop/web > shop/db 5432: no`},
		"types default to both with an egress rule": {"{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 1.2.3.0/24}}]}]}", `
			shop/web > 1.2.3.4 443: yes
			shop/web > 1.2.4.4 443: no
			team/web > shop/web 8080: no`},
		"rules of a direction that is not listed mean nothing": {"{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}", `
			shop/web > 1.2.3.4 443: yes
			shop/web > shop/db 5432: no`},
		"a podSelector alone is for the same namespace": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}", `
			shop/web > shop/db 5432: yes
			shop/cache > shop/db 5432: no
			team/web > shop/db 5432: no`},
		"both selectors in one peer must hold": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {purpose: sales}}, podSelector: {matchLabels: {app: web}}}]}]}", `
			shop/web > shop/db 5432: yes
			shop/cache > shop/db 5432: no
			team/web > shop/db 5432: no`},
		"in two peers either does": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team}}}, {podSelector: {matchLabels: {app: cache}}}]}]}", `
			shop/web > shop/db 5432: no
			shop/cache > shop/db 5432: yes
			team/web > shop/db 5432: yes`},
		"an empty namespaceSelector is every namespace": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}}]}]}", `
			team/web > shop/db 5432: yes
			monitoring/app=prometheus > shop/db 5432: yes
			1.2.3.4 > shop/db 5432: no`},
		"labels of a namespace that is not in the set are not known": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {purpose: sales}}}]}]}", `
			shop/web > shop/db 5432: yes
			team/web > shop/db 5432: no
			elsewhere/web > shop/db 5432: maybe`},
		"expressions": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [back]}, {key: app, operator: Exists}]}}]}]}", `
			shop/web > shop/db 5432: yes
			shop/db > shop/db 5432: yes
			shop/cache > shop/db 5432: no`},
		"pods of which some labels are known": {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}, podSelector: {matchLabels: {app: prometheus}}}]}]}", `
			monitoring/app=prometheus > shop/db 5432: yes
			monitoring/app=grafana > shop/db 5432: no
			monitoring/name=prometheus > shop/db 5432: maybe
			other/app=prometheus > shop/db 5432: no`},
		"no peers are everybody": {"{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}", `
			team/web > shop/db 5432: yes
			1.2.3.4 > shop/db 5432: yes
			team/web > shop/db 5433: no`},
		"an empty rule is everybody on every port":   {"{podSelector: {matchLabels: {app: db}}, ingress: [{}]}", "1.2.3.4 > shop/db UDP 99: yes"},
		"a peer of the wrong form is nobody":         {"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{}, {ipBlock: {cidr: nonsense}}]}]}", "shop/web > shop/db 5432: no"},
		"the protocol is TCP unless it is said":      {"{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}, {port: 99, protocol: UDP}]}]}", "shop/web > 1.2.3.4 53: yes\nshop/web > 1.2.3.4 UDP 53: no\nshop/web > 1.2.3.4 UDP 99: yes"},
		"a protocol without a port is all its ports": {"{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP}]}]}", "shop/web > 1.2.3.4 UDP 5: yes\nshop/web > 1.2.3.4 5: no"},
		"ranges of ports":                            {"{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 8000, endPort: 8010}]}]}", "shop/web > 1.2.3.4 7999: no\nshop/web > 1.2.3.4 8000: yes\nshop/web > 1.2.3.4 8010: yes\nshop/web > 1.2.3.4 8011: no"},
		"a name is each pod's own port": {"{podSelector: {}, ingress: [{ports: [{port: http}]}]}", `
			team/web > shop/web 8080: yes
			team/web > shop/web 9000: no
			team/web > shop/db 9000: yes
			team/web > shop/cache 8080: no`},
		"a name in egress is the port of who is called": {"{podSelector: {matchLabels: {app: cache}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", `
			shop/cache > shop/web 8080: yes
			shop/cache > shop/db 9000: yes
			shop/cache > shop/db 8080: no
			shop/cache > other/app=x 8080: maybe`},
		"a block leaves out": {"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16]}}]}]}", `
			shop/web > 1.2.3.4 443: yes
			shop/web > 10.1.2.3 443: no
			shop/web > 169.254.169.254 80: no
			shop/web > 0.0.0.0/0 443: yes
			shop/web > 2001:db8::1 443: no
			shop/web > api.example.org 443: yes
			shop/web > shop/db 5432: no`},
		"pods may have addresses of a block of a private network": {"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}", `
			shop/web > shop/db 5432: maybe
			shop/web > 10.1.0.0/16 443: yes
			shop/web > 0.0.0.0/0 443: maybe
			shop/web > api 443: maybe
			shop/web > api.example.org 443: maybe`},
		"IPv6": {"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: '::/0', except: ['fc00::/7']}}]}]}", `
			shop/web > 2001:db8::1 443: yes
			shop/web > fd00:ec2::254 80: no
			shop/web > 1.2.3.4 443: no`},
		"pods in their node's network are governed by none, and are known by its address": {"{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", `
			shop/web > team/agent 80: yes
			team/agent > shop/web 8080: maybe`},
	} {
		t.Run(name, func(t *testing.T) { check(t, policyHead+c.spec, c.questions) })
	}
}

const (
	ciliumHead     = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: "
	ciliumWideHead = "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: p}\nspec: "
)

func TestCiliumPolicies(t *testing.T) {
	for name, c := range map[string]struct{ policy, questions string }{
		"endpoints of the same namespace": {ciliumHead + "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {'k8s:app': web}}]}]}", `
			shop/web > shop/db 5432: yes
			shop/cache > shop/db 5432: no
			team/web > shop/db 5432: no
			shop/db > 1.2.3.4 443: yes`},
		"endpoints of another": {ciliumHead + "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': team, 'any:app': web}}]}]}", `
			shop/web > shop/db 5432: no
			team/web > shop/db 5432: yes`},
		"endpoints by labels of namespaces": {ciliumHead + "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.purpose': sales}}]}]}", `
			shop/web > shop/db 5432: yes
			team/web > shop/db 5432: no`},
		"an empty rule closes":                {ciliumHead + "{endpointSelector: {}, ingress: [{}]}", "shop/web > shop/db 5432: no\nshop/web > 1.2.3.4 443: yes"},
		"an empty list of endpoints is none":  {ciliumHead + "{endpointSelector: {}, ingress: [{fromEndpoints: []}]}", "shop/web > shop/db 5432: no"},
		"no rules close nothing":              {ciliumHead + "{endpointSelector: {}, ingress: []}", "shop/web > shop/db 5432: yes"},
		"ports alone are for everybody":       {ciliumHead + "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]}", "team/web > shop/db 5432: yes\nteam/web > shop/db 80: no"},
		"a protocol that is not said is any":  {ciliumHead + "{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '53'}]}]}]}", "shop/web > 1.2.3.4 53: yes\nshop/web > 1.2.3.4 UDP 53: yes"},
		"port 0 and names and ranges":         {ciliumHead + "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '0', protocol: UDP}, {port: sql, protocol: TCP}, {port: '8000', endPort: 8010, protocol: ANY}]}]}]}", "team/web > shop/db UDP 77: yes\nteam/web > shop/db 5432: yes\nteam/web > shop/web 5432: no\nteam/web > shop/web 8005: yes"},
		"what is denied is closed":            {ciliumHead + "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{}]}], ingressDeny: [{fromEndpoints: [{matchLabels: {tier: back}}]}]}", "shop/web > shop/db 5432: yes\nshop/cache > shop/db 5432: no"},
		"a refusal may close the rest or not": {ciliumHead + "{endpointSelector: {}, enableDefaultDeny: {egress: false}, egressDeny: [{toCIDR: [169.254.169.254]}]}", "shop/web > 1.2.3.4 443: yes\nshop/web > 169.254.169.254 80: no"},
		"entities": {ciliumHead + "{endpointSelector: {}, egress: [{toEntities: [kube-apiserver]}, {toEntities: [world], toPorts: [{ports: [{port: '443', protocol: TCP}]}]}, {toEntities: [cluster], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}", `
			shop/web > api 6443: yes
			shop/web > 1.2.3.4 443: yes
			shop/web > 1.2.3.4 80: no
			shop/web > api.example.org 443: yes
			shop/web > shop/db 80: yes
			shop/web > shop/db 443: no`},
		"all is everybody":                  {ciliumHead + "{endpointSelector: {}, egress: [{toEntities: [all]}]}", "shop/web > 169.254.169.254 80: yes\nshop/web > shop/db 5432: yes"},
		"blocks are never pods":             {ciliumHead + "{endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}]}", "shop/web > 1.2.3.4 443: yes\nshop/web > 10.0.0.1 443: no\nshop/web > shop/db 5432: no"},
		"a set of blocks kept elsewhere":    {ciliumHead + "{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupRef: partners}]}]}", "shop/web > 1.2.3.4 443: maybe"},
		"hosts by name and by pattern":      {ciliumHead + "{endpointSelector: {}, egress: [{toFQDNs: [{matchName: API.example.org}, {matchPattern: '*.acme.io'}]}]}", "shop/web > api.example.org 443: yes\nshop/web > s3.acme.io 443: yes\nshop/web > acme.io 443: no\nshop/web > 1.2.3.4 443: maybe\nshop/web > 169.254.169.254 80: no\nshop/web > shop/db 5432: no"},
		"for the whole cluster":             {ciliumWideHead + "{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{matchLabels: {app: cache}}]}]}", "shop/cache > team/web 80: yes\nshop/db > team/web 80: no\nshop/db > shop/web 80: no"},
		"of nodes, about no pods":           {ciliumWideHead + "{nodeSelector: {}, ingress: [{}]}", "shop/web > shop/db 5432: yes"},
		"by services, which are not read":   {ciliumHead + "{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: db}}]}]}", "shop/web > shop/db 5432: maybe"},
		"the rules of DNS leave ports open": {ciliumHead + "{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': kube-system, 'k8s:k8s-app': kube-dns}}], toPorts: [{ports: [{port: '53', protocol: UDP}], rules: {dns: [{matchPattern: '*'}]}}]}]}", "shop/web > kube-system/k8s-app=kube-dns UDP 53: yes\nshop/web > kube-system/k8s-app=kube-dns 53: no"},
		"several in one object":             {"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\nspecs: [{endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}, {endpointSelector: {matchLabels: {app: web}}, egress: [{}]}]", "shop/cache > shop/db 5432: no\nshop/cache > shop/web 8080: yes\nshop/web > 1.2.3.4 443: no\nshop/db > 1.2.3.4 443: yes"},
		"fields of other types are nobody":  {ciliumHead + "{endpointSelector: {}, egress: [{toEndpoints: [7], toEntities: [{}], toPorts: [7]}, 7]}", "shop/web > shop/db 5432: yes\nshop/web > 1.2.3.4 443: no"},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.policy, c.questions) })
	}
}

// TestPoliciesAdd holds both ends, and policies of both kinds, together.
func TestPoliciesAdd(t *testing.T) {
	check(t, policyHead+"{podSelector: {}, policyTypes: [Ingress, Egress]}\n---\n"+
		strings.Replace(policyHead, "name: p", "name: q", 1)+"{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}\n---\n"+
		ciliumHead+"{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: '5432'}]}]}]}", `
		shop/web > shop/db 5432: yes
		shop/web > shop/db 9000: no
		shop/cache > shop/db 5432: no
		shop/web > shop/cache 80: no`)
}

// TestOtherKindsAreNotRead wants nothing to be certain where policies are that are not read.
func TestOtherKindsAreNotRead(t *testing.T) {
	check(t, "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {}}", `
		team/web > shop/web 8080: maybe
		shop/web > team/web 8080: maybe
		team/web > elsewhere/web 8080: yes`)
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ policy, from, to, want string }{
		{"{podSelector: {}, policyTypes: [Egress]}", "shop/web", "shop/db", "no egress rule of NetworkPolicy/p reaches shop/db on TCP 5432"},
		{"{podSelector: {}, ingress: []}", "shop/web", "shop/db", "no ingress rule of NetworkPolicy/p opens TCP 5432"},
		{"{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: edge}}}, {ipBlock: {cidr: 1.2.3.0/24}}, {namespaceSelector: {matchLabels: {a: b}}}, {namespaceSelector: {}}]}]}", "1.1.1.1", "shop/db",
			"NetworkPolicy/p opens TCP 5432 only to 1.2.3.0/24, app=edge of shop and 2 more"},
		{"{podSelector: {}, ingress: [{}]}", "shop/web", "shop/db", ""},
	} {
		s, g := graph(t, policyHead+c.policy)
		if got := g.Refusal(end(t, s, c.from), end(t, s, c.to), reach.Port{Number: 5432}); got != c.want {
			t.Errorf("%s: %q, want %q", c.policy, got, c.want)
		}
	}
	s, g := graph(t, ciliumHead+"{endpointSelector: {}, egressDeny: [{toEntities: [world]}]}")
	want := "spec.egressDeny[0] of CiliumNetworkPolicy/p forbids it"
	if got := g.Refusal(end(t, s, "shop/web"), end(t, s, "1.2.3.4"), reach.Port{Number: 443}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// pieces are policies, and rules to add to them, of which the properties below are built.
var (
	selectors = []string{"{}", "{matchLabels: {app: web}}", "{matchLabels: {app: db}}", "{matchExpressions: [{key: tier, operator: DoesNotExist}]}"}
	peers     = []string{
		"{podSelector: {}}", "{podSelector: {matchLabels: {app: web}}}", "{namespaceSelector: {}}", "{namespaceSelector: {matchLabels: {purpose: sales}}}",
		"{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team}}, podSelector: {matchLabels: {app: web}}}",
	}
	ports = []string{"[]", "[{port: 5432}]", "[{port: http}]", "[{port: 5000, endPort: 9000}]", "[{protocol: UDP}]"}
)

// answers asks about all pairs of ends on ports that mean something.
func answers(t *testing.T, policies string) map[string]reach.Answer {
	t.Helper()
	s, g := graph(t, policies)
	all := map[string]reach.Answer{}
	names := []string{"shop/web", "shop/db", "shop/cache", "team/web", "elsewhere/web", "1.2.3.4", "10.1.1.1", "monitoring/app=web"}
	for _, from := range names {
		for _, to := range names {
			for _, port := range []reach.Port{{Number: 5432}, {Number: 8080}, {Number: 9000}, {Number: 53, Protocol: "UDP"}} {
				all[fmt.Sprint(from, to, port)] = g.Allows(end(t, s, from), end(t, s, to), port)
			}
		}
	}
	return all
}

// TestAddingOpensOrCloses wants that a rule more never closes a connection, and that a policy more on pods that no policy governed
// never opens one.
func TestAddingOpensOrCloses(t *testing.T) {
	plain := answers(t, "")
	for i, selector := range selectors {
		for _, direction := range []string{"ingress", "egress"} {
			types, field := "Ingress", "from"
			if direction == "egress" {
				types, field = "Egress", "to"
			}
			policy := func(rules ...string) string {
				return policyHead + fmt.Sprintf("{podSelector: %s, policyTypes: [%s], %s: [%s]}", selector, types, direction, strings.Join(rules, ", "))
			}
			one := fmt.Sprintf("{%s: [%s], ports: %s}", field, peers[i], ports[i])
			with := answers(t, policy(one))
			for question, answer := range with {
				if answer > plain[question] {
					t.Errorf("%s opens %s", policy(one), question)
				}
			}
			for _, peer := range peers {
				for _, port := range ports {
					other := fmt.Sprintf("{%s: [%s], ports: %s}", field, peer, port)
					for question, answer := range answers(t, policy(one, other)) {
						if answer < with[question] {
							t.Errorf("%s besides %s closes %s", other, one, question)
						}
					}
				}
			}
		}
	}
}

func TestMembers(t *testing.T) {
	_, g := graph(t, policyHead+"{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team}}}, {ipBlock: {cidr: 1.2.3.0/24}}]}]}")
	var got []string
	for _, peer := range g.Policies[0].Rules[0].Peers {
		var members []string
		for _, w := range g.Members(peer) {
			members = append(members, w.Namespace+"/"+w.Name)
		}
		got = append(got, strings.Join(members, " "))
	}
	// Pods in their node's network are members of nothing for certain.
	if want := []string{"shop/web", "shop/web team/web elsewhere/web", "team/web", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
