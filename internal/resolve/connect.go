package resolve

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// A delivery is one thing that an app is told about a need: the variable PREFIX_SUFFIX.
type delivery struct {
	suffix string
	value  func(*link) string // a literal; empty: there is nothing to tell, and no variable
	key    string             // instead of value: a key of the credentials, if there are any
	file   bool               // the key is a file, and the variable holds its path
}

// deliveries is what an app is told about each kind of need. What comes from the credentials is missing where the platform
// says that the server takes none.
//
//	app          HOST PORT ADDR
//	postgres     HOST PORT ADDR DATABASE, USER PASSWORD_FILE,
//	mysql        READ_HOST with readers,
//	mongodb      POOL_MAX POOL_MIN_IDLE CONN_MAX_LIFETIME with pool
//	redis        HOST PORT ADDR, PASSWORD_FILE,
//	             TIMEOUT TTL_JITTER of a cache
//	kafka        BROKERS, USER PASSWORD_FILE
//	rabbitmq     HOST PORT ADDR, USER PASSWORD_FILE
//	objectstore  BUCKET ENDPOINT (a URL) REGION, ACCESS_KEY_FILE SECRET_KEY_FILE
//	external     HOST PORT ADDR
//
// Each of a server's gets TLS (disable, prefer, require or verify-full) where the platform states it, and CA_FILE with verify-full.
// Files lie in /var/run/secrets/NEED and are named like the key. A url adds the variable that it names.
var deliveries = map[app.NeedKind][]delivery{
	app.NeedApp:      address,
	app.NeedExternal: address,
	app.NeedPostgres: database,
	app.NeedMySQL:    database,
	app.NeedMongoDB:  database,
	app.NeedRedis:    append(server[:5:5], cacheTimeout, cacheJitter, password),
	app.NeedRabbitMQ: append(server[:5:5], user, password),
	app.NeedKafka: {
		{suffix: "BROKERS", value: (*link).addr},
		tlsMode,
		caFile,
		user,
		password,
	},
	app.NeedObjectStore: {
		{suffix: "BUCKET", value: func(l *link) string { return l.bucket }},
		{suffix: "ENDPOINT", value: (*link).endpoint},
		{suffix: "REGION", value: func(l *link) string { return l.region }},
		{suffix: "ACCESS_KEY_FILE", key: "accessKey", file: true},
		{suffix: "SECRET_KEY_FILE", key: "secretKey", file: true},
	},
}

var (
	user     = delivery{suffix: "USER", key: "username"}
	password = delivery{suffix: "PASSWORD_FILE", key: "password", file: true}

	// How long to wait for a cache before going on without it, and the share by which times to live differ at random.
	cacheTimeout = delivery{suffix: "TIMEOUT", value: func(l *link) string {
		return l.ofCache(fmt.Sprintf("%dms", l.caller.number("cacheTimeoutMillis")))
	}}
	cacheJitter = delivery{suffix: "TTL_JITTER", value: func(l *link) string {
		return l.ofCache(decimal(float64(l.caller.number("cacheJitterPercent")) / 100))
	}}

	address = []delivery{
		{suffix: "HOST", value: func(l *link) string { return l.need.Host }},
		{suffix: "PORT", value: func(l *link) string { return strconv.Itoa(int(l.need.Port)) }},
		{suffix: "ADDR", value: (*link).addr},
	}

	tlsMode = delivery{suffix: "TLS", value: (*link).statedTLS}
	caFile  = delivery{suffix: "CA_FILE", value: (*link).caFile}
	server  = append(address[:3:3], tlsMode, caFile)

	database = append(server[:5:5],
		delivery{suffix: "DATABASE", value: func(l *link) string { return l.need.Database }},
		delivery{suffix: "READ_HOST", value: func(l *link) string { return l.readHost }},
		delivery{suffix: "POOL_MAX", value: (*link).pool},
		// As many idle connections as busy ones: fewer would be opened and closed at every burst.
		delivery{suffix: "POOL_MIN_IDLE", value: (*link).pool},
		// So that connections move to new replicas, and away from old ones, within minutes of a failover.
		delivery{suffix: "CONN_MAX_LIFETIME", value: func(l *link) string {
			if l.need.Pool == 0 {
				return ""
			}
			return "5m"
		}},
		user, password)
)

