package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a visitor's HTTP/1 connection from which only sound bytes can be read. It is for net/http's server: one
// goroutine reads at a time; deadlines and the verdict on an upgrade may come from others.
//
// A head that breaks a rule is never given out. In its place stands a request that no visitor can send, [Conn.Refused]
// tells it from others: so the refusal takes the ordinary way, behind the answers to earlier requests, into the log and
// the counters, and the connection ends behind it. Where a body breaks a rule stands what no server takes for chunks;
// [Conn.Broke] tells which rule it was. Read itself does not fail, because net/http also reads ahead while it answers an
// earlier request, and would cancel that one.
type Conn struct {
	net.Conn
	headTimeout time.Duration
	scan        Scanner

	held    []byte    // received and not given out yet; nil most of the time
	ready   int       // how many of them are settled
	end     error     // what follows held; nil while the connection goes on
	began   time.Time // when we began to wait for the rest of the held head
	free    bool      // a tunnel: nothing is looked at any more
	refusal atomic.Pointer[Refusal]
	broke   atomic.Pointer[Violation]
	verdict atomic.Uint32 // on an upgrade: see Upgraded and NotUpgraded
	out     gather

	mu       sync.Mutex // guards what follows
	deadline time.Time  // that the server asked for
	woken    bool       // it lies in the past: the server wants its reader back
	armed    bool       // ours is set in its place
}

// Refusal is why a connection ended, and as much of the request as could be read, for the log. All of it is the visitor's.
type Refusal struct {
	*Violation
	Method, Target, Host string // empty if unknown, or said twice
}

// NewConn puts the scanner on a connection. headTimeout bounds how long one head may take from its first byte.
func NewConn(conn net.Conn, limits Limits, headTimeout time.Duration) *Conn {
	return &Conn{Conn: conn, scan: NewScanner(limits), headTimeout: headTimeout}
}

// standIn is read in place of a refused head. [form] lets no visitor's GET ask for the asterisk.
const (
	standInTarget = "*"
	standIn       = "GET " + standInTarget + " HTTP/1.1\r\nHost: refused.invalid\r\nConnection: close\r\n\r\n"
)

// noChunk is neither a chunk's size nor its end nor a trailer.
const noChunk = "!!\r\n\r\n"

// Refused returns why there is no request; nil for a request of the visitor's. method and target are those that the
// server has read.
func (c *Conn) Refused(method, target string) *Refusal {
	if method != "GET" || target != standInTarget {
		return nil
	}
	return c.refusal.Load()
}

// Broke returns the rule that the last body of the connection breaks; nil if none does. It may be known before the body
// is read, so ask once reading has failed.
func (c *Conn) Broke() *Violation { return c.broke.Load() }

// Read gives out what is settled.
func (c *Conn) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if c.ready > 0 {
			return c.giveOut(p), nil
		}
		if c.end != nil {
			return 0, c.end
		}
		if c.hearVerdict() {
			continue
		}
		if c.free {
			return c.Conn.Read(p)
		}
		if len(c.held) > 0 {
			if err := c.readMore(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := c.Conn.Read(p)
		if n == 0 {
			return 0, err
		}
		settled, v := c.scan.Scan(p[:n]) // in place: as a rule whole heads arrive, and nothing is copied
		if settled == n && v == nil {
			return n, nil
		}
		c.held, c.began = append(c.held, p[settled:n]...), time.Time{}
		if v != nil {
			c.refuse(v)
		}
		if settled > 0 {
			return settled, nil
		}
	}
	return 0, nil
}

func (c *Conn) giveOut(p []byte) int {
	n := copy(p, c.held[:c.ready])
	c.ready -= n
	if c.held = c.held[n:]; len(c.held) == 0 {
		c.held = nil // a quiet connection holds no memory
	}
	return n
}

// readMore waits for more of what is held, and scans it.
func (c *Conn) readMore() error {
	if c.scan.state == undecided && len(c.held) > c.scan.limits.Head {
		c.end = BeforeTheUpgrade
		return c.end
	}
	if cap(c.held)-len(c.held) < 512 {
		c.held = append(make([]byte, 0, 2*len(c.held)+1024), c.held...)
	}
	c.hurry()
	n, err := c.Conn.Read(c.held[len(c.held):cap(c.held)])
	if n == 0 {
		return c.broken(err)
	}
	c.held = c.held[:len(c.held)+n]
	c.judge()
	return nil
}

func (c *Conn) judge() {
	var v *Violation
	if c.ready, v = c.scan.Scan(c.held); v != nil {
		c.refuse(v)
	} else if c.ready > 0 {
		c.relax()
		c.began = time.Time{} // what follows is something else
	}
}

// refuse ends the connection behind what is settled. held begins with the settled bytes if ready says so, else with what
// broke the rule.
func (c *Conn) refuse(v *Violation) {
	settled, broken := bytes.Clone(c.held[:c.ready]), c.held[c.ready:]
	if c.scan.InHead() {
		refusal := describe(broken)
		refusal.Violation = v
		c.refusal.Store(&refusal)
		c.held = append(settled, standIn...)
	} else {
		c.broke.Store(v)
		c.held = append(settled, noChunk...)
	}
	c.ready, c.end = len(c.held), io.EOF
	c.relax()
}

// broken says what an error of the connection means for the head that is half there.
func (c *Conn) broken(err error) error {
	if !c.scan.InHead() || c.wanted() {
		return err
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.refuse(Late)
	case errors.Is(err, io.EOF):
		c.refuse(Incomplete)
	default:
		return err
	}
	return nil
}

// CloseWrite ends our side, so that a refusal is not lost in a reset because the visitor was still sending.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
