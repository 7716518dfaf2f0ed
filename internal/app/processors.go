package app

import (
	"runtime"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// processors are Go's, GOMAXPROCS: one more for each worker of the slow lane, while it has work.
//
// Go knows no priorities: while a worker has one of GOMAXPROCS processors, for up to 10 ms at a time, requests that are
// proven clean wait for it, although the kernel would rather run them. With a processor more for each worker, all of them
// are in the kernel's hands, and it prefers the rest of the program (slowlane.stepBack). A flood of requests for the rules on one
// core took the median wait of another site's visitors from 0.5 to 66 ms without this, and leaves it where it was with it.
//
// More processors than cores are not free, though: the scheduler wakes threads for each of them that there is no core
// for, 6 of 70 us for a request that is only passed on. So they are there while somebody needs them.
type processors struct {
	mu     sync.Mutex // guards closed, and makes changes one at a time
	own    int
	closed bool
}

// laneQuiet is how long after its last work the slow lane keeps its processors. Each change stops the program for some 50 us.
const laneQuiet = 30 * time.Second

// lendProcessors gives the lane its processors as it needs them, until the returned function is called.
func lendProcessors(lane *slowlane.Lane, quiet time.Duration) (restore func() error) {
	p := &processors{own: runtime.GOMAXPROCS(0)}
	workers := lane.Stats().Workers
	lane.WhenWorking(quiet, func(working bool) {
		if working {
			p.set(p.own+workers, false)
		} else {
			p.set(p.own, false)
		}
	})
	return func() error {
		p.set(p.own, true)
		return nil
	}
}

func (p *processors) set(n int, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		runtime.GOMAXPROCS(n)
		p.closed = last
	}
}
