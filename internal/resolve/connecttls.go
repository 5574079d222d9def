package resolve

import (
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// statedTLS is how the platform says that clients connect to the need's server; empty: it says nothing, and clients do what they do.
func (l *link) statedTLS() string { return text(l.server.Field("tls")) }

// caFile is where an app finds the certificate that it knows the server by. A server without credentials has nothing in the store.
func (l *link) caFile() string {
	if l.statedTLS() != "verify-full" || l.need.Secret == "" {
		return ""
	}
	return secretDirectory(l.need.Name) + "/ca"
}

// encrypted adds to a connection URL what the platform says about TLS, as far as the clients of a kind agree on how it is written: those
// of MySQL and Kafka don't.
func (l *link) encrypted(url string) string {
	mode, ca := l.statedTLS(), l.caFile()
	must := mode == "require" || mode == "verify-full"
	with := func(parameter, certificate string) string {
		if ca != "" {
			parameter += "&" + certificate + "=" + ca
		}
		return url + "?" + parameter
	}
	switch kind := l.need.Kind; {
	case kind == app.NeedPostgres && mode != "":
		return with("sslmode="+mode, "sslrootcert")
	case kind == app.NeedMongoDB && must:
		return with("tls=true", "tlsCAFile")
	case (kind == app.NeedRedis || kind == app.NeedRabbitMQ) && must:
		return strings.Replace(url, "://", "s://", 1)
	}
	return url
}
