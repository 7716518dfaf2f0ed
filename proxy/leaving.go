package proxy

import (
	"net/http"
	"sync"
	"sync/atomic"
)

// leaving is how this process makes room for the one that takes its place: who comes in from now on is left to that one,
// who is here already is served, and asked to come in anew for the next request.
//
// Closing an idle connection can cross with a request on it, which then fails; so idle connections are only closed by
// the stop that comes later, and any that is used before learns it from its answer.
type leaving struct {
	over atomic.Bool

	mu    sync.Mutex // guards doors
	doors []*door
}

func (l *leaving) add(d *door) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doors = append(l.doors, d)
	if l.over.Load() {
		d.leave()
	}
}

// Leave stops taking connections, and returns at once; [Server.Run] goes on with those that are there until its ctx ends.
// The listening sockets stay open in whichever process has inherited them: connections wait there, none is refused.
func (s *Server) Leave() {
	s.leaving.mu.Lock()
	defer s.leaving.mu.Unlock()
	s.leaving.over.Store(true)
	for _, d := range s.leaving.doors {
		d.leave()
	}
}

// leave closes the listener and keeps the door open for those who are at it.
func (d *door) leave() {
	if !d.left.Swap(true) {
		_ = d.Listener.Close() // of this process; nothing can be lost with it
	}
}

// tell asks the visitor to open another connection for the next request: HTTP/1 by this header (RFC 9112, 9.6), HTTP/2
// by the GOAWAY that net/http makes of it. A WebSocket has no next request, and its answer has a Connection of its own.
func (l *leaving) tell(w http.ResponseWriter, r *http.Request) {
	if l.over.Load() && r.Header.Get("Upgrade") == "" {
		w.Header().Set("Connection", "close")
	}
}
