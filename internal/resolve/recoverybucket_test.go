package resolve

import (
	"fmt"
	"strings"
	"testing"
)

func TestBuckets(t *testing.T) {
	for _, c := range []struct {
		backups, want string
		cilium        bool
	}{
		{`endpoint: "s3.acme.io"`, "https://s3.acme.io: no way", false},
		{`endpoint: "s3.acme.io", cidrs: ["10.3.0.0/24"]`, "https://s3.acme.io: 10.3.0.0/24:443", false},
		{`endpoint: "http://s3.acme.io", cidrs: ["10.3.0.0/24", "10.4.0.0/24"]`, "http://s3.acme.io: 10.3.0.0/24,10.4.0.0/24:80", false},
		{`endpoint: "s3.acme.io:9000"`, "https://s3.acme.io:9000: s3.acme.io:9000", true},
		{`endpoint: "10.3.0.7:9000"`, "https://10.3.0.7:9000: 10.3.0.7/32:9000", false},
		{`endpoint: "https://[fd00::7]"`, "https://[fd00::7]: fd00::7/128:443", false},
		{`region: "eu-2"`, ": s3.eu-2.amazonaws.com:443 acme.s3.eu-2.amazonaws.com:443", true},
		{`region: "eu-2", cidrs: ["10.3.0.0/24"]`, ": 10.3.0.0/24:443", false},
		{`region: "eu-2"`, ": no way", false},
		{`endpoint: "https://s3.eu-2.amazonaws.com/"`, "https://s3.eu-2.amazonaws.com: s3.eu-2.amazonaws.com:443 acme.s3.eu-2.amazonaws.com:443", true},
		{`endpoint: "minio.storage.svc"`, "https://minio.storage.svc: no way", true},
		{`secret: "a"`, ": no way", true},
	} {
		platform := strings.Replace(testPlatform, `backups: {bucket: "acme-backups", endpoint: "s3.acme.io", region: "eu-2", secret: "platform/backups", cidrs: ["10.30.1.0/24"]}`, `backups: {bucket: "acme", secret: "a", `+c.backups+`}`, 1)
		if !c.cilium {
			platform = strings.Replace(platform, `"cilium", `, "", 1)
		}
		a, _ := resolveApp(t, platform, "")
		got := a.Env.Backups.Bucket.Endpoint + ":"
		for _, e := range a.Env.Backups.Egress {
			got += fmt.Sprintf(" %s:%d", peerText(e.Peer), e.Ports[0].Number)
		}
		if len(a.Env.Backups.Egress) == 0 {
			got += " no way"
		}
		if got != c.want {
			t.Errorf("%s, cilium %t\n got %s\nwant %s", c.backups, c.cilium, got, c.want)
		}
	}
}

func TestBucketURL(t *testing.T) {
	for endpoint, want := range map[string]string{
		"ftp://a.io":       `nobody speaks "ftp" there`,
		"https://":         "it has no host",
		"a.io/bucket":      "it holds more than a host and a port",
		"https://u:p@a.io": "it holds more than a host and a port",
		"a.io:0":           `"0" is not a port`,
		"a.io:99999":       `"99999" is not a port`,
		"a.io:x":           "it has no host",
		"a io":             "it has no host",
		"":                 "it has no host",
		"a.io:9000":        "",
		"http://a.io/":     "",
	} {
		if _, got := bucketURL(endpoint); got != want {
			t.Errorf("%q: %q, want %q", endpoint, got, want)
		}
	}
}
