package proxy

import (
	"bufio"
	"net"
	"net/netip"

	"github.com/sekisho-waf/sekisho/internal/clientip"
)

// fromBalancer reports whether the peer must begin with a PROXY header. Whether one is there is never guessed: a visitor
// who sends one is refused for not speaking HTTP, and a balancer that sends none is refused too, because its visitors
// would all have its own address.
func (s *Server) fromBalancer(conn net.Conn) bool {
	return len(s.config.ProxyProtocolFrom) > 0 && clientip.Trusted(addrPort(conn.RemoteAddr()).Addr(), s.config.ProxyProtocolFrom)
}

// toldConn is a connection of whose visitor a balancer has told us.
type toldConn struct {
	net.Conn
	reader *bufio.Reader
	remote net.Addr
	local  net.Addr
}

// readProxyHeader reads the header and returns the connection behind it.
func readProxyHeader(conn net.Conn) (net.Conn, error) {
	reader := bufio.NewReaderSize(conn, clientip.MaxProxyHeader)
	header, err := clientip.ReadProxyHeader(reader)
	if err != nil {
		return nil, err
	}
	told := &toldConn{Conn: conn, reader: reader, remote: conn.RemoteAddr(), local: conn.LocalAddr()}
	if header.Source.IsValid() {
		told.remote, told.local = tcpAddr(header.Source), tcpAddr(header.Destination)
	}
	return told, nil
}

func tcpAddr(addr netip.AddrPort) net.Addr { return net.TCPAddrFromAddrPort(addr) }

// Read gives first what was read behind the header.
func (c *toldConn) Read(p []byte) (int, error) {
	if c.reader != nil {
		if c.reader.Buffered() > 0 {
			return c.reader.Read(p)
		}
		c.reader = nil
	}
	return c.Conn.Read(p)
}

// RemoteAddr is the visitor's.
func (c *toldConn) RemoteAddr() net.Addr { return c.remote }

// LocalAddr is where the visitor went.
func (c *toldConn) LocalAddr() net.Addr { return c.local }

// CloseWrite ends our side.
func (c *toldConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
