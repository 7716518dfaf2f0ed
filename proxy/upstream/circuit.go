package upstream

import (
	"sync/atomic"
	"time"
)

const (
	// tolerated is how many requests in a row may fail before a server is left alone.
	tolerated = 5
	// shortRest is how long it is left alone then; each trial that fails doubles it up to longRest.
	shortRest = 2 * time.Second
	longRest  = 30 * time.Second
)

// circuit says whether a server is worth asking, from how the requests before went. While all goes well it costs one
// load of memory. The zero circuit is closed: requests flow.
type circuit struct {
	fails atomic.Int32 // in a row
	until atomic.Int64 // when the next trial may go, Unix nanoseconds; 0: closed
	rest  atomic.Int64 // nanoseconds of the last rest
}

// closed reports whether requests flow.
func (c *circuit) closed() bool { return c.until.Load() == 0 }

// trial reports whether the server may be tried, once: who gets true is the one to try.
func (c *circuit) trial(now time.Time) bool {
	until := c.until.Load()
	return until != 0 && now.UnixNano() >= until && c.until.CompareAndSwap(until, now.Add(time.Duration(c.rest.Load())).UnixNano())
}

// good notes an answer, and says whether it is the first after a rest.
func (c *circuit) good() (back bool) {
	if c.fails.Load() != 0 {
		c.fails.Store(0)
	}
	return c.until.Load() != 0 && c.until.Swap(0) != 0
}

// bad notes a failure, and says whether it is the one that opens the circuit. Requests that began before the rest, and fail
// during it, change nothing; a trial that fails doubles the rest.
func (c *circuit) bad(now time.Time, trial bool) (opened bool) {
	if !c.closed() && !trial {
		return false
	}
	if !trial && c.fails.Add(1) < tolerated {
		return false
	}
	rest := shortRest
	if trial {
		rest = min(2*time.Duration(c.rest.Load()), longRest)
	}
	c.rest.Store(int64(rest))
	return c.until.Swap(now.Add(rest).UnixNano()) == 0
}

// retryAfter is how long until the next trial.
func (c *circuit) retryAfter(now time.Time) time.Duration {
	return max(time.Duration(c.until.Load()-now.UnixNano()), time.Second)
}
