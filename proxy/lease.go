package proxy

import (
	"sync/atomic"

	"github.com/sekisho-waf/sekisho"
)

// Engines hands out what judges exchanges, by policy and mode. Two calls with equal arguments may share an engine; each
// is released once.
type Engines interface {
	// Acquire compiles the policy if need be. A policy that does not compile is KindInvalid.
	Acquire(sekisho.Policy, sekisho.Mode) (Engine, error)
}

// Engine begins inspections, from many goroutines at once, until it is released.
type Engine interface {
	Begin(*sekisho.Exchange) Inspection
	Release()
}

// engineKey names what an engine depends on. Sites with equal keys share one lease.
type engineKey struct {
	policy sekisho.Policy
	mode   sekisho.Mode
}

// lease counts who uses an engine: one for the snapshot that lists it, one for each running inspection. The engine is
// released when the last of them lets go, so a swap never closes an engine under a request.
type lease struct {
	engineKey
	engine Engine
	users  atomic.Int64
}

func newLease(key engineKey, engine Engine) *lease {
	l := &lease{engineKey: key, engine: engine}
	l.users.Store(1) // the snapshot's
	return l
}

// acquire joins the users, unless the last of them has already gone.
func (l *lease) acquire() bool {
	for {
		users := l.users.Load()
		if users == 0 {
			return false
		}
		if l.users.CompareAndSwap(users, users+1) {
			return true
		}
	}
}

func (l *lease) release() {
	if l.users.Add(-1) == 0 {
		l.engine.Release()
	}
}
