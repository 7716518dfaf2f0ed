package nameserver

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/sekisho-waf/sekisho"
)

// Zone is what the server answers. It must not be changed after it was handed over.
type Zone struct {
	// Hosts are the addresses of the names under the zone, by label, such as "k7f3.edge".
	Hosts map[string][]netip.Addr
	// Delegations are the labels that may hold a challenge, such as "k7f3.acme".
	Delegations map[string]bool
}

// Config is what an operator sets.
type Config struct {
	Listen string // UDP and TCP
	Zone   string // such as waf.example.net; its parent delegates it to us
	// Addresses are where this server is reached: the zone's NS names lead there.
	Addresses []netip.Addr
}

// Validate reports the first setting that cannot work, by its key (KindInvalid).
func (c *Config) Validate() error {
	host, err := sekisho.CanonicalHost(c.Zone)
	if err != nil || host != c.Zone || !strings.Contains(host, ".") {
		return sekisho.Invalid(fmt.Sprintf("dns_zone %q: use a zone that is delegated to this server, such as waf.example.net", c.Zone))
	}
	if len(c.Addresses) == 0 {
		return sekisho.Invalid("dns_zone: needs edge_addresses, or nobody could find the server that answers for it")
	}
	if len(c.Addresses) > maxAddresses {
		return sekisho.Invalid(fmt.Sprintf("edge_addresses: an answer holds %d addresses at most", maxAddresses))
	}
	return nil
}

const (
	// ttl is how long the way past us takes to be seen everywhere.
	ttl = 60
	// maxAddresses keeps every answer in one small packet.
	maxAddresses = 8
)

// records returns what stands at a label of the zone, and whether the label exists at all. The label "" is the zone.
func (s *Server) records(owner, label string, kind uint16) (answer []dns.RR, exists bool) {
	header := func(kind uint16, ttl uint32) dns.RR_Header {
		return dns.RR_Header{Name: owner, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
	}
	zone := s.zone.Load()
	addresses := func(addrs []netip.Addr) {
		for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
			switch {
			case kind == dns.TypeA && addr.Is4():
				answer = append(answer, &dns.A{Hdr: header(dns.TypeA, ttl), A: addr.AsSlice()})
			case kind == dns.TypeAAAA && addr.Is6():
				answer = append(answer, &dns.AAAA{Hdr: header(dns.TypeAAAA, ttl), AAAA: addr.AsSlice()})
			}
		}
	}
	if addrs, ok := zone.Hosts[label]; ok {
		addresses(addrs)
		return answer, true
	}
	if zone.Delegations[label] {
		if kind == dns.TypeTXT {
			for _, text := range s.challenges(label) {
				if len(text) <= 255 && len(answer) < maxTexts {
					answer = append(answer, &dns.TXT{Hdr: header(dns.TypeTXT, 1), Txt: []string{text}})
				}
			}
		}
		return answer, true
	}
	switch label {
	case "":
		switch kind {
		case dns.TypeSOA:
			answer = append(answer, s.soa())
		case dns.TypeNS:
			for _, name := range nameServers {
				answer = append(answer, &dns.NS{Hdr: header(dns.TypeNS, 3600), Ns: name + "." + s.origin})
			}
		}
		return answer, true
	case nameServers[0], nameServers[1]:
		addresses(s.cfg.Addresses)
		return answer, true
	case "edge", "acme": // hold names, and nothing themselves (RFC 8020)
		return nil, true
	}
	return nil, false
}

// nameServers are two, as parents ask for; both may be the same machine.
var nameServers = []string{"ns1", "ns2"}

const maxTexts = 4

func (s *Server) soa() *dns.SOA {
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: s.origin, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: ttl},
		Ns:  nameServers[0] + "." + s.origin, Mbox: "hostmaster." + s.origin,
		Serial: s.serial.Load(), Refresh: 3600, Retry: 600, Expire: 86400, Minttl: ttl,
	}
}

// Set replaces what the server answers.
func (s *Server) Set(zone *Zone) {
	if before := s.zone.Load(); before != nil && !equal(before, zone) {
		s.serial.Add(1)
	}
	s.zone.Store(zone)
}

func equal(a, b *Zone) bool {
	if len(a.Hosts) != len(b.Hosts) || len(a.Delegations) != len(b.Delegations) {
		return false
	}
	for label, addrs := range a.Hosts {
		if other, ok := b.Hosts[label]; !ok || !slices.Equal(addrs, other) {
			return false
		}
	}
	for label := range a.Delegations {
		if !b.Delegations[label] {
			return false
		}
	}
	return true
}
