package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

// connectionsFitDatabase adds up pool × pods of all who are led to a database by its name.
func connectionsFitDatabase(c *checker) {
	databases := append(statedDatabases(c), operatedDatabases(c)...)
	if len(databases) == 0 {
		return
	}
	clients := clientsByHost(c)
	for i := range databases {
		db := &databases[i]
		for _, host := range db.hosts {
			for _, u := range clients[host] {
				if u.port == 0 || db.port == 0 || u.port == db.port {
					db.clients = append(db.clients, u)
				}
			}
		}
		db.settle(c)
	}
}

// database is a server, and who connects to it.
type database struct {
	name     string
	hosts    []string          // as canonicalHost gives them
	port     int               // 0: any
	object   *inventory.Object // that states it; nil: the platform does
	path     string            // of its number of connections in the object
	accepts  int64             // connections; 0: not stated
	reserved int64             // of those, for others than its clients
	clients  []client
}

// client is one who opens connections.
type client struct {
	*inventory.Object
	path  string
	port  int   // that it connects to; 0: not stated
	pool  int64 // of one pod; 0: not stated
	pods  atOnce
	fixed bool // not bounded by the client, but by what it is: a tool that opens one or two
}

func (u client) most() int64 { return u.pool * u.pods.total() }

// settle says whether the sum fits. A database that no object states is told of at the client that opens most.
func (db *database) settle(c *checker) {
	var sum int64
	var open []client // whose pools are not known
	users := slices.DeleteFunc(db.clients, func(u client) bool { return u.fixed })
	if len(users) == 0 {
		return
	}
	for _, u := range users {
		if sum += u.most(); u.pool == 0 {
			open = append(open, u)
		}
	}
	free := db.accepts - db.reserved
	slices.SortStableFunc(users, func(a, b client) int { return cmp.Compare(b.most(), a.most()) })
	switch {
	case db.accepts == 0:
		for _, u := range users {
			c.unknown(cmp.Or(db.object, u.Object), "how many connections %s accepts", db.name)
		}
	case sum > free:
		path := db.path
		if db.object == nil {
			path = users[0].path
		}
		c.violated(cmp.Or(db.object, users[0].Object), path, "scale everything to its most and release it: %s = %d connections, and %s has %d for them", connectionSum(users), sum, db.name, free)
	case len(open) > 0:
		for _, u := range open {
			c.unknown(u.Object, "how many connections each of its pods opens at %s, which has %d", db.name, free)
		}
	case db.object != nil:
		c.proved(db.object, "%s = %d of %d connections", connectionSum(users), sum, free)
	default:
		for _, u := range users {
			c.proved(u.Object, "%s of %d connections that %s has, of which all of its clients open %d", connectionTerm(u), free, db.name, sum)
		}
	}
}

// connectionTerm is one summand as a person writes it.
func connectionTerm(u client) string { return fmt.Sprintf("%s %d × %s", u.Name, u.pool, u.pods) }

// connectionSum writes out a sum, the largest terms first.
func connectionSum(users []client) string {
	const shown = 6
	var parts []string
	for i, u := range users {
		if i == shown {
			parts = append(parts, fmt.Sprintf("%d more", len(users)-shown))
			break
		}
		if u.pool > 0 {
			parts = append(parts, connectionTerm(u))
		}
	}
	return strings.Join(parts, " + ")
}
