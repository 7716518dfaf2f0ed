package field

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Address reads an IP address, also in brackets, with a zone, a prefix length or a port behind it. What is none gives the
// zero Addr, and so does the unspecified address, which sensors write for "none".
func Address(s string) netip.Addr {
	ip, _ := AddressPort(s)
	return ip
}

// AddressPort reads "1.2.3.4:80", "1.2.3.4/80", "1.2.3.4(80)", "1.2.3.4#80", "[2001:db8::1]:80", "1.2.3.4:80:X1:name"
// (SonicWall) and a bare address.
func AddressPort(s string) (netip.Addr, uint16) {
	s = strings.TrimSpace(s)
	if len(s) < 2 {
		return netip.Addr{}, 0
	}
	if s[0] == '[' {
		inside, after, found := strings.Cut(s[1:], "]")
		if !found {
			return netip.Addr{}, 0
		}
		return known(inside), Port(strings.TrimPrefix(after, ":"))
	}
	if ip := known(s); ip.IsValid() {
		return ip, 0
	}
	end := strings.IndexAny(s, "/(#")
	if end < 0 {
		end = strings.IndexByte(s, ':')
	}
	if end <= 0 {
		return netip.Addr{}, 0
	}
	ip, rest := known(s[:end]), s[end+1:]
	if !ip.IsValid() {
		return netip.Addr{}, 0
	}
	if stop := strings.IndexAny(rest, ":)/ "); stop >= 0 {
		rest = rest[:stop]
	}
	return ip, Port(rest)
}

func known(s string) netip.Addr {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.IsUnspecified() {
		return netip.Addr{}
	}
	return ip.Unmap()
}

// Port reads a port; what is none gives 0.
func Port(s string) uint16 {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// Protocol returns the usual lower-case name of an IP protocol given by name or number.
func Protocol(s string) string {
	switch s = strings.ToLower(strings.TrimSpace(s)); s {
	case "1":
		return "icmp"
	case "2":
		return "igmp"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "41":
		return "ipv6"
	case "47":
		return "gre"
	case "50":
		return "esp"
	case "51":
		return "ah"
	case "58", "ipv6-icmp", "icmp6":
		return "icmpv6"
	case "132":
		return "sctp"
	case "-", "n/a", "0", "hopopt":
		return ""
	}
	if before, _, found := strings.Cut(s, "/"); found { // udp/dns
		return before
	}
	return s
}

// Direction tells which way a flow crossed the firm's border, from its addresses; empty when they do not tell.
func Direction(source, destination netip.Addr) sekisho.Direction {
	if !source.IsValid() || !destination.IsValid() {
		return ""
	}
	switch from, to := Inside(source), Inside(destination); {
	case from && to:
		return sekisho.DirectionInternal
	case from:
		return sekisho.DirectionOutbound
	case to:
		return sekisho.DirectionInbound
	}
	return ""
}

var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// Inside reports whether an address belongs to a private network (RFC 1918, 4193, 6598, link-local, loopback, multicast).
func Inside(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || carrierNAT.Contains(ip) ||
		ip == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
