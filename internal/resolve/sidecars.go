package resolve

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/scantling/scantling/internal/app"
)

// sidecars decides the further containers of the app's pods.
func (s *spec) sidecars() {
	byPort := map[int32]string{}
	for _, p := range s.app.Ports {
		byPort[p.Number] = fmt.Sprintf("port %q of the app", p.Name)
	}
	for _, n := range fields(s.node.Field("sidecars")) {
		field, path := "sidecars."+n.Key, "sidecars["+n.Key+"]"
		sc := app.Sidecar{Name: n.Key, Image: text(n.Field("image")), Args: texts(n.Field("args"))}
		s.decided(path, app.BySpec, n.KeyPos, "")
		if n.Key == s.name {
			s.w.errorAtKey(n, "containers-differ", s.path(field), fmt.Sprintf("%q is the app's own container", n.Key), "another name", "")
		}
		if ref, problem := parseReference(sc.Image); problem == "" {
			s.checkImage(ref, sc.Image, at(n.Field("image"), n), s.path(field+".image"))
		}
		for i, arg := range sc.Args {
			if kind := secretValue(arg); kind != "" {
				s.fail(fmt.Sprintf("%s.args[%d]", field, i), "secret-in-plain-text", "holds "+kind+" (not shown)", "secrets from the platform's store", secretHelp)
			}
		}
		sc.Variables = s.literals(n.Field("env"), s.path(field+".env"), nil)
		if port, ok := portNumber(n.Field("port")); ok {
			if other := byPort[port]; other != "" {
				s.fail(field+".port", "ports-differ", fmt.Sprintf("port %d is also %s: containers of a pod share their ports", port, other), "a number of its own", "")
			}
			byPort[port] = fmt.Sprintf("that of sidecar %q", n.Key)
			sc.Ports = []app.Port{{Name: sidecarPortName(n.Key), Number: port, Protocol: "TCP"}}
			s.lowPort(sc.Ports)
		}
		sc.Resources = s.sidecarResources(path+".resources", field)
		s.app.Sidecars = append(s.app.Sidecars, sc)
	}
	slices.SortFunc(s.app.Sidecars, func(a, b app.Sidecar) int { return cmp.Compare(a.Name, b.Name) })
}

// maxPortName is the most characters that the name of a port may have (IANA_SVC_NAME).
const maxPortName = 15

// sidecarPortName names a sidecar's port after it. Names of ports are stricter than those of containers: without a letter, or with two
// dashes in a row, they are refused.
func sidecarPortName(sidecar string) string {
	name := shortName(sidecar, maxPortName)
	if len(validation.IsValidPortName(name)) > 0 {
		return shortName("port/"+sidecar, maxPortName) // cut to "port-", a character and a hash
	}
	return name
}

// sidecarResources decides what a sidecar asks for and may use: like the main container, but of size xs.
func (s *spec) sidecarResources(path, field string) app.Resources {
	var r app.Resources
	r.CPUMilli, r.MemoryBytes = s.size(path, s.get(field+".size"), "xs")
	r.CPULimitMilli = r.CPUMilli * s.number("cpuLimitPercent") / 100
	if r.CPULimitMilli > 0 {
		s.fromTier(path+".cpuLimitMilli", "cpuLimitPercent")
	}
	r.MemoryLimitBytes = r.MemoryBytes * s.fromTier(path+".memoryLimitBytes", "memoryLimitPercent") / 100
	r.EphemeralBytes = s.fromTier(path+".ephemeralBytes", "ephemeralRequestMiB") * mebibyte
	r.EphemeralLimitBytes = s.fromTier(path+".ephemeralLimitBytes", "ephemeralLimitMiB") * mebibyte
	return r
}
