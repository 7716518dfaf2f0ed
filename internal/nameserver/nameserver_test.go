package nameserver

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

var edge = []netip.Addr{netip.MustParseAddr("198.41.0.9"), netip.MustParseAddr("2606:4700::9")}

func testZone() *Zone {
	return &Zone{
		Hosts:       map[string][]netip.Addr{"k7.edge": edge, "past.edge": {netip.MustParseAddr("198.41.0.4")}},
		Delegations: map[string]bool{"k7.acme": true},
	}
}

func start(t testing.TB) *Server {
	t.Helper()
	s, err := New(Config{Listen: "127.0.0.1:0", Zone: "waf.test", Addresses: edge}, fresh{}, func(label string) []string {
		if label == "k7.acme" {
			return []string{"proof-of-the-order"}
		}
		return nil
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Set(testZone())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServer_answersForItsZoneAlone(t *testing.T) {
	s := start(t)
	tests := []struct {
		name, host string
		kind       uint16
		code       int
		want       string // in the answer; empty: none
	}{
		{"a site's address", "k7.edge.waf.test.", dns.TypeA, dns.RcodeSuccess, "198.41.0.9"},
		{"in IPv6", "K7.Edge.WAF.test.", dns.TypeAAAA, dns.RcodeSuccess, "2606:4700::9"},
		{"past us", "past.edge.waf.test.", dns.TypeA, dns.RcodeSuccess, "198.41.0.4"},
		{"no IPv6 past us", "past.edge.waf.test.", dns.TypeAAAA, dns.RcodeSuccess, ""},
		{"who may issue is not said", "k7.edge.waf.test.", dns.TypeCAA, dns.RcodeSuccess, ""},
		{"a delegated proof", "k7.acme.waf.test.", dns.TypeTXT, dns.RcodeSuccess, "proof-of-the-order"},
		{"a stranger's proof", "k8.acme.waf.test.", dns.TypeTXT, dns.RcodeNameError, ""},
		{"the zone's servers", "waf.test.", dns.TypeNS, dns.RcodeSuccess, "ns1.waf.test."},
		{"their addresses", "ns2.waf.test.", dns.TypeA, dns.RcodeSuccess, "198.41.0.9"},
		{"the zone", "waf.test.", dns.TypeSOA, dns.RcodeSuccess, "hostmaster.waf.test."},
		{"a name on the way", "edge.waf.test.", dns.TypeA, dns.RcodeSuccess, ""},
		{"a name that is not there", "nobody.edge.waf.test.", dns.TypeA, dns.RcodeNameError, ""},
		{"another zone", "www.example.", dns.TypeA, dns.RcodeRefused, ""},
		{"a zone that ends alike", "evilwaf.test.", dns.TypeA, dns.RcodeRefused, ""},
		{"the root", ".", dns.TypeNS, dns.RcodeRefused, ""},
		{"everything", "waf.test.", dns.TypeANY, dns.RcodeRefused, ""},
		{"the whole zone", "waf.test.", dns.TypeAXFR, dns.RcodeRefused, ""},
	}
	for _, network := range []string{"udp", "tcp"} {
		for _, test := range tests {
			t.Run(network+" "+test.name, func(t *testing.T) {
				question := new(dns.Msg).SetQuestion(test.host, test.kind)
				client := dns.Client{Net: network, Timeout: 10 * time.Second}
				answer, _, err := client.Exchange(question, s.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				if answer.Rcode != test.code || (test.want != "") != (len(answer.Answer) > 0) || test.want != "" && !strings.Contains(answer.Answer[0].String(), test.want) {
					t.Errorf("got %s, want %s with %q", answer, dns.RcodeToString[test.code], test.want)
				}
				if answer.Rcode != dns.RcodeRefused && (!answer.Authoritative || len(answer.Answer) == 0 && len(answer.Ns) != 1) {
					t.Errorf("got %s, want the authority's word", answer)
				}
				for _, record := range answer.Answer {
					if test.kind == dns.TypeA && strings.HasSuffix(test.host, "edge.waf.test.") && record.Header().Ttl != 60 {
						t.Errorf("got a lifetime of %d, want 60", record.Header().Ttl)
					}
				}
			})
		}
	}
}

// A real resolver, which walks down from the zone, finds the names, and sees a change at once.
func TestServer_isUnderstoodByAResolver(t *testing.T) {
	s := start(t)
	resolver := testenv.StartResolver(t, "", map[string]string{"waf.test": s.Addr().String()})
	ask := func(host string, kind uint16) string {
		answer, _, err := (&dns.Client{Timeout: 10 * time.Second}).Exchange(new(dns.Msg).SetQuestion(host, kind), resolver)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, record := range answer.Answer {
			words = append(words, record.String()[strings.LastIndexByte(record.String(), '\t')+1:])
		}
		return dns.RcodeToString[answer.Rcode] + " " + strings.Join(words, ",")
	}
	if got := ask("k7.edge.waf.test.", dns.TypeA); got != "NOERROR 198.41.0.9" {
		t.Errorf("got %q", got)
	}
	if got := ask("k7.acme.waf.test.", dns.TypeTXT); got != `NOERROR "proof-of-the-order"` {
		t.Errorf("got %q", got)
	}
	if got := ask("nobody.edge.waf.test.", dns.TypeA); got != "NXDOMAIN " {
		t.Errorf("got %q", got)
	}
	bypassed := testZone()
	bypassed.Hosts["k7.edge"] = []netip.Addr{netip.MustParseAddr("198.41.0.4")}
	before := s.serial.Load()
	s.Set(bypassed)
	if got := ask("k7.edge.waf.test.", dns.TypeA); got != "NOERROR 198.41.0.4" || s.serial.Load() == before {
		t.Errorf("got %q with serial %d, want the way past us and a new serial", got, s.serial.Load())
	}
}

func TestServer_isOfNoUseForAmplification(t *testing.T) {
	s := start(t)
	victim := netip.MustParseAddr("203.0.113.7")
	clock := time.Now()
	s.rates.now = func() time.Time { return clock }
	question, err := new(dns.Msg).SetQuestion("k7.edge.waf.test.", dns.TypeA).SetEdns0(4096, true).Pack()
	if err != nil {
		t.Fatal(err)
	}
	sent, received, full := 0, 0, 0
	for range 2000 { // at one moment, from one network
		sent += len(question)
		out := s.answer(question, victim, false)
		received += len(out)
		if len(out) > 0 && out[2]&2 == 0 {
			full++
		}
	}
	if full != burst || received > sent {
		t.Errorf("got %d full answers and %d bytes for %d, want %d and no more than came in", full, received, sent, burst)
	}
	if out := s.answer(question, netip.MustParseAddr("203.0.112.7"), false); len(out) == 0 || len(out) > 4*len(question) {
		t.Errorf("another network got %d bytes for %d", len(out), len(question))
	}
	if out := s.answer(question, victim, true); len(out) == 0 {
		t.Error("the network got no answer by TCP, where it shows who it is")
	}
	clock = clock.Add(time.Second)
	if out := s.answer(question, victim, false); len(out) == 0 {
		t.Error("the network got no answer a second later")
	}
	for i := range maxNetworks + 100 {
		s.rates.allow(netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1}))
	}
	if n := len(s.rates.buckets); n > maxNetworks {
		t.Errorf("got %d networks in the table, want at most %d", n, maxNetworks)
	}
}

func TestNew_refusesSettingsThatCannotWork(t *testing.T) {
	for key, cfg := range map[string]Config{
		"dns_zone":       {Listen: "127.0.0.1:0", Zone: "Waf.Test.", Addresses: edge},
		"edge_addresses": {Listen: "127.0.0.1:0", Zone: "waf.test"},
		"dns_listen":     {Listen: "192.0.2.1:53", Zone: "waf.test", Addresses: edge},
	} {
		if _, err := New(cfg, fresh{}, nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("got %v, want %s named", err, key)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, kind := range []uint16{dns.TypeA, dns.TypeANY, dns.TypeTXT} {
		packet, err := new(dns.Msg).SetQuestion("k7.edge.waf.test.", kind).SetEdns0(4096, true).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet, false)
		f.Add(packet[:len(packet)-3], true)
	}
	s := &Server{cfg: Config{Addresses: edge}, origin: "waf.test.", challenges: func(string) []string { return []string{"proof"} }}
	s.rates = rates{buckets: map[netip.Prefix]bucket{}, now: func() time.Time { return time.Time{} }}
	s.Set(testZone())
	from := netip.MustParseAddr("203.0.113.7")
	f.Fuzz(func(t *testing.T, packet []byte, tcp bool) {
		clear(s.rates.buckets)
		out := s.answer(packet, from, tcp)
		if out == nil {
			return
		}
		var reply dns.Msg
		if err := reply.Unpack(out); err != nil || !reply.Response {
			t.Errorf("got %x (%v), want an answer", out, err)
		}
		if !tcp && len(out) > ednsSize || len(out) > 4*len(packet)+plainSize {
			t.Errorf("got %d bytes for %d", len(out), len(packet))
		}
		if !slices.Contains([]int{dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeRefused, dns.RcodeNotImplemented, dns.RcodeFormatError}, reply.Rcode) {
			t.Errorf("got code %s", dns.RcodeToString[reply.Rcode])
		}
	})
}

// fresh binds every socket anew.
type fresh struct{}

func (fresh) Listen(_, addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

func (fresh) ListenPacket(_, addr string) (net.PacketConn, error) {
	return net.ListenPacket("udp", addr)
}
