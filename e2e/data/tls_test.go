package data

import (
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
)

// certify writes a key and a certificate of loopback into a directory, and returns the certificate of who signed it.
func certify(dir string) (string, error) {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of " + filepath.Base(dir)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	if err != nil {
		return "", err
	}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), caKey)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: ca}, "cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return "", err
		}
		if err := give(file); err != nil {
			return "", err
		}
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})), nil
}

func tlsOptions(kind, dir, port string) []string {
	switch kind {
	case "postgres":
		return []string{"-c", "ssl=on", "-c", "ssl_cert_file=" + dir + "/cert.pem", "-c", "ssl_key_file=" + dir + "/key.pem"}
	case "mysql":
		return []string{"--ssl-cert=" + dir + "/cert.pem", "--ssl-key=" + dir + "/key.pem", "--require-secure-transport=ON"}
	}
	return []string{"--tls-port", port, "--port", "0", "--tls-cert-file", dir + "/cert.pem", "--tls-key-file", dir + "/key.pem",
		"--tls-ca-cert-file", dir + "/ca.pem", "--tls-auth-clients", "no"}
}

// TestTLS backs up servers that speak TLS in each of the ways that the platform can state, and refuses one that another vouches for.
func TestTLS(t *testing.T) {
	for i, kind := range []string{"postgres", "mysql", "redis"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			own, err := startServerWith(kind, true)
			if err != nil {
				t.Fatal(err)
			}
			defer own.process.end()
			s := newSettingOn(t, own)
			s.shell = shells[i%2]
			for _, mode := range []string{"prefer", "require", "verify-full"} {
				s.bucket = newBucket(t)
				s.set("TLS", mode).run(t, s.backup()).passes(t)
			}
			s.bucket = newBucket(t)
			k := s.set("TLS", "verify-full")
			if k.secrets["ca"], err = certify(t.TempDir()); err != nil {
				t.Fatal(err)
			}
			k.run(t, s.backup()).fails(t, "dump", "cannot read")
			sameObjects(t, nil, s.bucket.objects(t))
			if kind == "redis" {
				return // its client cannot check a host's name
			}
			k = s.set("TLS", "verify-full", "HOST", "localhost") // the certificate is for 127.0.0.1
			k.run(t, s.backup()).fails(t, "dump", "cannot read")
		})
	}
}
