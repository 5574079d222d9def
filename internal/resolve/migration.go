package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// migration decides the Job that changes the database before a new version starts: it has the secrets and variables of the app, and
// reaches its databases.
func (s *spec) migration() {
	n := s.node.Field("migrate")
	if n == nil || n.Kind != load.Struct {
		return
	}
	if s.app.Kind == app.Cron {
		s.w.errorAtKey(n, "cron-fields", s.path("migrate"), "a cron app has no rollout that a migration could run before", "", `remove it, or migrate at the beginning of each run`)
		return
	}
	m := &app.Migration{Command: texts(n.Field("command"))}
	s.app.Migration = m
	s.decided("migration", app.BySpec, n.Pos, "")
	if command := n.Field("command"); command != nil && command.Kind == load.List && len(command.Elems) == 0 {
		s.fail("migrate.command", "migration-runs-something", "the command is empty", "the program that migrates", `e.g. ["/app/migrate", "up"]`)
	}
	s.migrationImage(n.Field("image"))
	m.DeadlineSeconds = s.fromTier("migration.deadlineSeconds", "migrationSeconds")
	m.Retries = int32(s.fromTier("migration.retries", s.migrationRetries()))
	s.migrationReaches(n)
	s.migrationKnows()
	if s.w.env.Delivery == "flux" {
		s.note("migrate", "migration-has-stage", "by itself Flux starts the migration and the new version at the same time", "a Kustomization that applies what is labelled scantling.dev/stage=migration, and one for the rest that depends on it", "docs/delivery.md has both, to be written once")
	}
	if r := s.app.Rollout.Strategy; r == app.BlueGreen || r == app.Canary {
		s.note("migrate", "migration-fits-both", fmt.Sprintf("during a %s rollout the old and the new version work on one schema", r), "changes that the old version bears: add first, remove in a later release", "")
	}
}

// migrationRetries names the number of retries. The tools that don't wait for a database which is made for the app begin the first
// migration before it is there; helm even before it is made, which no retry mends.
func (s *spec) migrationRetries() string {
	if len(s.app.Clusters) > 0 && slices.Contains([]string{"kubectl", "flux"}, s.w.env.Delivery) {
		return "migrationDatabaseRetries"
	}
	return "migrationRetries"
}

// migrationImage decides what the Job runs: what the spec names, else the newest version, which knows the newest schema.
func (s *spec) migrationImage(stated *load.Node) {
	m := s.app.Migration
	switch o := s.app.Other; {
	case stated != nil:
		ref, problem := parseReference(text(stated))
		if problem != "" {
			return // the loader has said so
		}
		s.checkImage(ref, text(stated), stated.Pos, s.path("migrate.image"))
		m.Image, m.Version = text(stated), version(ref)
		s.fromSpec("migration.image", stated)
	case o != nil && s.app.Rollout.Phase != app.PhasePrevious:
		m.Image, m.Version = o.Image, o.Version
		s.derived("migration.image", "the image of the version that comes in")
	default:
		m.Image, m.Version = s.app.Image, s.app.Version
		s.derived("migration.image", "the app's image")
	}
}

// holdsSchema reports whether a need is a database that a migration may change: a server of the platform, or a stateful app.
func (s *spec) holdsSchema(need app.Need) bool {
	switch need.Kind {
	case app.NeedPostgres, app.NeedMySQL, app.NeedMongoDB:
		return true
	case app.NeedApp:
		callee := s.w.byName[need.Name]
		return callee != nil && callee.app.Kind == app.Stateful
	}
	return false
}

// namesDatabase reports whether the spec names a database, also one that was reported and left out, or needs that nobody can read.
func (s *spec) namesDatabase() bool {
	needs := s.node.Field("needs")
	return needs.Faulty() || slices.ContainsFunc(fields(needs), func(n *load.Node) bool {
		return n.Faulty() || slices.ContainsFunc(fields(n), func(kind *load.Node) bool { return s.holdsSchema(app.Need{Name: n.Key, Kind: app.NeedKind(kind.Key)}) })
	})
}

