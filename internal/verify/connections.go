package verify

import "github.com/scantling/scantling/internal/diag"

// connections are about databases that many pods share.
var connections = []Guarantee{{
	Name:    "connections-fit-database",
	Promise: "every database accepts the connections of all of its clients at their most, with the pods that rollouts have in excess",
	Why:     "a pool that is full waits, but a database that is full refuses: at the peak, new pods fail and old ones lose what they had",
	Source:  "https://www.postgresql.org/docs/current/runtime-config-connection.html",
	Foreign: diag.Error,
	check:   connectionsFitDatabase,
}}
