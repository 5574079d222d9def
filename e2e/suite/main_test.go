// Package suite puts what Scantling renders before a real control plane: is it accepted, and does it behave as promised?
package suite

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/client"
	"github.com/scantling/scantling/e2e/cluster"
	"github.com/scantling/scantling/e2e/nodes"
	"github.com/scantling/scantling/e2e/render"
)

// Every test shares these machines, and one a zone of each platform's spot capacity.
var zones = []string{"zone-a", "zone-b", "zone-c"}

const nodesPerZone = 2

// world is what TestMain sets up once; booting takes longer than most tests.
var world struct {
	cluster   *cluster.Cluster
	client    *client.Client
	fleet     *nodes.Fleet
	scantling *render.Scantling
	cases     []rendered // every project of the repository, each environment
	platforms []rendered // of those that have some, the platform's own objects
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
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
	began := time.Now()
	temp, err := cluster.TempDir()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	if world.scantling, err = render.Build(ctx, temp); err != nil {
		return 0, err
	}
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
	fmt.Fprintf(os.Stderr, "control plane %s is up after %.1f s\n", cluster.Version, time.Since(began).Seconds())
	world.cluster = c
	if world.client, err = client.New(c.Config); err != nil {
		return 0, err
	}
	if world.cases, world.platforms, err = renderAll(ctx); err != nil {
		return 0, err
	}
	machines := append(nodes.Zones(nodesPerZone, zones...), spotNodes(world.cases)...)
	living, stop := context.WithCancel(context.Background())
	defer stop()
	if world.fleet, err = nodes.Run(living, world.client, machines); err != nil {
		return 0, err
	}
	all := slices.Concat(world.cases, world.platforms)
	kinds, err := definitions(all)
	if err != nil {
		return 0, err
	}
	if err := world.client.Define(ctx, kinds); err != nil {
		return 0, err
	}
	fmt.Fprintf(os.Stderr, "%d nodes, %d third-party kinds and %d renderings are there after %.1f s\n", len(machines), len(kinds), len(all), time.Since(began).Seconds())
	page.list(all)
	if code := tests(); code != 0 {
		return code, nil
	}
	return 0, page.check(world.scantling.Root)
}
