package differential

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// oracle is the simulator at work. It is another module, which this one does not import: so the versions of neither bind the other.
type oracle struct {
	mu      sync.Mutex
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
}

func newOracle(ctx context.Context, dir string) (*oracle, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "oracle")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./internal/simulate/oracle")
	build.Dir, build.Stderr = filepath.Dir(strings.TrimSpace(string(out))), os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the simulator: %w", err)
	}
	o := &oracle{cmd: exec.CommandContext(ctx, binary)}
	o.cmd.Stderr = os.Stderr
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	pipe, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.answers = json.NewDecoder(pipe)
	return o, o.cmd.Start()
}

func (o *oracle) stop() {
	_ = o.in.Close() // then it ends
	_ = o.cmd.Wait()
}

// step and answer are as the oracle reads and writes them.
type step struct {
	Do     string
	Name   string   `json:",omitempty"`
	Names  []string `json:",omitempty"`
	Listed bool     `json:",omitempty"`
	Pods   []pod    `json:",omitempty"`
	New    bool     `json:",omitempty"`
}

type answer struct {
	Outcome struct {
		Ended, Done bool
		Least       int
		Of          []int
		Pending     []struct {
			Controller string
			Pods       int
			Why        string
		}
		Blocked refusal
	}
	Refusal refusal
	Fits    []string
	Why     string
	Pods    []pod
	Budgets []status
	Most    []int
}

type refusal struct{ Budget, Why string }

type status struct {
	Expected, Desired, Healthy, Allowed int
	Failed                              bool
}

// play asks what comes of some steps: as many answers.
func (o *oracle) play(s *situation, steps ...step) ([]answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	question := struct {
		Nodes       []node
		Controllers []controller
		Budgets     []budget
		Steps       []step
	}{s.Nodes, s.Controllers, s.Budgets, steps}
	if err := json.NewEncoder(o.in).Encode(question); err != nil {
		return nil, err
	}
	var all []answer
	return all, o.answers.Decode(&all)
}
