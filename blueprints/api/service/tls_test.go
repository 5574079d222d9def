package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestTLS wants connections that are encrypted, and none to a server that nobody vouches for, or that has another's name.
func TestTLS(t *testing.T) {
	w := newEmptyWorld(t)
	own, other := filepath.Join(w.secrets, "own.pem"), filepath.Join(w.secrets, "other.pem")
	dir := directory(t)
	cert, key := filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	certify(t, own, cert, key)
	certify(t, other, filepath.Join(dir, "other.crt"), filepath.Join(dir, "other.key"))
	hba := "host all postgres 127.0.0.0/8 trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(w.data, "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`ALTER SYSTEM SET ssl = on`, `ALTER SYSTEM SET ssl_cert_file = '` + cert + `'`,
		`ALTER SYSTEM SET ssl_key_file = '` + key + `'`, `SELECT pg_reload_conf()`} {
		w.sql(statement)
	}
	eventually(t, "PostgreSQL speaks TLS", func() bool {
		conn, err := pgx.Connect(context.Background(), "postgres://postgres@127.0.0.1:"+w.port+"/postgres?sslmode=require")
		if err == nil {
			conn.Close(context.Background())
		}
		return err == nil
	})
	for name, change := range map[string][]string{
		"no TLS":             {"DB_TLS=disable"},
		"another's server":   {"DB_TLS=verify-full", "DB_CA_FILE=" + other},
		"another's name":     {"DB_TLS=verify-full", "DB_CA_FILE=" + own, "DB_HOST=localhost"},
		"an unknown mode":    {"DB_TLS=always"},
		"a file that is not": {"DB_TLS=verify-full", "DB_CA_FILE=" + own + ".not"},
	} {
		if w.start(append(change, "migrate")).wait() == 0 {
			t.Errorf("%s: the migration connects", name)
		}
	}

	redisPort := freePort(t)
	start(t, nil, true, tool(t, "redis-server"), "--port", "0", "--tls-port", redisPort, "--bind", "127.0.0.1", "--save", "", "--requirepass", redisSecret,
		"--dir", dir, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", own, "--tls-auth-clients", "no")
	eventually(t, "Redis listens", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+redisPort)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	db := []string{"DB_TLS=verify-full", "DB_CA_FILE=" + own, "CACHE_ADDR=127.0.0.1:" + redisPort, "CACHE_TIMEOUT=5s"}
	// It does not reach the cache: its pod is told how that is spoken to, and has none of its files.
	if w.start(append([]string{"CACHE_TLS=verify-full", "CACHE_PASSWORD_FILE=", "migrate"}, db...)).wait() != 0 {
		t.Fatal("the migration does not connect")
	}
	for name, c := range map[string]struct {
		change []string
		hits   float64
	}{
		"verified":         {[]string{"CACHE_TLS=verify-full", "CACHE_CA_FILE=" + own}, 1},
		"required":         {[]string{"CACHE_TLS=require"}, 1},
		"another's server": {[]string{"CACHE_TLS=verify-full", "CACHE_CA_FILE=" + other}, 0},
	} {
		s := w.run(append(c.change, db...)...)
		s.want(200, s.create("bolt"))
		if hits := s.metric(`cache_reads_total{result="hit"}`); hits != c.hits {
			t.Errorf("%s: %v hits, want %v", name, hits, c.hits)
		}
	}
	if n := scan[int](t, w.database(), `SELECT count(*)::int FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name LIKE 'orders%' AND ssl`); n == 0 {
		t.Error("no connection of the service is encrypted")
	}
}

// certify writes a key and a certificate of loopback, and the certificate of who signed it.
func certify(t *testing.T, caFile, certFile, keyFile string) {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: filepath.Base(caFile)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	must(err)
	cert, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), caKey)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	for file, block := range map[string]*pem.Block{
		caFile: {Type: "CERTIFICATE", Bytes: ca}, certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		must(os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
		if os.Getuid() == 0 {
			must(os.Chown(file, nobody, nobody))
		}
	}
}
