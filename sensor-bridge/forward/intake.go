package forward

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"

	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

const (
	maxDatagram    = 64 << 10
	socketBuffer   = 8 << 20 // asked for; the system gives what it allows
	maxConnections = 256
	idleTimeout    = 24 * time.Hour
	fullPause      = 50 * time.Millisecond
)

// record is what the buffer keeps. A message that is no UTF-8 (a device that writes Shift_JIS) stands in Bytes.
type record struct {
	At    time.Time `json:"at"`
	From  string    `json:"from"`
	Text  string    `json:"text,omitempty"`
	Bytes []byte    `json:"bytes,omitempty"`
}

func (r record) message() []byte {
	if r.Bytes != nil {
		return r.Bytes
	}
	return []byte(r.Text)
}

// take buffers one message and counts it.
func (f *Forwarder) take(message []byte, from netip.Addr) {
	f.received.Add(1)
	r := record{At: time.Now().UTC(), From: from.String()}
	if utf8.Valid(message) {
		r.Text = string(message)
	} else {
		r.Bytes = message
	}
	text, err := json.Marshal(r)
	if err == nil {
		err = f.buffer.AppendText(string(text))
	}
	if err != nil {
		f.refused.Add(1) // told by count: a full disk must not fill the log too
		return
	}
	f.buffered.Add(1)
}

// mayCome returns the address that a message came from, and whether it may.
func (f *Forwarder) mayCome(at net.Addr) (netip.Addr, bool) {
	from, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return netip.Addr{}, false
	}
	ip := from.Addr().Unmap().WithZone("")
	return ip, len(f.cfg.From) == 0 || slices.ContainsFunc(f.cfg.From, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func (f *Forwarder) refuse() {
	f.received.Add(1)
	f.refused.Add(1)
}

func listenUDP(addr string) (net.PacketConn, error) {
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer) // a burst waits there for the disk
	return conn, nil
}

func (f *Forwarder) readDatagrams() error {
	buffer := make([]byte, maxDatagram)
	for {
		n, at, err := f.udp.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		from, ok := f.mayCome(at)
		switch {
		case n == 0:
		case !ok:
			f.refuse()
		default:
			f.take(buffer[:n], from)
		}
	}
}

func (f *Forwarder) readConnections(ctx context.Context) error {
	room := semaphore.NewWeighted(maxConnections)
	var open sync.WaitGroup
	defer open.Wait()
	for {
		conn, err := f.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil { // out of file descriptors, most likely: others may end
			f.log.WarnContext(ctx, "connection of a device not accepted", obs.Err(err))
			sleep(ctx, 100*time.Millisecond)
			continue
		}
		from, ok := f.mayCome(conn.RemoteAddr())
		if !ok || !room.TryAcquire(1) {
			f.refuse()
			_ = conn.Close()
			continue
		}
		open.Go(func() {
			defer room.Release(1)
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			f.readConnection(ctx, conn, from)
		})
	}
}

// readConnection reads messages until the peer ends. While the buffer is full it lets the peer wait.
func (f *Forwarder) readConnection(ctx context.Context, conn net.Conn, from netip.Addr) {
	messages := frame.NewSyslog(conn)
	for {
		for f.buffer.Full() && ctx.Err() == nil {
			sleep(ctx, fullPause)
		}
		if !messages.Buffered() {
			_ = conn.SetReadDeadline(time.Now().Add(idleTimeout))
		}
		message, err := messages.Next()
		if message != nil {
			f.take(message, from)
		}
		if err != nil {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
