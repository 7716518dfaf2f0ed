package proxy

import (
	"context"
	"net"
	"sync"
)

// running counts requests that are being served, WebSockets included. http.Server forgets hijacked connections
// (golang.org/issue/17721), so somebody must know them at shutdown.
type running struct {
	mu       sync.Mutex
	requests int
	over     bool                  // no further request may begin
	idle     chan struct{}         // closed when over and nothing runs
	conns    map[net.Conn]struct{} // hijacked
}

func newRunning() running {
	return running{idle: make(chan struct{}), conns: map[net.Conn]struct{}{}}
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

func (r *running) hijacked(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[conn] = struct{}{}
	if r.over {
		_ = conn.Close()
	}
}

func (r *running) closed(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
}

// stop lets no further request begin, closes hijacked connections, and waits for what runs to notice.
func (r *running) stop(ctx context.Context) {
	r.mu.Lock()
	if !r.over {
		r.over = true
		if r.requests == 0 {
			close(r.idle)
		}
	}
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	select {
	case <-r.idle:
	case <-ctx.Done():
	}
}
