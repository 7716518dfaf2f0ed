package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/sekisho-waf/sekisho"
)

// Resolver asks DNS through recursive servers. Safe for concurrent use. A name that does not exist, or has no record of
// the wanted type, is an empty answer; a server that fails or cannot be reached is KindUnavailable.
type Resolver struct {
	servers []string // host:port
	timeout time.Duration
}

const (
	askTimeout = 3 * time.Second
	// udpSize fits every path without fragments (DNS flag day 2020).
	udpSize = 1232
)

// NewResolver asks the server at an address such as 1.1.1.1 or 127.0.0.1:8053; with "" the machine's own servers
// (/etc/resolv.conf). KindInvalid: the address is none.
func NewResolver(server string) (*Resolver, error) {
	if server == "" {
		config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil || len(config.Servers) == 0 {
			config = &dns.ClientConfig{Servers: []string{"127.0.0.1"}, Port: "53"} // resolv.conf(5): the default
		}
		r := &Resolver{timeout: askTimeout}
		for _, s := range config.Servers {
			r.servers = append(r.servers, net.JoinHostPort(s, config.Port))
		}
		return r, nil
	}
	address, err := netip.ParseAddrPort(server)
	if err != nil {
		addr, addrErr := netip.ParseAddr(server)
		if addrErr != nil {
			return nil, sekisho.Invalid(fmt.Sprintf("resolver %q: use the address of a DNS server, such as 1.1.1.1 or 127.0.0.1:53", server))
		}
		address = netip.AddrPortFrom(addr, 53)
	}
	return &Resolver{servers: []string{address.String()}, timeout: askTimeout}, nil
}

// TXT returns the texts at a name, aliases followed, each joined from its parts.
func (r *Resolver) TXT(ctx context.Context, name string) (texts []string, err error) {
	answer, err := r.ask(ctx, name, dns.TypeTXT)
	for _, record := range answer {
		if txt, ok := record.(*dns.TXT); ok {
			texts = append(texts, strings.Join(txt.Txt, ""))
		}
	}
	return texts, err
}

// Addresses returns the IPv4 and IPv6 addresses of a host, aliases followed.
func (r *Resolver) Addresses(ctx context.Context, host string) (addrs []netip.Addr, err error) {
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		answer, err := r.ask(ctx, host, kind)
		if err != nil {
			return nil, err
		}
		for _, record := range answer {
			var ip net.IP
			switch record := record.(type) {
			case *dns.A:
				ip = record.A
			case *dns.AAAA:
				ip = record.AAAA
			}
			if addr, ok := netip.AddrFromSlice(ip); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs, nil
}

// Aliases returns the names that a name is an alias of, first to last, in lower case without the last dot.
func (r *Resolver) Aliases(ctx context.Context, name string) (aliases []string, err error) {
	answer, err := r.ask(ctx, name, dns.TypeCNAME)
	for _, record := range answer {
		if alias, ok := record.(*dns.CNAME); ok {
			aliases = append(aliases, strings.ToLower(strings.TrimSuffix(alias.Target, ".")))
		}
	}
	return aliases, err
}

// CAA is a record that says which authorities may issue for a name (RFC 8659).
type CAA struct {
	Domain   string // where it stands
	Tag      string // "issue", "issuewild", "iodef", ...
	Value    string
	Critical bool
}

// CAA returns the records in force for a host: those of the closest name upwards that has any (RFC 8659, 3).
func (r *Resolver) CAA(ctx context.Context, host string) (records []CAA, err error) {
	for name := host; name != ""; _, name, _ = strings.Cut(name, ".") {
		answer, err := r.ask(ctx, name, dns.TypeCAA)
		if err != nil {
			return nil, err
		}
		for _, record := range answer {
			if caa, ok := record.(*dns.CAA); ok {
				records = append(records, CAA{Domain: name, Tag: strings.ToLower(caa.Tag), Value: caa.Value, Critical: caa.Flag&128 != 0})
			}
		}
		if len(records) > 0 {
			return records, nil
		}
	}
	return nil, nil
}

// Issuers returns the domains of the authorities that may issue for a host, and the name at which that is written; at is
// empty when nothing is written, and everybody may.
func (r *Resolver) Issuers(ctx context.Context, host string) (at string, issuers []string, err error) {
	records, err := r.CAA(ctx, host)
	for _, record := range records {
		if record.Tag != "issue" {
			continue
		}
		at = record.Domain
		issuer, _, _ := strings.Cut(record.Value, ";") // parameters (RFC 8659, 4.2)
		if issuer = strings.ToLower(strings.TrimSpace(issuer)); issuer != "" {
			issuers = append(issuers, issuer)
		}
	}
	return at, issuers, err
}

// ask returns the answer section of the first server that answers.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil { // an address is its own answer
		return literal(addr, kind), nil
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	question.SetEdns0(udpSize, false)
	var errs []error
	for _, server := range r.servers {
		answer, err := r.exchange(ctx, server, question)
		if err == nil {
			return answer.Answer, nil
		}
		errs = append(errs, err)
	}
	return nil, &sekisho.Error{
		Kind: sekisho.KindUnavailable, Err: errors.Join(errs...),
		Msg: fmt.Sprintf("DNS does not answer for %s (%s)", name, dns.TypeToString[kind]),
	}
}

func (r *Resolver) exchange(ctx context.Context, server string, question *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	udp := dns.Client{Net: "udp", UDPSize: udpSize}
	answer, _, err := udp.ExchangeContext(ctx, question, server)
	if err != nil || answer.Truncated {
		tcp := dns.Client{Net: "tcp"}
		answer, _, err = tcp.ExchangeContext(ctx, question, server)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", server, err)
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("ask %s: it says %s", server, dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

func literal(addr netip.Addr, kind uint16) []dns.RR {
	switch {
	case kind == dns.TypeA && addr.Is4():
		return []dns.RR{&dns.A{A: addr.AsSlice()}}
	case kind == dns.TypeAAAA && addr.Is6():
		return []dns.RR{&dns.AAAA{AAAA: addr.AsSlice()}}
	}
	return nil
}
