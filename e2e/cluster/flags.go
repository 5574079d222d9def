package cluster

import (
	"fmt"
	"path/filepath"
	"slices"
)

type part struct {
	name  string
	flags []string
}

// Whatever the flags below do not say is upstream's default: the judge shall be the usual one.

// servers hold the state and serve it.
func (c *Cluster) servers(port int) []part {
	socket := "unix://" + c.file("etcd.sock") // no port to clash with another run
	return []part{
		{"etcd", []string{
			"--data-dir=" + c.file("etcd"), "--unsafe-no-fsync", "--log-level=warn",
			"--listen-client-urls=" + socket, "--advertise-client-urls=http://127.0.0.111:0", "--listen-peer-urls=http://127.0.0.1:0",
		}},
		{"apiserver", []string{
			"--etcd-servers=" + socket, "--cert-dir=" + c.file("certs"), "--token-auth-file=" + c.file("tokens.csv"),
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port), "--endpoint-reconciler-type=none",
			"--authorization-mode=RBAC", "--allow-privileged=true", "--service-cluster-ip-range=10.96.0.0/16",
			"--service-account-issuer=https://e2e.invalid", "--service-account-key-file=" + c.file("sa.key"),
			"--service-account-signing-key-file=" + c.file("sa.key"),
			// A pod stays on a lost node for five minutes by default; a test does not wait so long for the same thing.
			"--default-not-ready-toleration-seconds=1", "--default-unreachable-toleration-seconds=1",
		}},
	}
}

// controllers act on what the servers hold.
func (c *Cluster) controllers() []part {
	client := []string{
		"--kubeconfig=" + c.Kubeconfig, "--authentication-kubeconfig=" + c.Kubeconfig, "--authorization-kubeconfig=" + c.Kubeconfig,
		"--leader-elect=false", "--secure-port=0", "--kube-api-qps=500", "--kube-api-burst=1000",
	}
	manager := []string{
		"--service-account-private-key-file=" + c.file("sa.key"), "--root-ca-file=" + c.file("certs/apiserver.crt"),
		// The metrics that autoscaling reads are custom resources here, which speak no protobuf.
		"--kube-api-content-type=application/json",
		"--horizontal-pod-autoscaler-sync-period=1s", "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
		"--horizontal-pod-autoscaler-cpu-initialization-period=1s",
		// A node is lost when a test says so, never because nobody renews its lease: longer than any test lasts.
		"--node-monitor-period=1s", "--node-monitor-grace-period=24h", "--node-eviction-rate=100", "--secondary-node-eviction-rate=100",
		"--concurrent-namespace-syncs=20",
	}
	return []part{{"manager", slices.Concat(client, manager)}, {"scheduler", client}}
}

func (c *Cluster) file(name string) string { return filepath.Join(c.Dir, name) }
