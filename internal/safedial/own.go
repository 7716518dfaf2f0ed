package safedial

import (
	"net"
	"net/netip"
	"slices"
)

// Own knows the doors of this program: its listeners, and the addresses at which the world reaches it. The nil Own knows
// none.
type Own struct {
	listeners []netip.AddrPort
	edges     []netip.Addr
	machine   func() []netip.Addr
}

// NewOwn takes the addresses that we listen on, where an unspecified one (":443") stands for every address of this machine,
// and the public addresses that lead to us from outside, on whatever port.
func NewOwn(listeners []net.Addr, edges []netip.Addr) *Own {
	o := &Own{edges: edges, machine: machineAddrs}
	for _, listener := range listeners {
		if listener == nil {
			continue
		}
		if at, err := netip.ParseAddrPort(listener.String()); err == nil {
			o.listeners = append(o.listeners, netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()))
		}
	}
	return o
}

func (o *Own) has(target netip.AddrPort) bool {
	if o == nil {
		return false
	}
	if slices.Contains(o.edges, target.Addr()) {
		return true
	}
	for _, listener := range o.listeners {
		if listener.Port() != target.Port() {
			continue
		}
		switch {
		case listener.Addr() == target.Addr(),
			target.Addr().IsUnspecified(): // Linux connects to this machine
			return true
		case listener.Addr().IsUnspecified():
			if target.Addr().IsLoopback() || slices.Contains(o.machine(), target.Addr()) {
				return true
			}
		}
	}
	return false
}

// machineAddrs is asked for each time, and only about connections to a port of ours: addresses come and go.
func machineAddrs() []netip.Addr {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil // loopback is known without
	}
	addrs := make([]netip.Addr, 0, len(interfaces))
	for _, at := range interfaces {
		if network, ok := at.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(network.IP); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs
}
