// Command bench measures whole runs of scantling, beside kustomize and helm where they are on the PATH: CPU, time and memory.
//
// Every round runs each tool once, one after the other, so that a busy machine hurts all of them alike; medians are printed.
// The peers get less work than we do: they copy manifests that we rendered, and validate nothing.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	bin := flag.String("bin", "bin/scantling", "the binary to measure")
	rounds := flag.Int("rounds", 7, "runs of each tool")
	many := flag.Int("apps", 1000, "apps of the large project")
	flag.Parse()
	dir, err := os.MkdirTemp("", "scantling-bench-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(*bin, dir, *rounds, *many); err != nil {
		log.Fatal(err)
	}
}

// A job is one command whose whole process is measured.
type job struct {
	name string
	dir  string
	args []string
	runs []usage
}

type usage struct {
	cpu, wall time.Duration
	rssMiB    float64
}

func run(bin, dir string, rounds, many int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	one, large := filepath.Join(dir, "one"), filepath.Join(dir, "many")
	if err := cmp.Or(project(one, 1), project(large, many)); err != nil {
		return err
	}
	small := []*job{{name: "scantling generate, 1 app", dir: one, args: []string{bin, "generate"}}}
	peers, err := peers(bin, one, dir)
	if err != nil {
		return err
	}
	if err := measure(append(small, peers...), rounds); err != nil {
		return err
	}
	fmt.Println()
	return measure(fleet(bin, large, filepath.Join(dir, "out"), many), rounds)
}

// fleet are the jobs of the large project. What generate writes to out is what verify reads; generate and check prove it, too, before.
func fleet(bin, project, out string, apps int) []*job {
	named := func(command string, args ...string) *job {
		return &job{name: fmt.Sprintf("scantling %s, %d apps", command, apps), dir: project, args: append([]string{bin}, args...)}
	}
	return []*job{
		named("generate", "generate"),
		named("generate -o", "generate", "-o", out),
		named("check", "check"),
		named("verify", "verify", out),
		named("verify --format json", "verify", "--format", "json", out),
	}
}

// measure runs every job once a round, and prints medians and the ratio of CPU to the first job's.
func measure(jobs []*job, rounds int) error {
	for range rounds {
		for _, j := range jobs {
			u, err := once(j)
			if err != nil {
				return err
			}
			j.runs = append(j.runs, u)
		}
	}
	base := jobs[0].cpu()
	fmt.Printf("%-42s %9s %9s %9s %7s\n", "", "CPU ms", "wall ms", "RSS MiB", "ratio")
	for _, j := range jobs {
		fmt.Printf("%-42s %9.1f %9.1f %9.1f %7.2f\n", j.name, ms(j.cpu()),
			ms(median(j.runs, func(u usage) time.Duration { return u.wall })),
			median(j.runs, func(u usage) float64 { return u.rssMiB }), float64(j.cpu())/float64(base))
	}
	return nil
}

func (j *job) cpu() time.Duration {
	return median(j.runs, func(u usage) time.Duration { return u.cpu })
}

func once(j *job) (usage, error) {
	c := exec.Command(j.args[0], j.args[1:]...)
	c.Dir = j.dir
	start := time.Now()
	if err := c.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", j.name, err)
	}
	u := usage{cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), wall: time.Since(start)}
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.rssMiB = float64(r.Maxrss) / 1024 // Linux counts KiB
	}
	return u, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median[T cmp.Ordered](runs []usage, of func(usage) T) T {
	values := make([]T, len(runs))
	for i, u := range runs {
		values[i] = of(u)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