// schemes are how each kind's connection URLs begin.
var schemes = map[app.NeedKind]string{
	app.NeedPostgres: "postgres",
	app.NeedMySQL:    "mysql",
	app.NeedMongoDB:  "mongodb",
	app.NeedRedis:    "redis",
	app.NeedKafka:    "kafka",
	app.NeedRabbitMQ: "amqp",
}

// urlKey is the key of the credentials that holds the connection URL.
const urlKey = "url"

func (l *link) addr() string { return net.JoinHostPort(l.need.Host, strconv.Itoa(int(l.need.Port))) }

func (l *link) pool() string {
	if l.need.Pool == 0 {
		return ""
	}
	return strconv.Itoa(int(l.need.Pool))
}

// ofCache is what only a cache has.
func (l *link) ofCache(value string) string {
	if l.need.Purpose != "cache" {
		return ""
	}
	return value
}

// endpoint is the URL of an object store. Only one inside the cluster may do without TLS, and does.
func (l *link) endpoint() string {
	switch {
	case l.peer.Namespace != "":
		return "http://" + l.addr()
	case l.need.Port == 443:
		return "https://" + l.need.Host
	default:
		return "https://" + l.addr()
	}
}

// url is a need's connection URL; with credentials it is a template over them for external-secrets. What may stand between
// "//" and "@" is not what may stand in a query: a space is %20 there, never +.
func (l *link) url() string {
	const quoted = ` | urlquery | replace "+" "%20" }}`
	u := schemes[l.need.Kind] + "://"
	if l.store != "" {
		for _, d := range l.credentialKeys() {
			if d.file {
				u += ":"
			}
			u += "{{ ." + d.key + quoted
		}
		u += "@"
	}
	u += l.addr()
	if l.need.Database != "" {
		u += "/" + l.need.Database
	}
	return l.encrypted(u)
}

// credentialKeys are what the need's kind takes from its credentials.
func (l *link) credentialKeys() []delivery {
	var out []delivery
	for _, d := range deliveries[l.need.Kind] {
		if d.key != "" {
			out = append(out, d)
		}
	}
	return out
}

// secretKeys are what the store holds of the need's: its credentials, and what its server is known by.
func (l *link) secretKeys() []delivery {
	keys := l.credentialKeys()
	if l.statedTLS() == "verify-full" {
		keys = append(keys, delivery{key: "ca", file: true})
	}
	return keys
}

// variables are what the app is told about the need.
func (l *link) variables() []app.Variable {
	var out []app.Variable
	for _, d := range deliveries[l.need.Kind] {
		v := app.Variable{Name: l.need.Prefix + "_" + d.suffix}
		switch {
		case d.key == "":
			v.Value = d.value(l)
		case l.need.Secret == "":
		case d.file:
			v.Value = secretDirectory(l.need.Name) + "/" + d.key
		default:
			v.Secret, v.Key = l.need.Secret, d.key
		}
		if v.Value != "" || v.Secret != "" {
			out = append(out, v)
		}
	}
	return out
}

// urlVariable is the variable with the connection URL, and where the need asks for it; nil: it doesn't.
func (l *link) urlVariable() (app.Variable, *load.Node) {
	n := l.node.Field("url")
	switch {
	case l.caller.cluster(l.need.Name) != nil:
		return app.Variable{Name: text(n), Secret: l.need.Secret, Key: clusterURLKey}, n
	case l.store == "":
		return app.Variable{Name: text(n), Value: l.url()}, n
	}
	return app.Variable{Name: text(n), Secret: l.need.Secret, Key: urlKey}, n
}

// note says where the variables of a need come from.
func (l *link) note() string {
	note := "the need " + l.need.Name
	if l.server != nil {
		note += ", served by " + l.server.KeyPos.String()
	}
	return note
}

// defaultPrefix is the need's name as the beginning of a variable's name: "orders-db" is "ORDERS_DB".
func defaultPrefix(need string) string {
	return strings.ToUpper(strings.ReplaceAll(need, "-", "_"))
}
