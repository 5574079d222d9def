package resolve

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

func TestUpstreamImages(t *testing.T) {
	for _, c := range []struct{ kind, version, want string }{
		{"postgres", "16", "docker.io/library/postgres:16"},
		{"postgres", "16.4", "docker.io/library/postgres:16"},
		{"postgres", "9.6", "docker.io/library/postgres:9.6"},
		{"postgres", "", "docker.io/library/postgres:18"},
		{"mysql", "8.0", "docker.io/library/mysql:8.0"},
		{"mongodb", "7", "docker.io/library/mongo:7"},
		{"redis", "7.2", "docker.io/library/redis:7.2"},
		{"redis", "", "docker.io/library/redis:8"},
	} {
		server := &load.Node{Kind: load.Struct}
		if c.version != "" {
			server.Fields = []*load.Node{{Key: "version", Kind: load.Float, Text: c.version}}
		}
		w := &world{}
		if got := (&spec{w: w}).serverImage(c.kind, server); got != c.want || !w.upstream[got] {
			t.Errorf("%s %q\n got %s (remembered: %t)\nwant %s", c.kind, c.version, got, w.upstream[got], c.want)
		}
	}
}

func TestKubectlFollowsTheCluster(t *testing.T) {
	for minor, want := range map[int]string{31: "1.33.4", 33: "1.33.4", 35: "1.35.3", 99: "1.37.1"} {
		s := &spec{w: &world{env: &app.Environment{Minor: minor}}}
		if got := s.toolImage("kubectl"); got != "docker.io/alpine/kubectl:"+want {
			t.Errorf("1.%d: %s", minor, got)
		}
	}
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"15", "16", true}, {"16", "16", false}, {"17", "16", false}, {"8", "8.4", false}, {"8.0", "8.4", true}, {"8.10", "8.4", false}, {"", "16", false}, {"9.6", "16", true},
	} {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("older(%q, %q) = %t", c.a, c.b, got)
		}
	}
}
