package resolve

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// identity decides who the app is: its tier with the tier's numbers, its kind, owner and namespace, and what it runs.
func (s *spec) identity() {
	s.decided("name", app.BySpec, s.node.KeyPos, "")
	s.tier()
	s.kind()
	team := s.node.Field("team")
	s.app.Team = text(team)
	s.decided("team", app.BySpec, at(team, s.node), "")
	if runbooks := s.w.facts.teams.Field(s.app.Team).Field("runbooks"); runbooks != nil {
		s.app.Runbooks = text(runbooks)
		s.decided("runbooks", app.ByPlatform, runbooks.Pos, "")
	}
	s.namespace()
	if command := s.node.Field("command"); command != nil {
		s.app.Command = texts(command)
		s.fromSpec("command", command)
	}
	if args := s.node.Field("args"); args != nil {
		s.app.Args = texts(args)
		s.fromSpec("args", args)
	}
	for _, field := range []string{"command", "args"} {
		for i, arg := range texts(s.node.Field(field)) {
			if kind := secretValue(arg); kind != "" {
				s.fail(fmt.Sprintf("%s[%d]", field, i), "secret-in-plain-text", "holds "+kind+" (not shown)", "secrets from the platform's store", secretHelp)
			}
		}
	}
	if user, ok := integer(s.node.Field("user")); ok {
		s.app.User = user
		s.fromSpec("user", s.node.Field("user"))
	} else {
		s.app.User = s.fromTier("user", "user")
	}
}

// tier finds the table of the app's tier; an unknown tier, which the loader has reported, counts as standard.
func (s *spec) tier() {
	n := s.node.Field("tier")
	s.app.Tier = app.Tier(text(n))
	s.decided("tier", app.BySpec, at(n, s.node), "")
	pin := s.node.Field("defaults")
	known := s.w.facts.versions
	version, ok := known[textOr(pin, s.w.facts.defaults)]
	if !ok {
		newest := versionNames(known)[0]
		version = known[newest]
		if pin != nil {
			s.w.unknownVersion(pin, known, s.path("defaults"))
		}
	}
	s.tiers = version.tiers
	s.table, ok = s.tiers[s.app.Tier]
	if !ok {
		s.table = s.tiers[app.Standard]
	}
}

// kind decides the shape of the workload, and checks the fields that belong to one shape only.
func (s *spec) kind() {
	n := s.node.Field("kind")
	s.app.Kind = app.Kind(textOr(n, string(app.Service)))
	if n == nil {
		s.derived("kind", "the default; another one is only taken when the spec names it")
	} else {
		s.fromSpec("kind", n)
	}
	if !slices.Contains([]app.Kind{app.Service, app.Worker, app.Cron, app.Stateful}, s.app.Kind) {
		s.app.Kind = app.Service // the loader has reported it, and nobody knows which fields belong to it
		return
	}
	if n.Faulty() {
		return
	}
	switch schedule, storage := s.node.Field("schedule"), s.node.Field("storage"); {
	case s.app.Kind == app.Cron && schedule == nil:
		s.fail("kind", "cron-needs-schedule", "a cron app needs a schedule", "schedule: five fields, in UTC", `add schedule: "30 2 * * *"`)
	case s.app.Kind == app.Stateful && len(fields(storage)) == 0 && !storage.Faulty():
		s.fail("kind", "stateful-needs-storage", "a stateful app needs storage", "at least one volume", `add storage: {data: {size: "20Gi", mount: "/var/lib/data"}}, or use kind: "service"`)
	}
	if s.app.Kind != app.Cron {
		s.onlyFor("schedule", "cron-fields", "only a cron app has a schedule", `add kind: "cron", or remove the field`)
		s.onlyFor("deadline", "cron-fields", "only a cron app has a deadline", `add kind: "cron", or remove the field`)
		return
	}
	for _, field := range []string{"scale", "replicas", "rollout", "expose", "singleton", "traffic", "health", "metrics"} {
		s.onlyFor(field, "cron-fields", "a cron app has no "+field+": each run is one pod that ends", `remove the field, or use kind: "worker"`)
	}
}

// onlyFor reports a field that this kind of app does not have.
func (s *spec) onlyFor(field, rule, problem, help string) {
	if n := s.node.Field(field); n != nil && !isFalse(n) {
		s.w.errorAtKey(n, rule, s.path(field), problem, "", help)
	}
}

// namespace decides where the app lives: where it says, else where its team lives.
func (s *spec) namespace() {
	if n := s.node.Field("namespace"); n != nil {
		s.app.Namespace = text(n)
		s.fromSpec("namespace", n)
	} else if n := s.w.facts.teams.At(s.app.Team, "namespace"); n != nil {
		s.app.Namespace = text(n)
		s.decided("namespace", app.ByPlatform, n.Pos, "the namespace of team "+strconv.Quote(s.app.Team))
	} else {
		s.app.Namespace = s.app.Team
		s.decided("namespace", app.ByDerived, at(s.node.Field("team"), s.node), "the team's name")
	}
	if reserved := s.w.ownerOf(s.app.Namespace); reserved != "" {
		s.fail("namespace", "namespace-reserved", fmt.Sprintf("namespace %q belongs to %s", s.app.Namespace, reserved), "a namespace of the team's own", "")
	}
}

// reservedNamespaces are those that a namespace of ours, with its quota and its deny-all policy, would break.
var reservedNamespaces = map[string]string{
	"kube-system":     "Kubernetes",
	"kube-public":     "Kubernetes",
	"kube-node-lease": "Kubernetes",
}

// ownerOf returns whom a namespace belongs to that no app may live in; empty: nobody.
func (w *world) ownerOf(namespace string) string {
	switch {
	case w.env.Has("velero") && namespace == w.env.Velero:
		return "Velero: the keys of all backups lie there"
	case w.env.Has("cnpg") && namespace == w.env.CNPG:
		return "CloudNativePG: its rights reach every database"
	}
	return reservedNamespaces[namespace]
}

// groups decides whether the pod's group must own its volumes: as soon as one holds files that the app reads or writes.
func (s *spec) groups() {
	var why string
	switch {
	case len(s.app.Volumes) > 0:
		why = "a persistent volume is mounted"
	case len(s.app.Access) > 0:
		why = "a token for the Kubernetes API is mounted"
	default:
		for _, secret := range s.app.Secrets {
			if secret.Path != "" {
				why = "secret " + secret.Name + " is mounted"
			}
		}
	}
	if why != "" {
		s.app.FSGroup = true
		s.derived("fsGroup", "%s", why)
	}
}
