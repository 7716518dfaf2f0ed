package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// door is where connections come in. Before net/http gets one, the door has read what comes ahead of a request: the
// PROXY header of a balancer that we trust, and the TLS handshake. It shakes hands itself because net/http serves HTTP/2
// on nothing but a *tls.Conn, while HTTP/1 must pass through wire, which net/http must not be able to look behind.
type door struct {
	net.Listener
	server *Server
	tls    *tls.Config // nil: plain

	ready chan arrival
	once  sync.Once
	left  atomic.Bool   // further connections are somebody else's
	stop  chan struct{} // closed with the door

	mu      sync.Mutex            // guards waiting
	waiting map[net.Conn]struct{} // connections that have not said enough yet
}

// arrival is what Accept returns.
type arrival struct {
	conn net.Conn
	err  error
}

// maxWaiting bounds the connections that are still shaking hands; further ones are closed. Each may take as long as a
// head may.
const maxWaiting = 16 << 10

func (s *Server) newDoor(listener net.Listener, config *tls.Config) *door {
	return &door{
		Listener: listener, server: s, tls: config,
		ready: make(chan arrival), stop: make(chan struct{}), waiting: map[net.Conn]struct{}{},
	}
}

// Accept returns the next connection that is ready for its first request.
func (d *door) Accept() (net.Conn, error) {
	if d.tls == nil && len(d.server.config.ProxyProtocolFrom) == 0 { // nothing to wait for
		conn, err := d.Listener.Accept()
		if err != nil {
			if d.left.Load() {
				<-d.stop // the connections that came in are still served
			}
			return nil, err
		}
		return d.server.checked(conn), nil
	}
	d.once.Do(func() { go d.welcome() })
	select {
	case next := <-d.ready:
		return next.conn, next.err
	case <-d.stop:
		return nil, net.ErrClosed
	}
}

// Close closes the door and every connection that was still waiting at it.
func (d *door) Close() error {
	err := d.Listener.Close()
	if d.left.Load() {
		err = nil // it is closed already
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.stop:
		return err
	default:
	}
	close(d.stop)
	for conn := range d.waiting {
		_ = conn.Close()
	}
	return err
}

func (d *door) welcome() {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			if d.left.Load() {
				return
			}
			if !d.deliver(arrival{err: err}) || errors.Is(err, net.ErrClosed) {
				return
			}
			continue // net/http decides how long to wait after it
		}
		if !d.wait(conn) {
			d.server.refusals.count("connections_waiting")
			_ = conn.Close()
			continue
		}
		go func() {
			ready := d.admit(conn)
			d.mu.Lock()
			delete(d.waiting, conn)
			d.mu.Unlock()
			if ready == nil || !d.deliver(arrival{conn: ready}) {
				_ = conn.Close()
			}
		}()
	}
}

func (d *door) deliver(next arrival) bool {
	select {
	case d.ready <- next:
		return true
	case <-d.stop:
		return false
	}
}

// wait takes a connection among those that are waiting; false means that there are too many, or that the door is closed.
func (d *door) wait(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.stop:
		return false
	default:
	}
	if len(d.waiting) >= maxWaiting {
		return false
	}
	d.waiting[conn] = struct{}{}
	return true
}

// admit reads what comes ahead of the first request. nil: the connection is not served.
func (d *door) admit(conn net.Conn) net.Conn {
	s := d.server
	limit := time.Now().Add(s.config.HeaderTimeout)
	_ = conn.SetDeadline(limit) // fails on a closed connection, which the next read will say
	if s.fromBalancer(conn) {
		told, err := readProxyHeader(conn)
		if err != nil {
			s.refusals.count("bad_proxy_header")
			s.quiet.Printf("proxy header from %s: %v", conn.RemoteAddr(), err)
			return nil
		}
		conn = told
	}
	if d.tls == nil {
		_ = conn.SetDeadline(time.Time{})
		return s.checked(conn)
	}
	secure := tls.Server(conn, d.tls)
	ctx, cancel := context.WithDeadline(context.Background(), limit)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		s.handshakeFailed(conn, err)
		return nil
	}
	_ = secure.SetDeadline(time.Time{})
	switch secure.ConnectionState().NegotiatedProtocol {
	case "h2":
		return secure
	case ChallengeProtocol: // an authority has seen what it wanted
		_ = secure.Close()
		return nil
	}
	return &checkedTLS{Conn: s.checked(secure), secure: secure}
}

func (s *Server) handshakeFailed(conn net.Conn, err error) {
	s.refusals.count("handshake")
	s.quiet.Printf("TLS handshake with %s: %v", conn.RemoteAddr(), err)
	var header tls.RecordHeaderError
	if errors.As(err, &header) && header.Conn != nil && speaksHTTP(header.RecordHeader) {
		const body = "This port speaks HTTPS.\n"
		_, _ = io.WriteString(header.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 24\r\nConnection: close\r\n\r\n"+body)
	}
}

// speaksHTTP knows a plain request by its first five bytes.
func speaksHTTP(record [5]byte) bool {
	switch string(record[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}

// checked puts the check of heads under net/http.
func (s *Server) checked(conn net.Conn) *wire.Conn {
	return wire.NewConn(conn, wire.DefaultLimits(s.config.MaxHeaderBytes), s.config.HeaderTimeout)
}

// checkedTLS tells net/http that HTTP/1 is spoken over TLS.
type checkedTLS struct {
	*wire.Conn
	secure *tls.Conn
}

// ConnectionState is where net/http finds Request.TLS.
func (c *checkedTLS) ConnectionState() tls.ConnectionState { return c.secure.ConnectionState() }

// connKey is the context key of the connection a request of HTTP/1 came on.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	switch conn := conn.(type) {
	case *wire.Conn:
		return context.WithValue(ctx, connKey{}, conn)
	case *checkedTLS:
		return context.WithValue(ctx, connKey{}, conn.Conn)
	}
	return ctx
}
