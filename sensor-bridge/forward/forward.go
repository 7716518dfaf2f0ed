// Package forward is the forwarder for a customer's office: it takes the syslog of the devices there by UDP and TCP, writes
// every record to a buffer on disk with a number and the time of its arrival, and brings it to the bridge over TLS.
//
// It owns the promise that an outage of the line, of the bridge or of itself loses nothing that is in the buffer and stores
// nothing twice: a record leaves the buffer once the bridge has answered with its number, whatever was written before goes
// out again over the next connection, and the bridge passes over numbers that it has. It leaves the buffer to a [Buffer],
// the form of a forwarded record to package frame, and reads nothing of what it forwards.
//
// Start with [Forwarder.Run]; intake.go is the way in, send.go the way out.
package forward

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Buffer keeps records until they are done with. What AppendText has taken without an error survives the process; NextText
// hands records out in order, each with its number (those of a batch are consecutive, the last one is returned), and those
// that are not done again after a restart. Full reports that it is about to refuse.
type Buffer interface {
	Stream() string
	AppendText(string) error
	Full() bool
	NextText(ctx context.Context, most int) ([]string, uint64, error)
	Done(uint64) error
}

// Config says what is taken in and where it goes.
type Config struct {
	To   string         // host:port of the bridge
	TLS  *tls.Config    // with the client certificate, and whom to trust
	UDP  string         // address to take syslog on; empty: none
	TCP  string         // address to take syslog on; empty: none
	From []netip.Prefix // who may send; empty: anybody

	Window     int           // records on the way without an answer
	AnswerTime time.Duration // a connection without an answer for so long is given up
	RetryMin   time.Duration // pauses between connections grow from here
	RetryMax   time.Duration
	TellEvery  time.Duration // how often counts are logged
}

// DefaultConfig lacks only addresses and TLS.
func DefaultConfig() Config {
	return Config{Window: 8192, AnswerTime: 2 * time.Minute, RetryMin: time.Second, RetryMax: 30 * time.Second, TellEvery: time.Minute}
}

// Counts are what a forwarder did since its start. Received is Buffered + Refused.
type Counts struct {
	Received uint64
	Buffered uint64
	Refused  uint64 // lost: no room in the buffer, or from an address that may not send
	Answered uint64 // stored by the bridge, those of earlier runs included
}

// Forwarder is one forwarder. Run it once; Counts and the addresses are safe for concurrent use.
type Forwarder struct {
	cfg    Config
	buffer Buffer
	log    *slog.Logger
	udp    net.PacketConn
	tcp    net.Listener

	received, buffered, refused, answered atomic.Uint64
}

// New binds the addresses. One that cannot be had, or none at all, is KindInvalid.
func New(cfg Config, buffer Buffer, log *slog.Logger) (*Forwarder, error) {
	if cfg.UDP == "" && cfg.TCP == "" {
		return nil, sekisho.Invalid("say where to take syslog: --udp or --tcp with an address, such as 0.0.0.0:514")
	}
	if _, _, err := net.SplitHostPort(cfg.To); err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("--to %q: name the bridge, such as sekisho.example.co.jp:6514", cfg.To))
	}
	f := &Forwarder{cfg: cfg, buffer: buffer, log: log}
	var err error
	if cfg.UDP != "" {
		if f.udp, err = listenUDP(cfg.UDP); err != nil {
			return nil, taken("udp", cfg.UDP, err)
		}
	}
	if cfg.TCP != "" {
		if f.tcp, err = net.Listen("tcp", cfg.TCP); err != nil {
			f.Close()
			return nil, taken("tcp", cfg.TCP, err)
		}
	}
	return f, nil
}

func taken(network, addr string, err error) error {
	return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("--%s %s: cannot listen there; give a free address", network, addr)}
}

// Close closes the addresses; Run does so too.
func (f *Forwarder) Close() {
	if f.udp != nil {
		_ = f.udp.Close()
	}
	if f.tcp != nil {
		_ = f.tcp.Close()
	}
}

// UDPAddr is where datagrams are taken; nil when they are not.
func (f *Forwarder) UDPAddr() net.Addr {
	if f.udp == nil {
		return nil
	}
	return f.udp.LocalAddr()
}

// TCPAddr is where connections are taken; nil when they are not.
func (f *Forwarder) TCPAddr() net.Addr {
	if f.tcp == nil {
		return nil
	}
	return f.tcp.Addr()
}

// Counts are those so far.
func (f *Forwarder) Counts() Counts {
	return Counts{Received: f.received.Load(), Buffered: f.buffered.Load(), Refused: f.refused.Load(), Answered: f.answered.Load()}
}

// Run takes in and forwards until ctx ends.
func (f *Forwarder) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, f.Close)
	defer stop()
	if f.udp != nil {
		group.Go(f.readDatagrams)
	}
	if f.tcp != nil {
		group.Go(func() error { return f.readConnections(ctx) })
	}
	group.Go(func() error { return f.send(ctx) })
	group.Go(func() error { return f.tell(ctx) })
	return group.Wait()
}

// tell logs the counts when they have changed.
func (f *Forwarder) tell(ctx context.Context) error {
	tick := time.NewTicker(f.cfg.TellEvery)
	defer tick.Stop()
	var before Counts
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := f.Counts()
		if now == before {
			continue
		}
		level := slog.LevelInfo
		if now.Refused > before.Refused {
			level = slog.LevelError
		}
		f.log.Log(ctx, level, "forwarder", slog.Uint64("received", now.Received), slog.Uint64("refused", now.Refused), slog.Uint64("answered", now.Answered), obs.Addr(f.cfg.To))
		before = now
	}
}
