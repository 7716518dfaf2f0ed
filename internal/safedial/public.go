package safedial

import "net/netip"

// reserved are the networks that are nobody's public server, beyond those that netip knows (IANA special-purpose
// registries, RFC 6890).
var reserved = parseAll(
	"0.0.0.0/8",     // Linux connects to itself
	"100.64.0.0/10", // carrier-grade NAT
	"192.0.0.0/24",
	"192.0.2.0/24",
	"192.88.99.0/24", // 6to4 relays, deprecated (RFC 7526)
	"198.18.0.0/15",
	"198.51.100.0/24",
	"203.0.113.0/24",
	"240.0.0.0/4",
	"::/96",           // IPv4-compatible, deprecated (RFC 4291, 2.5.5.1)
	"::ffff:0:0:0/96", // SIIT (RFC 7915)
	"64:ff9b::/96",    // NAT64: an IPv4 address in disguise (RFC 6052)
	"64:ff9b:1::/48",
	"100::/64",
	"2001::/23",     // Teredo, ORCHID, benchmarks
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4: likewise IPv4 in disguise
	"3fff::/20",     // documentation (RFC 9637)
	"5f00::/16",     // segment routing (RFC 9602)
	"fec0::/10",     // site-local, deprecated
)

// metadata are the services that hand a cloud machine's secrets to whoever asks from it. Most lie in networks that are not
// public; they are named so that allowing a wide network does not open them too.
var metadata = map[netip.Addr]bool{
	netip.MustParseAddr("169.254.169.254"): true, // AWS, Azure, Google, Oracle, and most others
	netip.MustParseAddr("169.254.170.2"):   true, // AWS ECS, credentials of a task
	netip.MustParseAddr("169.254.170.23"):  true, // AWS EKS, likewise
	netip.MustParseAddr("168.63.129.16"):   true, // Azure's wire server, in a public network
	netip.MustParseAddr("100.100.100.200"): true, // Alibaba
	netip.MustParseAddr("192.0.0.192"):     true, // Oracle Classic
	netip.MustParseAddr("fd00:ec2::254"):   true, // AWS
	netip.MustParseAddr("fd00:ec2::23"):    true, // AWS EKS
	netip.MustParseAddr("fd20:ce::254"):    true, // Google
}

// Public reports whether an address can be a server on the internet. An IPv4 address in IPv6 form counts as itself.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" || metadata[addr] {
		return false
	}
	for _, network := range reserved {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}

// translated is the IPv4 address that a gateway makes of an IPv6 one (RFC 6052, 2.2 and RFC 3056).
func translated(addr netip.Addr) (inner netip.Addr, ok bool) {
	bytes := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[12:])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	}
	return netip.Addr{}, false
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

func parseAll(texts ...string) []netip.Prefix {
	networks := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		networks[i] = netip.MustParsePrefix(text)
	}
	return networks
}
