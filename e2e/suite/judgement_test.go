package suite

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/client"
)

// patience is how long anything may take that a controller does by itself.
const patience = 90 * time.Second

// afterFault is how long is waited after one thing did not come true: a fault of a generator is in every object that it makes.
const afterFault = 5 * time.Second

// judgement is what the cluster has against one case.
type judgement struct {
	patience time.Duration
	hasty    bool // the first fault is enough
	mu       sync.Mutex
	found    []string
}

func (j *judgement) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.found = append(j.found, fmt.Sprintf(format, args...))
}

// until waits for ok, and holds against the case if it doesn't come true.
func (j *judgement) until(ctx context.Context, who string, ok func() (bool, string)) bool {
	err := client.Until(ctx, j.patience, ok)
	if err != nil {
		j.add("%s: %v", who, err)
		j.patience, j.hasty = min(j.patience, afterFault), true
	}
	return err == nil
}

// none fails the test for everything that was found.
func (j *judgement) none(t *testing.T) {
	t.Helper()
	for _, text := range j.found {
		t.Error(text)
	}
}