// migrationReaches opens the way from the Job to the databases, and for those of this project into them.
func (s *spec) migrationReaches(n *load.Node) {
	m := s.app.Migration
	job := app.Peer{Namespace: s.app.Namespace, Labels: kube.MigrationPeerLabels(s.app)}
	for _, need := range s.app.Needs {
		i := slices.IndexFunc(s.app.Egress, func(e app.Edge) bool { return e.Name == need.Name })
		if i < 0 || !s.holdsSchema(need) {
			continue
		}
		edge, cluster := s.app.Egress[i], s.cluster(need.Name)
		if cluster != nil {
			edge = s.migrates(cluster, job)
			s.beforeDatabase(n)
		} else if cluster = s.w.clusterBehind(edge.Peer); cluster != nil {
			cluster.Ingress = admit(cluster.Ingress, kube.MigrationName(s.app), job)
		}
		m.Egress = append(m.Egress, edge)
		s.derived("migration.egress["+edge.Name+"]", "the need %s", need.Name)
		if callee := s.w.byName[need.Name]; need.Kind == app.NeedApp && callee != nil {
			in := app.Edge{Name: kube.MigrationName(s.app), Peer: job, Ports: edge.Ports}
			callee.app.Ingress = append(callee.app.Ingress, in)
			slices.SortStableFunc(callee.app.Ingress, func(a, b app.Edge) int { return strings.Compare(a.Name, b.Name) })
			callee.decided("ingress["+in.Name+"]", app.BySpec, n.KeyPos, "")
		} else if len(edge.Peer.Labels) > 0 && !s.w.facts.local && cluster == nil {
			s.w.peerMustAdd(n.KeyPos, s.path("migrate"), need.Instance, "ingress from "+podsText(job)+" to "+portsText(edge.Ports)+" of "+podsText(edge.Peer))
		}
	}
	if len(m.Egress) == 0 && !s.namesDatabase() {
		s.warn("migrate", "migration-has-database", "the app needs no database: the migration could reach nothing", "a need of kind postgres, mysql or mongodb, or a stateful app", "add needs: {orders: {postgres: {}}}")
	}
}

// migrationKnows gives the Job the app's variables and secrets, without the credentials of what it doesn't reach. Under helm the Job runs before the app's Secrets are made, so it
// gets its own copies of those that come from the store.
func (s *spec) migrationKnows() {
	m := s.app.Migration
	own := map[string]string{} // names of copies, by the name of the app's Secret
	for _, secret := range s.app.Secrets {
		if s.beyondMigration(secret.Name) {
			continue
		}
		if s.w.env.Delivery == "helm" && secret.Store != nil {
			rest := strings.TrimPrefix(secret.Name, s.name+"-")
			own[secret.Name] = kube.Name(s.name, "migrate", rest)
			secret.Name = own[secret.Name]
		}
		if s.w.env.Delivery == "helm" && secret.Sealed != nil {
			s.warn("migrate", "migration-finds-secrets", fmt.Sprintf("under helm the migration of the first install runs before the sealed secret %q is opened", secret.Name), "a secret from the platform's store, or one that exists", "")
		}
		m.Secrets = append(m.Secrets, secret)
	}
	if len(m.Secrets) > 0 {
		s.derived("migration.secrets", "those of the app")
	}
	for _, v := range s.app.Variables {
		if s.get("migrate.image") != nil && slices.Contains(runtimeVariables, v.Name) && s.node.At("env", v.Name) == nil {
			continue
		}
		if s.opensBeyond(v) {
			continue
		}
		if name, copied := own[v.Secret]; copied {
			v.Secret = name
		}
		m.Variables = append(m.Variables, s.pastPooler(v))
	}
	if len(m.Variables) > 0 {
		s.derived("migration.variables", "those of the app")
	}
}

// beyondMigration reports whether a Secret opens nothing but a need that the migration doesn't reach, such as a payment service.
func (s *spec) beyondMigration(secret string) bool {
	var beyond bool
	for _, need := range s.app.Needs {
		if need.Secret != secret {
			continue
		}
		if slices.ContainsFunc(s.app.Migration.Egress, func(e app.Edge) bool { return e.Name == need.Name }) {
			return false
		}
		beyond = true
	}
	return beyond
}

// opensBeyond reports whether a variable holds such a credential, or the path of one.
func (s *spec) opensBeyond(v app.Variable) bool {
	return slices.ContainsFunc(s.app.Needs, func(need app.Need) bool {
		mounted := strings.HasPrefix(v.Value, secretDirectory(need.Name)+"/") && strings.HasPrefix(v.Name, need.Prefix+"_")
		return need.Secret != "" && (mounted || v.Secret == need.Secret) && s.beyondMigration(need.Secret)
	})
}
