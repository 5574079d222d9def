package resolve

import (
	"fmt"
	"slices"
	"strings"
)

// takenDatabase says why an app cannot own a database of this name, and a role that is called the same.
func takenDatabase(name string) string {
	switch {
	case slices.Contains([]string{"postgres", "template0", "template1", "streaming_replica"}, name):
		return fmt.Sprintf("%q belongs to the server itself", name)
	case strings.HasPrefix(name, "pg_"), strings.HasPrefix(name, "cnpg_"):
		return fmt.Sprintf("names such as %q are kept for the server and its operator", name)
	}
	return ""
}

// distinctClusters reports a database that has the name of another thing of its namespace: the operator makes an identity and a role
// for each database and pooler that bear its name, as each Job beside an app has.
func (w *world) distinctClusters() {
	type owner struct {
		s *spec
		companion
	}
	first := map[[2]string]owner{}
	claim := func(s *spec, c companion, database bool) {
		key := [2]string{s.app.Namespace, c.name}
		other, taken := first[key]
		if taken && database {
			s.fail("needs", "derived-names-differ", fmt.Sprintf("%q is the name of %s and of %s of %q (%s)", c.name, c.what, other.what, other.s.name, other.s.node.KeyPos), "names that nothing else in the namespace has", "rename a need")
		}
		if !taken {
			first[key] = owner{s, c}
		}
	}
	for _, s := range w.specs {
		for _, j := range s.app.Jobs {
			claim(s, companion{j.Name, "the " + j.Component + " of " + j.For}, false)
		}
	}
	for _, s := range w.specs {
		for _, c := range s.clusterCompanions() {
			claim(s, c, true)
		}
	}
}

// clusterCompanions are what the operator makes beside an app, and gives an identity.
func (s *spec) clusterCompanions() []companion {
	var out []companion
	for _, c := range s.app.Clusters {
		out = append(out, companion{c.Name, "the database of the need " + c.Need})
		if c.Pooler != nil {
			out = append(out, companion{c.Pooler.Name, "the pooler of the need " + c.Need})
		}
		if c.Archive != nil && c.Archive.Drill != "" {
			out = append(out, companion{c.Archive.Drill, "the copy that rehearsals make of " + c.Need})
		}
	}
	return out
}

// clusterServices are the Services of databases: of the primary, of its replicas, and of any server.
func (s *spec) clusterServices() []companion {
	var out []companion
	for _, c := range s.app.Clusters {
		for _, service := range []string{"-rw", "-ro", "-r"} {
			out = append(out, companion{c.Name + service, "a Service of the database of the need " + c.Need})
		}
	}
	return out
}
