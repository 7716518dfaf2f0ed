package names

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/sekisho-waf/sekisho"
)

// reserved are the networks that are nobody's public server, beyond those that netip knows (IANA special-purpose
// registries). A name may point anywhere, so whoever fetches from a name could be made to fetch from the inside.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT, and metadata services
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64: an IPv4 address in disguise
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4: likewise
	netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address can be a server on the internet.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, network := range reserved {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}

// dialPublic connects to public addresses only. The check stands at the socket, behind every resolution and redirect,
// so that a name that answers differently the second time gains nothing.
func dialPublic(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: fetchTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil || !Public(target.Addr()) {
			return sekisho.Invalid(fmt.Sprintf("%s is not a public address", address))
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, address)
}
