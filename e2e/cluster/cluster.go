// Package cluster starts a real Kubernetes control plane on this machine, without a container or a download, and always stops it.
package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Cluster is a running control plane: etcd, API server, controller manager and scheduler on the loopback.
type Cluster struct {
	Config     *rest.Config // of the administrator
	Kubeconfig string       // path of the same for kubectl
	Dir        string       // state, credentials and logs; gone after Stop

	binary string     // of every part
	parts  []*process // in the order of their start
}

// How long the parts may take: a boot of five seconds on an idle machine takes a minute while others use it.
const (
	bootPatience = 2 * time.Minute
	stopPatience = 5 * time.Second
)

// Start boots a control plane and waits until it serves. On an error nothing is left running.
func Start(ctx context.Context) (*Cluster, error) {
	binary, err := Binary(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := ownDir(memoryDisk())
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig"), binary: binary}
	if err := c.boot(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// Shell returns a command of the shell in which kubectl, of the same version, speaks to the cluster.
func (c *Cluster) Shell(ctx context.Context, script string) *exec.Cmd {
	sh := exec.CommandContext(ctx, "sh", "-c", `kubectl() { "$0" kubectl "$@"; }; `+script, c.binary)
	sh.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig, "KUBECACHEDIR="+c.file("kubectl"))
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that kubectl ends with its shell
	sh.Cancel = func() error { return syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) }
	return sh
}

// Stop ends every part and removes the state. It may be called twice.
func (c *Cluster) Stop() {
	for i := len(c.parts) - 1; i >= 0; i-- { // etcd last: the others talk to it while they end
		c.parts[i].stop(stopPatience)
	}
	c.parts = nil
	_ = os.RemoveAll(c.Dir) // a temporary directory
}

func (c *Cluster) boot(ctx context.Context) error {
	token, err := writeCredentials(c.Dir)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	server, ca := fmt.Sprintf("https://127.0.0.1:%d", port), filepath.Join(c.Dir, "certs", "apiserver.crt")
	if err := writeKubeconfig(c.Kubeconfig, server, ca, token); err != nil {
		return err
	}
	c.Config = &rest.Config{Host: server, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAFile: ca}, QPS: 500, Burst: 1000}
	if err := c.start(c.servers(port)); err != nil {
		return err
	}
	if err := c.waitFor(ctx, c.serves); err != nil {
		return err
	}
	if err := c.start(c.controllers()); err != nil { // they end at once without a server
		return err
	}
	return c.waitFor(ctx, c.controls)
}

func (c *Cluster) start(parts []part) error {
	for _, part := range parts {
		p, err := start(c.binary, c.Dir, part.name, part.flags...)
		if err != nil {
			return err
		}
		c.parts = append(c.parts, p)
	}
	return nil
}

// waitFor returns once ok holds, or with the last words of the part that keeps it from holding.
func (c *Cluster) waitFor(ctx context.Context, ok func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	for !ok(ctx) {
		for _, p := range c.parts {
			if p.ended() {
				return fmt.Errorf("%s ended while booting:\n%s", p.name, p.lastWords())
			}
		}
		select {
		case <-ctx.Done():
			last := c.parts[len(c.parts)-1]
			return fmt.Errorf("the control plane does not come up: %w; %s says last:\n%s", ctx.Err(), last.name, last.lastWords())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// serves reports whether the API server says that it is ready.
func (c *Cluster) serves(ctx context.Context) bool {
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return false // its certificate is not written yet
	}
	_, err = client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err == nil
}

// controls reports whether the controllers are at work: they have made the first service account.
func (c *Cluster) controls(ctx context.Context) bool {
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return false
	}
	_, err = client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
	return err == nil
}
