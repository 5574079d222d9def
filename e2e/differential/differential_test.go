package differential

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const together = 30 // situations in the cluster at one time

// TestSimulator plays every situation in the simulator and in the cluster. What differs is played again: it counts if it differs each time.
func TestSimulator(t *testing.T) {
	var numbers []int
	for i := range *number {
		if *only < 0 || *only == i {
			numbers = append(numbers, i)
		}
	}
	slices.SortStableFunc(numbers, func(a, b int) int { return slow(b) - slow(a) }) // those that take longest first
	began := time.Now()
	for try := 0; try < *tries && len(numbers) > 0; try++ {
		differ := playAll(t, numbers, try)
		t.Logf("try %d, seed %d: of %d situations %d differ, after %.0f s", try+1, *seed, len(numbers), len(differ), time.Since(began).Seconds())
		numbers = slices.Sorted(maps.Keys(differ))
		for _, i := range numbers {
			if try == *tries-1 {
				t.Error(differ[i])
			} else {
				what, _, _ := strings.Cut(differ[i], "\n\tBudgets:")
				t.Log(what)
			}
		}
	}
}

// slow tells situations that wait for the collector of pods from others.
func slow(number int) int {
	if s, _ := generate(*seed, number, 0); s.Lost != "" && !s.Listed {
		return 1
	}
	return 0
}

// playAll plays situations, many at a time, and returns what differs.
func playAll(t *testing.T, numbers []int, try int) map[int]string {
	var mu sync.Mutex
	var all sync.WaitGroup
	differ, turn := map[int]string{}, make(chan struct{}, together)
	for _, i := range numbers {
		if slow(i) == 0 {
			turn <- struct{}{}
		}
		all.Go(func() {
			s, f := generate(*seed, i, try)
			st, v, err := playOne(t.Context(), s, f.play)
			if slow(i) == 0 {
				<-turn
			}
			if st != nil {
				err = errors.Join(err, st.clear(t.Context()))
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				v = append(v, err.Error())
			}
			if len(v) > 0 {
				differ[i] = fmt.Sprintf("situation %d:\n\t%s\n%s", i, strings.Join(v, "\n\t"), s.text())
			}
		})
	}
	all.Wait()
	return differ
}

func playOne(ctx context.Context, s *situation, p play) (*stage, verdict, error) {
	st, err := raise(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	v, err := p(ctx, st)
	return st, v, err
}
