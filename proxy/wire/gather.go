package wire

import (
	"net"
	"sync"
)

// net/http hands out an answer in pieces of its own buffer: the head with the first 4 KB, the next of the body, what is
// left over. Each would be a system call, a packet and a visitor's process woken up, and on a proxy these cost more than
// all the rest. So whoever writes the answer says where it makes sense to send.

// gather is what was written and not sent yet.
type gather struct {
	mu   sync.Mutex // guards what follows: net/http answers "Expect: 100-continue" from the goroutine that reads the body
	on   bool
	kept *[gatherSize]byte // pooled; nil: nothing is kept
	n    int
	err  error // what a write has failed with: bytes are missing, so nothing may follow
	pair [2][]byte
}

// gatherSize holds what is in two of net/http's buffers. What is larger is sent together with what is kept, not copied.
const gatherSize = 8 << 10

var gatherPool = sync.Pool{New: func() any { return new([gatherSize]byte) }}

// Gather keeps what is written from here on until [Conn.Send], as far as it is little.
func (c *Conn) Gather() {
	c.out.mu.Lock()
	c.out.on = true
	c.out.mu.Unlock()
}

// Send sends what was gathered, and what is written from here on at once. An error means that some of it did not go out;
// every later write fails with it too.
func (c *Conn) Send() error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.on = false
	if c.out.n > 0 {
		_, _ = c.send(nil)
	}
	return c.out.err
}

// Write sends p, or keeps it: see Gather.
func (c *Conn) Write(p []byte) (int, error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.err != nil {
		return 0, c.out.err
	}
	if !c.out.on || c.out.n+len(p) > gatherSize {
		return c.send(p)
	}
	if c.out.kept == nil {
		c.out.kept = gatherPool.Get().(*[gatherSize]byte)
	}
	c.out.n += copy(c.out.kept[c.out.n:], p)
	return len(p), nil
}

// send sends what is kept and p behind it, and returns how much of p went out.
func (c *Conn) send(p []byte) (int, error) {
	if c.out.n == 0 {
		n, err := c.Conn.Write(p)
		c.out.err = err
		return n, err
	}
	c.out.pair = [2][]byte{c.out.kept[:c.out.n], p}
	pieces := net.Buffers(c.out.pair[:])
	if len(p) == 0 {
		pieces = pieces[:1]
	}
	sent, err := pieces.WriteTo(c.Conn) // one system call on TCP
	n := max(int(sent)-c.out.n, 0)
	gatherPool.Put(c.out.kept)
	c.out.kept, c.out.n, c.out.pair, c.out.err = nil, 0, [2][]byte{}, err
	return n, err
}
