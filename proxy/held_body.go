package proxy

import (
	"io"
	"sync"
	"time"
)

// heldBody reads the beginning of a body in a goroutine of its own, because a read from an origin cannot be given a
// deadline; so the visitor's side can stop waiting at any time and take over. Read gives what was held, then the rest.
type heldBody struct {
	src   io.ReadCloser
	limit int
	want  int64 // the body's announced length, or -1

	mu   sync.Mutex
	buf  []byte
	off  int   // how much of buf was given out
	err  error // what ended src
	stop bool  // nobody waits for the limit any more

	more chan struct{} // buf has grown
	done chan struct{} // the goroutine has ended: buf and err stay as they are
}

// hold begins to read src until limit bytes, or all want bytes, are there.
func hold(src io.ReadCloser, limit int, want int64) *heldBody {
	h := &heldBody{src: src, limit: limit, want: want, more: make(chan struct{}, 1), done: make(chan struct{})}
	go h.pump()
	return h
}

func (h *heldBody) pump() {
	defer close(h.done)
	for {
		room := h.room()
		n, err := h.src.Read(room) // behind what the visitor's side may be reading
		h.mu.Lock()
		h.buf = h.buf[:len(h.buf)+n]
		h.err = err
		last := err != nil || h.stop || len(h.buf) >= h.limit || int64(len(h.buf)) == h.want
		h.mu.Unlock()
		if last {
			return
		}
		select {
		case h.more <- struct{}{}:
		default:
		}
	}
}

// leastRoom is how much is read at once of a body that did not say how long it is.
const leastRoom = 4 << 10

// room returns where to read to: all that is announced and wanted at once, so that it is written once. Only pump changes
// buf, and under the lock.
func (h *heldBody) room() []byte {
	if len(h.buf) == cap(h.buf) {
		size := max(2*cap(h.buf), leastRoom)
		if h.want >= 0 {
			size = int(min(h.want, int64(h.limit)))
		}
		larger := append(make([]byte, 0, min(size, h.limit)), h.buf...)
		h.mu.Lock()
		h.buf = larger
		h.mu.Unlock()
	}
	return h.buf[len(h.buf):cap(h.buf)]
}

// wait reports whether everything that was to be held has come within d. If not, holding ends.
func (h *heldBody) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-h.done:
		return true
	case <-timer.C:
		h.mu.Lock()
		h.stop = true
		h.mu.Unlock()
		return false
	}
}

// head returns what is held, and whether the body goes on behind it. To be called after wait returned true.
func (h *heldBody) head() (head []byte, cut bool) {
	return h.buf, h.err == nil && int64(len(h.buf)) != h.want
}

func (h *heldBody) Read(p []byte) (int, error) {
	for {
		ended := false
		select {
		case <-h.done:
			ended = true
		default:
		}
		h.mu.Lock()
		if h.off < len(h.buf) {
			n := copy(p, h.buf[h.off:])
			h.off += n
			h.mu.Unlock()
			return n, nil
		}
		err := h.err
		h.mu.Unlock()
		switch {
		case ended && err != nil:
			return 0, err
		case ended:
			return h.src.Read(p)
		}
		select {
		case <-h.more:
		case <-h.done:
		}
	}
}

// Close closes src, which wakes the goroutine, and waits for it.
func (h *heldBody) Close() error {
	err := h.src.Close()
	<-h.done
	return err
}

// tappedBody passes a body on and keeps a copy of its beginning. When the beginning is complete it is judged, before
// the last of its bytes is given out: what was found is on record when the visitor has the answer.
type tappedBody struct {
	src   io.ReadCloser
	limit int
	want  int64 // the body's announced length, or -1
	judge func(head []byte, cut bool) error

	head   []byte
	total  int64
	judged bool
}

func (t *tappedBody) Read(p []byte) (int, error) {
	n, err := t.src.Read(p)
	if !t.judged {
		t.head = append(t.head, p[:min(n, t.limit-len(t.head))]...)
		t.total += int64(n)
		if err != nil || len(t.head) == t.limit || t.total == t.want {
			t.conclude(err == nil && t.total != t.want)
		}
	}
	return n, err
}

// Close judges what has come so far, if the body is not read to its end.
func (t *tappedBody) Close() error {
	err := t.src.Close()
	if !t.judged {
		t.conclude(true)
	}
	return err
}

func (t *tappedBody) conclude(cut bool) {
	t.judged = true
	_ = t.judge(t.head, cut)
	t.head = nil
}
