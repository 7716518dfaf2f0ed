package clientip

import (
	"cmp"
	"net/netip"
	"slices"
)

// Set is a set of networks that answers fast however many there are. The zero Set is empty; a Set does not change.
type Set struct {
	spans []span // in order, none overlapping
}

type span struct{ first, last netip.Addr }

// NewSet returns the set of all addresses of the given networks. IPv4 networks in IPv6 form count as IPv4.
func NewSet(prefixes []netip.Prefix) Set {
	spans := make([]span, 0, len(prefixes))
	for _, prefix := range prefixes {
		if prefix = plainPrefix(prefix); prefix.IsValid() {
			spans = append(spans, span{prefix.Addr(), lastOf(prefix)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.first.Compare(b.first), b.last.Compare(a.last)) })
	joined := spans[:0]
	for _, s := range spans {
		// Networks nest or are apart, so behind a wider one everything that begins within it is covered.
		if n := len(joined); n > 0 && s.last.Compare(joined[n-1].last) <= 0 {
			continue
		}
		joined = append(joined, s)
	}
	return Set{spans: joined}
}

// Contains reports whether an address is in the set.
func (s Set) Contains(addr netip.Addr) bool {
	if len(s.spans) == 0 {
		return false
	}
	addr = addr.Unmap().WithZone("")
	at, found := slices.BinarySearchFunc(s.spans, addr, func(s span, addr netip.Addr) int { return s.first.Compare(addr) })
	if !found {
		at--
	}
	return at >= 0 && addr.Compare(s.spans[at].last) <= 0 && addr.BitLen() == s.spans[at].first.BitLen()
}

func plainPrefix(prefix netip.Prefix) netip.Prefix {
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		return netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96).Masked()
	}
	return prefix.Masked()
}

// lastOf returns the highest address of a network.
func lastOf(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes) // of the length that came in
	return last
}
