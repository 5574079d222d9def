package verify

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// How apps are told of a server and of their pool at it: PREFIX_HOST or PREFIX_ADDR, and one of the others beside it.
var (
	hostSuffixes = []string{"_HOST", "_ADDR"}
	poolSuffixes = []string{"_POOL_MAX", "_POOL_SIZE", "_MAX_POOL_SIZE", "_MAX_OPEN_CONNS"}
)

// clientsByHost returns who is led to each host by an environment variable.
func clientsByHost(c *checker) map[string][]client {
	configs := map[placedName]*inventory.Keys{}
	for _, k := range c.Configs {
		configs[placedName{k.Namespace, k.Name}] = k
	}
	by := map[string][]client{}
	for _, w := range c.Workloads {
		for i := range w.Template.Spec.InitContainers {
			addClients(by, w, environment(w, &w.Template.Spec.InitContainers[i], configs), containerPath(w, "initContainers", i))
		}
		for i := range w.Template.Spec.Containers {
			addClients(by, w, environment(w, &w.Template.Spec.Containers[i], configs), containerPath(w, "containers", i))
		}
	}
	return by
}

// addClients takes in one container. What names a server twice, by host and by address, is one client.
func addClients(by map[string][]client, w *inventory.Workload, env map[string]string, path string) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		for _, suffix := range hostSuffixes {
			prefix, ok := strings.CutSuffix(name, suffix)
			if !ok || strings.HasSuffix(prefix, "_READ") || seen[prefix] {
				continue
			}
			seen[prefix] = true
			host, port := canonicalHost(env[name], w.Namespace), env[prefix+"_PORT"]
			if _, p, err := net.SplitHostPort(env[name]); err == nil {
				port = p
			}
			u := newClient(w, env, prefix, path+".env")
			u.port, _ = strconv.Atoi(port)
			by[host] = append(by[host], u)
		}
	}
}

// newClient reads the pool beside a host. What runs to its end and has none is a tool: its connections are among the reserved ones.
func newClient(w *inventory.Workload, env map[string]string, prefix, path string) client {
	u := client{Object: w.Object, path: path, pods: podsAtOnce(w)}
	for _, suffix := range poolSuffixes {
		if n, err := strconv.ParseInt(env[prefix+suffix], 10, 32); err == nil && n > 0 {
			u.pool = n
			break
		}
	}
	u.fixed = u.pool == 0 && !w.Serves() && w.Ours()
	return u
}

// placedName names an object of a kind that is known.
type placedName struct{ namespace, name string }

// environment returns the variables of a container that lie open: literals, and what ConfigMaps of the set give.
func environment(w *inventory.Workload, k *corev1.Container, configs map[placedName]*inventory.Keys) map[string]string {
	env := map[string]string{}
	for _, from := range k.EnvFrom {
		if from.ConfigMapRef == nil {
			continue
		}
		if m := configs[placedName{w.Namespace, from.ConfigMapRef.Name}]; m != nil {
			for key, value := range m.Values {
				env[from.Prefix+key] = value
			}
		}
	}
	for _, v := range k.Env {
		if v.ValueFrom == nil {
			env[v.Name] = v.Value
			continue
		}
		if ref := v.ValueFrom.ConfigMapKeyRef; ref != nil {
			if m := configs[placedName{w.Namespace, ref.Name}]; m != nil {
				env[v.Name] = m.Values[ref.Key]
			}
		}
	}
	return env
}

// canonicalHost is one form of a host's names: NAME.NAMESPACE of a Service, without a port.
func canonicalHost(value, namespace string) string {
	host := value
	if h, _, err := net.SplitHostPort(value); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	host = strings.TrimSuffix(strings.TrimSuffix(host, ".cluster.local"), ".svc")
	if host != "" && !strings.Contains(host, ".") && !strings.Contains(host, ":") {
		host += "." + namespace
	}
	return host
}
