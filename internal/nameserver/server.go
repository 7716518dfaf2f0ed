package nameserver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Server answers for one zone. Safe for concurrent use.
type Server struct {
	cfg        Config
	origin     string // the zone with its last dot
	challenges func(label string) []string
	log        *slog.Logger

	udp    net.PacketConn
	tcp    net.Listener
	zone   atomic.Pointer[Zone]
	serial atomic.Uint32
	rates  rates
}

const (
	maxConns     = 256
	tcpPatience  = 5 * time.Second
	maxQuestion  = 4 << 10
	maxQuestions = 64 // by one connection
)

// Sockets opens the two sockets of the server, by the name "dns".
type Sockets interface {
	Listen(name, addr string) (net.Listener, error)
	ListenPacket(name, addr string) (net.PacketConn, error)
}

// New checks the settings and binds the port, UDP and TCP. challenges returns the texts that stand at a label, from
// memory.
func New(cfg Config, sockets Sockets, challenges func(label string) []string, log *slog.Logger) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, origin: cfg.Zone + ".", challenges: challenges, log: log}
	s.rates = rates{buckets: map[netip.Prefix]bucket{}, now: time.Now}
	s.serial.Store(uint32(time.Now().Unix())) // grows over restarts too
	s.zone.Store(&Zone{})
	taken := func(err error) error {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("dns_listen %s: cannot listen there; give a free address, such as 203.0.113.10:53", cfg.Listen)}
	}
	var err error
	if s.tcp, err = sockets.Listen("dns", cfg.Listen); err != nil {
		return nil, taken(err)
	}
	if s.udp, err = sockets.ListenPacket("dns", s.tcp.Addr().String()); err != nil { // the same port where any was asked for
		_ = s.tcp.Close()
		return nil, taken(err)
	}
	return s, nil
}

// Addr is where the server listens, UDP and TCP.
func (s *Server) Addr() net.Addr { return s.tcp.Addr() }

// Close gives the port back; it is for a server that was never run.
func (s *Server) Close() error { return errors.Join(s.udp.Close(), s.tcp.Close()) }

// Run answers until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	for range 2 { // one answers while the other waits in the kernel
		group.Go(func() { s.serveUDP(ctx) })
	}
	listener := netutil.LimitListener(s.tcp, maxConns)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.log.WarnContext(ctx, "DNS connection not accepted", obs.Err(err))
			time.Sleep(10 * time.Millisecond) // out of file descriptors: others must be able to close some
			continue
		}
		group.Go(func() { s.serveTCP(ctx, conn) })
	}
}

func (s *Server) serveUDP(ctx context.Context) {
	buffer := make([]byte, maxQuestion)
	for {
		n, from, err := s.udp.ReadFrom(buffer)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			continue // such as an ICMP error for an answer of before
		}
		peer, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		if out := s.answer(buffer[:n], peer.AddrPort().Addr(), false); out != nil {
			_, _ = s.udp.WriteTo(out, from) // who is gone asks again
		}
	}
}

// serveTCP answers the questions of one connection, each behind its length (RFC 7766).
func (s *Server) serveTCP(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	peer, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return
	}
	for range maxQuestions {
		_ = conn.SetDeadline(time.Now().Add(tcpPatience)) // a closed connection says so at the next read
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n > maxQuestion {
			return
		}
		packet := make([]byte, n)
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		out := s.answer(packet, peer.AddrPort().Addr(), true)
		if out == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			return
		}
	}
}
