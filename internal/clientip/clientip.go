// Package clientip decides which address a request came from when other proxies stand in front of us.
//
// It owns one rule: the rightmost hop that no trusted proxy vouches for is the visitor. Everything to the left of it in
// X-Forwarded-For was written by that visitor and may be a lie. Pure: no sockets, no headers of its own. Start with [Find].
package clientip

import (
	"net/netip"
	"strings"
)

// Find returns the visitor's address: peer itself unless peer is a trusted proxy, else the rightmost hop of
// X-Forwarded-For that is not a trusted proxy. forwarded holds the header's values in the order they were received.
// A hop that is no address ends the search, because nothing behind it can be vouched for: the nearest known hop is then
// the answer. Addresses come back unmapped and without zone; the port is 0 where a hop names none.
func Find(peer netip.AddrPort, forwarded []string, trusted []netip.Prefix) netip.AddrPort {
	visitor := Plain(peer)
	for i := len(forwarded) - 1; i >= 0; i-- {
		for rest := forwarded[i]; ; {
			if !Trusted(visitor.Addr(), trusted) {
				return visitor
			}
			cut := strings.LastIndexByte(rest, ',')
			hop, ok := parseHop(rest[cut+1:])
			if !ok {
				return visitor
			}
			visitor = hop
			if cut < 0 {
				break
			}
			rest = rest[:cut]
		}
	}
	return visitor
}

// Trusted reports whether addr belongs to one of the prefixes. addr is plain, see [Plain].
func Trusted(addr netip.Addr, prefixes []netip.Prefix) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Plain returns the one form of an address that lists and rules compare: IPv4 in IPv6 is unmapped and the zone is gone,
// because 10.0.0.1 and ::ffff:10.0.0.1 are the same visitor and netip compares neither with the other.
func Plain(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port())
}

// ParsePeer reads the address of a connection as net/http gives it ("192.0.2.1:1234", "[fe80::1%eth0]:1234").
// The zero AddrPort comes back for anything else, such as a Unix socket.
func ParsePeer(remoteAddr string) netip.AddrPort {
	addr, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return netip.AddrPort{}
	}
	return Plain(addr)
}

// parseHop reads one hop: an address alone, or with a port as some load balancers write it.
func parseHop(s string) (netip.AddrPort, bool) {
	s = strings.Trim(s, " \t")
	if addr, err := netip.ParseAddr(s); err == nil {
		return Plain(netip.AddrPortFrom(addr, 0)), true
	}
	if addr, err := netip.ParseAddrPort(s); err == nil {
		return Plain(addr), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok { // [2001:db8::1] without a port
		if addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err == nil && strings.HasSuffix(inner, "]") {
			return Plain(netip.AddrPortFrom(addr, 0)), true
		}
	}
	return netip.AddrPort{}, false
}
