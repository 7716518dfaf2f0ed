package proxy

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// tunnel is a visitor's connection that has become a WebSocket. It follows the frames that go to the visitor, so that a
// shutdown can say goodbye between two of them; what is in the frames is nobody's business here.
type tunnel struct {
	net.Conn
	stall time.Duration

	mu     sync.Mutex // guards what follows, and the order of writes
	frames frameReader
	open   bool // the answer to the handshake is out: from here on there are frames
	over   bool // the visitor was told to go; nothing more is sent
	asked  bool // to be told as soon as the frame under way is complete
}

// goingAway is the close frame of a server that shuts down (RFC 6455, 5.5.1 and 7.4.1: 1001), unmasked as a server's are.
var goingAway = []byte{0x88, 2, 1001 >> 8, 1001 & 0xff}

// Write sends bytes of the origin's. Behind the goodbye they are taken and dropped: the visitor's answer to it, which
// ends the conversation, must still find its way to the origin.
func (t *tunnel) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for sent := 0; ; {
		if t.over {
			return len(p), nil
		}
		if t.asked && t.frames.between() {
			t.over = true
			return len(p), t.write(goingAway)
		}
		if sent == len(p) {
			return sent, nil
		}
		rest := p[sent:]
		n := len(rest)
		if t.asked { // stop at the end of the frame
			n = t.frames.untilEnd(rest)
		} else {
			t.frames.skip(rest)
		}
		if err := t.write(rest[:n]); err != nil {
			return sent, err
		}
		sent += n
	}
}

func (t *tunnel) write(p []byte) error {
	_ = t.SetWriteDeadline(time.Now().Add(t.stall))
	_, err := t.Conn.Write(p)
	return err
}

// goAway tells the visitor that we go, now or at the end of the frame under way.
func (t *tunnel) goAway() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.asked {
		return
	}
	t.asked = true
	if t.open && t.frames.between() {
		t.over = true
		_ = t.write(goingAway) // a visitor who is gone misses nothing
	}
}

// handshake writes the answer to the handshake, which is no frame.
type handshake struct{ *tunnel }

func (h handshake) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.write(p); err != nil {
		return 0, err
	}
	h.open = bytes.HasSuffix(p, []byte("\r\n\r\n"))
	return len(p), nil
}

// CloseWrite ends our side.
func (t *tunnel) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// frameReader knows where frames of a WebSocket end (RFC 6455, 5.2).
type frameReader struct {
	head [14]byte
	got  int    // bytes of head that are there
	left uint64 // bytes of the payload that are still to come
}

// between reports whether the next byte begins a frame.
func (f *frameReader) between() bool { return f.got == 0 && f.left == 0 }

func (f *frameReader) skip(p []byte) {
	for len(p) > 0 {
		p = p[f.untilEnd(p):]
	}
}

// untilEnd takes bytes up to the end of the frame under way, and returns how many.
func (f *frameReader) untilEnd(p []byte) int {
	taken := 0
	for f.left == 0 && taken < len(p) {
		f.head[f.got] = p[taken]
		f.got++
		taken++
		if f.got >= 2 && f.got == f.headLength() {
			f.left, f.got = f.payload(), 0
			if f.left == 0 {
				return taken
			}
		}
	}
	n := min(uint64(len(p)-taken), f.left)
	f.left -= n
	return taken + int(n)
}

func (f *frameReader) headLength() int {
	length := 2
	switch f.head[1] & 0x7f {
	case 126:
		length += 2
	case 127:
		length += 8
	}
	if f.head[1]&0x80 != 0 {
		length += 4 // a mask, which servers do not use
	}
	return length
}

func (f *frameReader) payload() uint64 {
	switch n := f.head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(f.head[2:4]))
	case 127:
		return binary.BigEndian.Uint64(f.head[2:10])
	default:
		return uint64(n)
	}
}
