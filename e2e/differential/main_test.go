// Package differential holds the simulator against the real control plane: both play the same generated situations.
package differential

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/scantling/scantling/e2e/cluster"
	"github.com/scantling/scantling/e2e/nodes"
)

var (
	seed   = flag.Uint64("seed", 7, "of the situations; the same makes the same ones")
	number = flag.Int("situations", 360, "situations in all")
	tries  = flag.Int("tries", 3, "of a situation that is seen differently: a machine that is slow for a moment makes a pod ready before the next one is evicted")
	only   = flag.Int("only", -1, "the one situation to play; -1: all")
)

// world is what TestMain sets up once.
var world struct {
	client kubernetes.Interface
	fleet  *nodes.Fleet
	oracle *oracle
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	code, err := judge(ctx, m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// judge boots, runs the tests and always stops what it booted.
func judge(ctx context.Context, tests func() int) (int, error) {
	temp, err := cluster.TempDir()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	if world.oracle, err = newOracle(ctx, temp); err != nil {
		return 0, err
	}
	defer world.oracle.stop()
	c, err := cluster.Start(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Stop()
	finished := context.AfterFunc(ctx, func() { // interrupted: the tests would go on without it
		c.Stop()
		os.RemoveAll(temp)
		os.Exit(1)
	})
	defer finished()
	if world.client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return 0, err
	}
	living, stop := context.WithCancel(context.Background())
	defer stop()
	if world.fleet, err = nodes.Run(living, world.client, nil); err != nil {
		return 0, err
	}
	return tests(), nil
}
