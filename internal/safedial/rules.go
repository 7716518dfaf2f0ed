package safedial

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Rules say which addresses may be connected to. The zero Rules allow public addresses and nothing else. Rules do not
// change once they are in use, and may be asked from many goroutines at once.
type Rules struct {
	// Networks may be reached although they are not public. A metadata service is only opened by a network that holds
	// nothing else: 10.0.0.0/8 or 169.254.0.0/16 is never meant that way.
	Networks []netip.Prefix

	// Anywhere opens every address: whoever runs this machine has named the target. Own still holds.
	Anywhere bool

	// Own are our own doors, which nobody is led to: a request would come back to us without end. Nil: none are known.
	Own *Own
}

// Refused is the error of a connection that was not made.
type Refused struct {
	Target netip.AddrPort // the address that the name led to
	Why    string         // for people: "is not a public address"
}

// Error names the address and the reason.
func (r *Refused) Error() string { return fmt.Sprintf("%s %s", r.Target, r.Why) }

// Check returns a [Refused] for an address that must not be connected to.
func (r *Rules) Check(target netip.AddrPort) error {
	addr := target.Addr().Unmap()
	refuse := func(why string) error { return &Refused{Target: target, Why: why} }
	switch {
	case !addr.IsValid():
		return refuse("is no address")
	case r.Own.has(netip.AddrPortFrom(addr.WithZone(""), target.Port())):
		return refuse("is an address of ours")
	case r.Anywhere:
		return nil
	case addr.IsMulticast() || addr.IsUnspecified():
		return refuse("is no single server's address") // whatever networks are open
	}
	if inner, ok := translated(addr); ok { // behind the gateway stands an IPv4 address that must be allowed itself
		if err := r.Check(netip.AddrPortFrom(inner, target.Port())); err != nil {
			return refuse("leads to " + err.Error())
		}
	}
	if Public(addr) || r.opened(addr.WithZone("")) {
		return nil
	}
	return refuse("is not a public address")
}

func (r *Rules) opened(addr netip.Addr) bool {
	for _, network := range r.Networks {
		if network.Contains(addr) && (network.IsSingleIP() || !metadata[addr]) {
			return true
		}
	}
	return false
}

// Dialer returns a dialer that asks the rules about each address that it is about to connect to, after the name was
// resolved. Nil resolver: the machine's own.
func (r *Rules) Dialer(timeout time.Duration, resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, Resolver: resolver, Control: r.control}
}

// control runs between socket(2) and connect(2), with the address of this attempt.
func (r *Rules) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Refused{Why: fmt.Sprintf("%q is no address", address)}
	}
	return r.Check(target)
}
