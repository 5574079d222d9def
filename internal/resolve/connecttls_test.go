package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// Clients connect as the platform says, in the words of their kind, and know the server by the certificate that lies beside their
// credentials.
func TestAppsAreToldAboutTLS(t *testing.T) {
	see := func(a *app.App) string {
		var out []string
		for _, v := range a.Variables {
			if strings.HasSuffix(v.Name, "_TLS") || strings.HasSuffix(v.Name, "_CA_FILE") {
				out = append(out, v.Name+"="+v.Value)
			}
		}
		for _, s := range a.Secrets {
			for _, d := range s.Store.Data {
				out = append(out, "key "+d.Key)
			}
			for _, i := range s.Items {
				out = append(out, "file "+i.File)
			}
			out = append(out, s.Store.Template[urlKey])
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct{ kind, server, want string }{
		{"postgres", ``, `key password, key username, file password, postgres://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:5432/db`},
		{"postgres", `tls: "disable"`, `DB_TLS=disable, key password, key username, file password, postgres://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:5432/db?sslmode=disable`},
		{"postgres", `tls: "verify-full"`, `DB_CA_FILE=/var/run/secrets/db/ca, DB_TLS=verify-full, key ca, key password, key username, file password, file ca, postgres://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:5432/db?sslmode=verify-full&sslrootcert=/var/run/secrets/db/ca`},
		{"mongodb", `tls: "verify-full"`, `DB_CA_FILE=/var/run/secrets/db/ca, DB_TLS=verify-full, key ca, key password, key username, file password, file ca, mongodb://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:27017/db?tls=true&tlsCAFile=/var/run/secrets/db/ca`},
		{"mongodb", `tls: "prefer"`, `DB_TLS=prefer, key password, key username, file password, mongodb://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:27017/db`},
		{"mysql", `tls: "require"`, `DB_TLS=require, key password, key username, file password, mysql://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:3306/db`},
		{"redis", `tls: "require"`, `DB_TLS=require, key password, file password, rediss://:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:6379`},
		{"rabbitmq", `tls: "require"`, `DB_TLS=require, key password, key username, file password, amqps://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:5672`},
		{"kafka", `tls: "require"`, `DB_TLS=require, key password, key username, file password, kafka://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.acme.io:9092`},
		{"redis", `tls: "verify-full", secret: false`, `DB_TLS=verify-full`}, // nothing is in the store: the certificates of the image must do
	} {
		platform := strings.Replace(testPlatform, "platform: {", fmt.Sprintf("platform: {\n\tdatabases: db: {kind: %q, host: \"db.acme.io\", cidrs: [\"10.0.0.0/24\"]}\n\tdatabases: db: {%s}", c.kind, c.server), 1)
		check(t, platform, fmt.Sprintf("needs: db: %s: {url: \"DB_URL\"}", c.kind), see, c.want)
	}
}
