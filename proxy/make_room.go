package proxy

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// rooms bound what all requests together take of the node.
type rooms struct {
	requests, bytes room
	memory          memory
	look            func() (used, limit int64) // at memory
	used, limit     atomic.Int64               // as of the last look
	lastShed        atomic.Int64               // Unix nanoseconds; 0: never
}

func (r *rooms) open(config *Config) {
	r.memory = newMemory()
	r.look = r.memory.look
	if config.look != nil {
		r.look = config.look
	}
	_, limit := r.look()
	requests, held := roomFor(limit)
	if config.MaxRequests > 0 {
		requests = int64(config.MaxRequests)
	}
	r.requests.open(requests, leastRequests)
	r.bytes.open(held, leastHeld)
	r.adjust()
}

// adjust makes the rooms as large as memory allows.
func (r *rooms) adjust() {
	used, limit := r.look()
	r.used.Store(used)
	r.limit.Store(limit)
	part := roomAt(used, limit)
	r.requests.shrink(part)
	r.bytes.shrink(part)
}

const (
	// roomInterval is how often memory is looked at; it takes a few microseconds.
	roomInterval = 50 * time.Millisecond
	// comeAgain is when a visitor who found no room may try once more; up to twice that, so that they do not all come
	// back at once.
	comeAgain = 3 * time.Second
)

// makeRoom takes a place for the request, or sends the visitor away for a moment: the node serves as many requests at
// once as its memory bears, and one site takes no more of them than its share. It holds in every mode, for it protects
// the node and not the site.
func (s *Server) makeRoom(x *exchange) bool {
	load := x.site.load
	if reason := s.rooms.requests.take(&load.running, 1); reason != "" {
		return s.shed(x, reason)
	}
	x.placed = true
	if x.body != nil {
		x.body.room, x.body.heldBySite = &s.rooms.bytes, &load.held
	}
	return true
}

// leaveRoom gives the request's place back.
func (s *Server) leaveRoom(x *exchange) {
	if x.placed {
		s.rooms.requests.give(&x.site.load.running, 1)
	}
}

// shed answers a request for which there is no room.
func (s *Server) shed(x *exchange, reason sekisho.Reason) bool {
	now := x.began.UnixNano()
	s.rooms.lastShed.Store(now)
	x.untold = !x.site.load.shed(reason, now)
	x.retryAfter = comeAgain + rand.N(comeAgain) //nolint:gosec // spreads visitors, guards nothing
	if s.rooms.requests.size.Load() < s.rooms.requests.full {
		x.hangUp = true // memory is short, and an idle connection is memory too
	}
	return x.refuse(http.StatusServiceUnavailable, reason)
}

// Load is what the node holds now and what it could.
type Load struct {
	Running, Room, MostRoom int64 // requests being served, how many may be now, and how many while memory is not short
	Held, HeldRoom          int64 // bytes of bodies held for inspection, and how many may be now
	Memory, MemoryLimit     int64 // bytes in use that are no garbage, and how many may be; 0 for no limit
	LastShed                time.Time
}

// Load may be called at any time.
func (s *Server) Load() Load {
	r := &s.rooms
	load := Load{
		Running: r.requests.taken.Load(), Room: r.requests.size.Load(), MostRoom: r.requests.full,
		Held: r.bytes.taken.Load(), HeldRoom: r.bytes.size.Load(), Memory: r.used.Load(), MemoryLimit: r.limit.Load(),
	}
	if at := r.lastShed.Load(); at > 0 {
		load.LastShed = time.Unix(0, at)
	}
	return load
}
