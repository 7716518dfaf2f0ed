package proxy

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// running counts requests that are being served, WebSockets included. http.Server forgets hijacked connections
// (golang.org/issue/17721), so somebody must know them at shutdown.
type running struct {
	mu       sync.Mutex
	requests int
	over     bool                 // no further request may begin
	idle     chan struct{}        // closed when over and nothing runs
	conns    map[*tunnel]struct{} // hijacked
}

func newRunning() running {
	return running{idle: make(chan struct{}), conns: map[*tunnel]struct{}{}}
}

// begin counts a request in; false means that it comes too late.
func (r *running) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.requests++
	return true
}

func (r *running) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests--
	if r.over && r.requests == 0 {
		close(r.idle)
	}
}

func (r *running) hijacked(conn *tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[conn] = struct{}{}
	if r.over {
		_ = conn.Close()
	}
}

func (r *running) closed(conn *tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
}

// goodbye is how long a visitor may take to answer ours on a WebSocket.
const goodbye = 500 * time.Millisecond

// stop lets no further request begin, says goodbye on hijacked connections, closes those that do not end by themselves,
// and waits for what runs to notice.
func (r *running) stop(ctx context.Context) {
	r.mu.Lock()
	if !r.over {
		r.over = true
		if r.requests == 0 {
			close(r.idle)
		}
	}
	left := slices.Collect(maps.Keys(r.conns))
	r.mu.Unlock()
	for _, conn := range left {
		go conn.goAway() // a visitor who does not read holds up nobody else; ends with the connection
	}
	select {
	case <-r.idle:
		return
	case <-time.After(goodbye):
	case <-ctx.Done():
	}
	r.mu.Lock()
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	select {
	case <-r.idle:
	case <-ctx.Done():
	}
}
