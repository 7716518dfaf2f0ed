package incident

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestEngine_findsWhatBelongsTogether(t *testing.T) {
	on := func(e sekisho.Event, host, ip string) sekisho.Event {
		e.Host, e.SrcIP = host, netip.MustParseAddr(ip)
		return e
	}
	malware := edr(noon, sekisho.ClassMalware, sekisho.OutcomeContained)
	exploit := outbound(noon, sekisho.ClassExploit, sekisho.OutcomeDetected, "x")
	exploit.URL, exploit.Direction, exploit.DstIP = "", sekisho.DirectionInternal, netip.MustParseAddr("192.168.1.50")
	hashed := func(e sekisho.Event) sekisho.Event { e.Hash = "E54A"; return e }
	user := func(e sekisho.Event, name string) sekisho.Event { e.User = name; return e }
	at := func(e sekisho.Event, d time.Duration) sekisho.Event { e.Time = noon.Add(d); return e }
	tests := []struct {
		name      string
		events    []sekisho.Event
		incidents int
		reasons   []string // of the highest
	}{
		{"one host attacks another, which then has malware", []sekisho.Event{exploit, at(on(malware, "PC-50", "192.168.1.50"), time.Hour)}, 2, []string{"move"}},
		{"the same, once the address is known to be that host", []sekisho.Event{
			on(edr(noon.Add(-time.Hour), sekisho.ClassUSB, sekisho.OutcomeSucceeded), "PC-50", "192.168.1.50"), exploit, at(on(malware, "PC-50", "192.168.1.50"), time.Hour),
		}, 3, []string{"move"}},
		{"one file on two hosts", []sekisho.Event{hashed(on(malware, "A", "192.168.1.1")), hashed(at(on(malware, "B", "192.168.1.2"), time.Hour))}, 1, []string{"move"}},
		{"one file on two hosts, weeks apart", []sekisho.Event{hashed(on(malware, "A", "192.168.1.1")), hashed(at(on(malware, "B", "192.168.1.2"), 6*day))}, 2, nil},
		{"one user in two sensors", []sekisho.Event{user(on(malware, "A", "192.168.1.1"), "sato"), at(user(outbound(noon, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"), "Sato"), time.Minute)}, 1, []string{"inside_sensors"}},
		{"a user name that an attacker only typed", []sekisho.Event{user(on(malware, "A", "192.168.1.1"), "admin"), at(user(ips(noon, "203.0.113.9", sekisho.OutcomePrevented), "admin"), time.Minute)}, 2, nil},
		{"two hosts that have nothing in common", []sekisho.Event{on(malware, "A", "192.168.1.1"), on(malware, "B", "192.168.1.2")}, 2, nil},
		{"two sensors, but hours apart", []sekisho.Event{outbound(noon, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"), at(malware, 3*time.Hour)}, 1, nil},
		{"a stopped download, then malware", []sekisho.Event{outbound(noon, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, "bad.example"), at(malware, 2*time.Hour)}, 1, nil},
		{"three steps of one intruder", []sekisho.Event{
			outbound(noon, sekisho.ClassMaliciousWeb, sekisho.OutcomeDetected, "bad.example"), at(outbound(noon, sekisho.ClassC2, sekisho.OutcomeDetected, "bad.example"), 2*time.Hour),
			at(outbound(noon, sekisho.ClassDLP, sekisho.OutcomeDetected, "bad.example"), 4*time.Hour),
		}, 1, []string{"tactics"}},
		{"events that name nobody", []sekisho.Event{
			{Time: noon, Source: sekisho.SourceUTM, Class: sekisho.ClassExploit, Direction: sekisho.DirectionInbound},
			{Time: noon, Source: sekisho.SourceWAF, Class: sekisho.ClassWAFAttack, Direction: sekisho.DirectionInbound, SiteID: "SHOP"},
		}, 2, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t).tell(test.events...)
			if got := len(s.records.incidents); got != test.incidents {
				t.Errorf("%d incidents, want %d: %+v", got, test.incidents, s.records.list())
			}
			if got := s.highest().Terms.Reasons; !slices.Equal(got, test.reasons) {
				t.Errorf("reasons %v, want %v", got, test.reasons)
			}
		})
	}
}

func TestEngine_forgetsTheSameWithAndWithoutARestart(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var events []sekisho.Event
	for i := range maxEntities + 1500 {
		n := i
		if i%3 == 0 { // somebody from before is touched again
			n = r.IntN(i + 1)
		}
		e := sqli(noon.Add(time.Duration(i)*time.Second), netip.AddrFrom4([4]byte{198, 51, byte(n / 250), byte(n % 250)}).String(), sekisho.OutcomePrevented)
		events = append(events, e)
	}
	for i := range 600 { // fill what the repetitions left open
		events = append(events, sqli(noon.Add(3*time.Hour), fmt.Sprintf("203.0.%d.%d", i/250, i%250), sekisho.OutcomePrevented))
	}
	run := func(restart int) []string {
		s := newStory(t)
		s.batch, s.restart = 900, restart
		return slices.Sorted(maps.Keys(s.tell(slices.Clone(events)...).records.rows))
	}
	if got, want := run(1), run(0); !slices.Equal(got, want) {
		t.Errorf("with restarts other rows are remembered: %d and %d", len(got), len(want))
	} else if len(want) < maxEntities {
		t.Errorf("only %d rows: nothing was forgotten", len(want))
	}
}

func TestIdentify_tellsInsideFromOutside(t *testing.T) {
	at := func(s string) netip.Addr { return netip.MustParseAddr(s) }
	nobody := func(string) string { return "" }
	tests := []struct {
		name  string
		event sekisho.Event
		actor string
		key   string
	}{
		{"a visitor from the office itself", sekisho.Event{SiteID: "SHOP", SrcIP: at("192.168.1.5"), Family: "xss"}, "ip:192.168.1.5", "site:SHOP|xss"},
		{"a visitor with IPv6 counts by network", sekisho.Event{SiteID: "SHOP", SrcIP: at("2001:db8:1:2:3::4"), Family: "xss"}, "ip:2001:db8:1:2::/64", "site:SHOP|xss"},
		{"a mapped address is the plain one", sekisho.Event{SiteID: "SHOP", SrcIP: at("::ffff:203.0.113.9"), Class: sekisho.ClassScan}, "ip:203.0.113.9", "site:SHOP|scan"},
		{"a host speaks for itself", sekisho.Event{Host: "PC-1", SrcIP: at("203.0.113.9"), Class: sekisho.ClassMalware}, "host:pc-1", "host:pc-1"},
		{"an inside address", sekisho.Event{SrcIP: at("10.0.0.5"), DstIP: at("203.0.113.9"), Class: sekisho.ClassC2}, "ip:10.0.0.5", "ip:10.0.0.5"},
		{"care of a PC", sekisho.Event{Host: "PC-1", Class: sekisho.ClassUSB}, "host:pc-1", "host:pc-1|usb"},
		{"an attack on the border", sekisho.Event{SrcIP: at("203.0.113.9"), DstIP: at("198.51.100.1"), Class: sekisho.ClassExploit}, "ip:203.0.113.9", "ip:198.51.100.1|exploit"},
		{"nobody at all", sekisho.Event{Class: sekisho.ClassSensorSilent}, "tenant", "tenant|sensor_silent"},
	}
	w := DefaultWeights()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := identify(&test.event, test.event.Class, w.Classes[test.event.Class].Hygiene, nobody)
			if got.actor != test.actor || got.key != test.key {
				t.Errorf("got %q in %q, want %q in %q", got.actor, got.key, test.actor, test.key)
			}
		})
	}
}
