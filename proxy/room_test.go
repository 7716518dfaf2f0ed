package proxy

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// fill takes one by one until there is no more, at most n times.
func fill(r *room, held *atomic.Int64, n int) (took int64, why sekisho.Reason) {
	for range n {
		if why = r.take(held, 1); why != "" {
			return took, why
		}
		took++
	}
	return took, ""
}

func TestRoom_leavesSomethingForTheOthers(t *testing.T) {
	var r room
	r.open(1000, 10)
	var flooded, alsoFlooded, quiet atomic.Int64
	took, why := fill(&r, &flooded, 5000)
	if took < 790 || took > 810 || why != sekisho.ReasonSiteShare {
		t.Errorf("one flooded site: got %d and %q, want four fifths and %q", took, why, sekisho.ReasonSiteShare)
	}
	if took, why := fill(&r, &quiet, 50); took != 50 {
		t.Errorf("a site beside it: got %d of 50 (%s), want all", took, why)
	}
	fill(&r, &alsoFlooded, 5000)
	var newcomer atomic.Int64
	if took, why := fill(&r, &newcomer, 10); took != 10 {
		t.Errorf("a fourth site beside two floods: got %d of 10 (%s), want all", took, why)
	}
	if sum := flooded.Load() + alsoFlooded.Load() + quiet.Load() + newcomer.Load(); sum != r.taken.Load() || sum > 1000 {
		t.Errorf("got %d taken and %d by all sites, want the same, at most 1000", r.taken.Load(), sum)
	}
}

func TestRoom_isFullForEverybodyWhenMemoryIsShort(t *testing.T) {
	var r room
	r.open(1000, 10)
	var busy, newcomer atomic.Int64
	fill(&r, &busy, 100)
	r.shrink(0.1)
	if why := r.take(&newcomer, 1); why != sekisho.ReasonOverload {
		t.Errorf("at a tenth: got %q, want %q", why, sekisho.ReasonOverload)
	}
	r.give(&busy, 95)
	r.shrink(0)
	if took, _ := fill(&r, &newcomer, 100); took == 0 || took > 5 {
		t.Errorf("at the least: got %d let in beside 5, want 1 to 5", took)
	}
	r.shrink(1)
	if took, _ := fill(&r, &newcomer, 100); took != 100 {
		t.Errorf("open again: got %d of 100", took)
	}
}

func TestRoom_losesNothingUnderConcurrency(t *testing.T) {
	var r room
	r.open(64, 1)
	var all sync.WaitGroup
	sites := make([]atomic.Int64, 8)
	for i := range sites {
		all.Go(func() {
			for range 2000 {
				if r.take(&sites[i], 3) == "" {
					if taken := r.taken.Load(); taken < 0 {
						t.Errorf("got %d taken", taken)
					}
					r.give(&sites[i], 3)
				}
			}
		})
	}
	all.Wait()
	if r.taken.Load() != 0 {
		t.Errorf("got %d taken after everything was given back, want 0", r.taken.Load())
	}
}

func TestRoomAt_closesBeforeTheLimit(t *testing.T) {
	for _, test := range []struct {
		used, limit int64
		want        float64
	}{{50, 0, 1}, {0, 100, 1}, {60, 100, 1}, {85, 100, 0}, {200, 100, 0}} {
		if got := roomAt(test.used, test.limit); got != test.want {
			t.Errorf("roomAt(%d, %d) = %v, want %v", test.used, test.limit, got, test.want)
		}
	}
	if half := roomAt(725, 1000); half < 0.49 || half > 0.51 {
		t.Errorf("half-way: got %v, want half", half)
	}
	if used, _ := func() (int64, int64) { m := newMemory(); return m.look() }(); used < 0 {
		t.Errorf("memory in use: got %d", used)
	}
}

func BenchmarkRoom_takeAndGive(b *testing.B) {
	var r room
	r.open(1000, 10)
	b.RunParallel(func(p *testing.PB) {
		var held atomic.Int64
		for p.Next() {
			if r.take(&held, 1) == "" {
				r.give(&held, 1)
			}
		}
	})
}
