package app

import (
	"sync"
	"time"
)

// compileQuiet is how long after the last compilation its memory goes back: a start, an import or a kill switch for every
// site compiles several policies in a row, and they reuse it.
const compileQuiet = 5 * time.Second

// giveBack returns memory to the system once compilations have ended. Compiling the Core Rule Set leaves some 30 MB of
// garbage behind; with the collector's pace (see gcPercent) and a node that has little to do,
// nothing would ask for that memory back for hours.
type giveBack struct {
	quiet time.Duration
	free  func()

	mu     sync.Mutex // guards what follows
	timer  *time.Timer
	closed bool
}

func newGiveBack(quiet time.Duration, free func()) *giveBack {
	return &giveBack{quiet: quiet, free: free}
}

// soon gives back when this has not been called for a while.
func (g *giveBack) soon() {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
	case g.timer == nil:
		g.timer = time.AfterFunc(g.quiet, g.free)
	default:
		g.timer.Reset(g.quiet)
	}
}

func (g *giveBack) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.timer != nil {
		g.timer.Stop()
	}
	return nil
}
