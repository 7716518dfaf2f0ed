package proxy

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// requestBody is a visitor's request body. It can read ahead, for inspection, and then gives the same bytes again,
// followed by the rest as it comes in. A visitor who stops sending is cut off: every read gets its own deadline, so
// that an upload may take for ever as long as bytes move.
//
// The origin's transport reads it in a goroutine that may outlive the request; the mutex and the over flag keep that
// goroutine away from the pooled memory and from the connection's next request.
type requestBody struct {
	src     io.ReadCloser
	control *http.ResponseController
	stall   time.Duration

	mu      sync.Mutex
	ahead   *[]byte   // read ahead, pooled; nil if nothing was
	off     int       // how much of ahead was given out
	renewAt time.Time // when the deadline is worth moving
	bytes   int64     // taken from the visitor
	err     error     // what ended src
	over    bool      // the request has ended

	room       *room // where held bytes are taken from; nil: nobody counts them
	heldBySite *atomic.Int64
	held       int64
}

// noRoom is the error of a body that the node has no room to hold.
type noRoom struct{ reason sekisho.Reason }

func (e noRoom) Error() string { return "no room to hold the body: " + string(e.reason) }

// hold makes sure that there is room for size bytes in all.
func (b *requestBody) hold(size int) error {
	more := int64(size) - b.held
	if b.room == nil || more <= 0 {
		return nil
	}
	if reason := b.room.take(b.heldBySite, more); reason != "" {
		return noRoom{reason}
	}
	b.held += more
	return nil
}

var errRequestOver = errors.New("read of a request body after the request has ended")

func newRequestBody(w http.ResponseWriter, src io.ReadCloser, stall time.Duration) *requestBody {
	return &requestBody{src: src, control: http.NewResponseController(w), stall: stall}
}

// aheadPool holds what was read ahead. Buffers grow to what requests need and shrink only with the pool.
var aheadPool = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// readAhead reads up to limit bytes and reports them, and whether more follow. The bytes are valid until end.
func (b *requestBody) readAhead(limit int) (head []byte, cut bool, err error) {
	buf := aheadPool.Get().(*[]byte)
	data := (*buf)[:0]
	for len(data) <= limit { // one byte more than limit tells whether anything follows
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		if err = b.hold(cap(data)); err != nil {
			break
		}
		room := min(cap(data), limit+1)
		n, readErr := b.readSource(data[len(data):room])
		data = data[:len(data)+n]
		if readErr != nil {
			if readErr != io.EOF {
				err = readErr
			}
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	*buf = data
	b.ahead = buf
	if len(data) > limit {
		return data[:limit], true, err
	}
	return data, false, err
}

// Read gives what was read ahead, then the rest.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return 0, errRequestOver
	}
	if b.ahead != nil && b.off < len(*b.ahead) {
		n := copy(p, (*b.ahead)[b.off:])
		b.off += n
		b.mu.Unlock()
		return n, nil
	}
	err := b.err
	b.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return b.readSource(p)
}

func (b *requestBody) readSource(p []byte) (int, error) {
	b.extend()
	n, err := b.src.Read(p)
	b.mu.Lock()
	b.bytes += int64(n)
	if err != nil {
		b.err = err
	}
	b.mu.Unlock()
	return n, err
}

// extend gives the next read its time. Behind the last byte net/http takes the deadline away by itself.
func (b *requestBody) extend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); !b.over && now.After(b.renewAt) {
		_ = b.control.SetReadDeadline(now.Add(b.stall))
		b.renewAt = now.Add(b.stall / 4)
	}
}

// Close closes the visitor's side.
func (b *requestBody) Close() error { return b.src.Close() }

// whole reports whether everything was read ahead, so that the request can be sent a second time.
func (b *requestBody) whole() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ahead != nil && b.err == io.EOF
}

// again gives a body that was read ahead whole once more, for a request that must be repeated on a fresh connection
// because the origin had closed the idle one.
func (b *requestBody) again() (io.ReadCloser, error) { return io.NopCloser(&replay{body: b}), nil }

// problem returns what went wrong between the visitor and us, or nil.
func (b *requestBody) problem() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == io.EOF {
		return nil
	}
	return b.err
}

func (b *requestBody) received() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// end takes the memory back. Reads that come later get an error.
func (b *requestBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.ahead != nil {
		if cap(*b.ahead) <= 1<<20 { // what one large limit needed need not stay
			aheadPool.Put(b.ahead)
		}
		b.ahead = nil
	}
	if b.held > 0 {
		b.room.give(b.heldBySite, b.held)
		b.held = 0
	}
}

// replay reads a whole body from its beginning.
type replay struct {
	body *requestBody
	off  int
}

func (r *replay) Read(p []byte) (int, error) {
	r.body.mu.Lock()
	defer r.body.mu.Unlock()
	if r.body.over {
		return 0, errRequestOver
	}
	if r.off == len(*r.body.ahead) {
		return 0, io.EOF
	}
	n := copy(p, (*r.body.ahead)[r.off:])
	r.off += n
	return n, nil
}
