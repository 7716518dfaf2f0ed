package proxy

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/sekisho-waf/sekisho/internal/clientip"
)

// clientAddress finds out who asks, and whether they typed https, from the connection and from the proxies that we trust.
func (s *Server) clientAddress(x *exchange) bool {
	peer := clientip.ParsePeer(x.r.RemoteAddr)
	x.Client = clientip.Find(peer, x.r.Header["X-Forwarded-For"], s.config.TrustedProxies)
	if local, ok := x.r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		x.Server = addrPort(local)
	}
	// A balancer in front of us may have ended TLS; only one that we trust may say so.
	if proto := x.r.Header["X-Forwarded-Proto"]; len(proto) == 1 && clientip.Trusted(peer.Addr(), s.config.TrustedProxies) {
		if proto[0] == "https" || proto[0] == "http" {
			x.scheme = proto[0]
		}
	}
	return true
}

func addrPort(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return clientip.Plain(tcp.AddrPort())
	}
	return clientip.ParsePeer(addr.String())
}
