package incidents

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// begin is when the stories begin: a Monday.
var begin = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

const (
	tenant = sekisho.TenantID("yamada")
	day    = 24 * time.Hour
)

// teller makes events of one small firm: a website, a UTM, an EDR on ten PCs. The same seed tells the same story.
type teller struct {
	*rand.Rand
	id uint64
}

func newTeller(seed uint64) *teller { return &teller{Rand: rand.New(rand.NewPCG(seed, 1))} }

func (t *teller) event(at time.Time, e sekisho.Event) sekisho.Event {
	t.id++
	e.ID, e.Tenant, e.Time = sekisho.EventID(fmt.Sprintf("B%015d", t.id)), tenant, at
	e.Count = max(1, e.Count)
	return e
}

// address is one of so many outside addresses.
func (t *teller) address(of int) netip.Addr {
	n := t.IntN(of)
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16), byte(n >> 8), byte(n)})
}

func (t *teller) waf(at time.Time, class sekisho.Class, family string, from netip.Addr) sekisho.Event {
	return t.event(at, sekisho.Event{
		Source: sekisho.SourceWAF, Class: class, Family: family, Outcome: sekisho.OutcomePrevented, Direction: sekisho.DirectionInbound,
		SiteID: "SHOP", Site: "www.yamada.example", Action: sekisho.ActionBlocked, Status: 403, SrcIP: from, Method: "GET", Path: "/search",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", RuleIDs: []int{942100}, Score: 5,
	})
}

func (t *teller) utmIn(at time.Time, class sekisho.Class, family string, from netip.Addr) sekisho.Event {
	return t.event(at, sekisho.Event{
		Source: sekisho.SourceUTM, Sensor: "utm", Class: class, Family: family, Outcome: sekisho.OutcomePrevented,
		Direction: sekisho.DirectionInbound, SrcIP: from, SrcPort: uint16(1024 + t.IntN(60000)), DstIP: netip.AddrFrom4([4]byte{192, 168, 1, 10}), DstPort: 443,
	})
}

func (t *teller) utmOut(at time.Time, class sekisho.Class, outcome sekisho.Outcome, pc int, to string) sekisho.Event {
	return t.event(at, sekisho.Event{
		Source: sekisho.SourceUTM, Sensor: "utm", Class: class, Outcome: outcome, Direction: sekisho.DirectionOutbound,
		SrcIP: pcAddress(pc), SrcPort: uint16(1024 + t.IntN(60000)), URL: "http://" + to + "/",
	})
}

func (t *teller) edr(at time.Time, class sekisho.Class, outcome sekisho.Outcome, pc int) sekisho.Event {
	return t.event(at, sekisho.Event{
		Source: sekisho.SourceEDR, Sensor: "edr", Class: class, Outcome: outcome, Host: fmt.Sprintf("PC-%02d", pc), SrcIP: pcAddress(pc),
	})
}

func pcAddress(pc int) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, 1, byte(20 + pc)}) }

// some draws how many of a rare thing happen, so many a day on average.
func (t *teller) some(perDay float64) (n int) {
	for perDay > t.Float64() {
		n, perDay = n+1, perDay-1
	}
	return n
}

// calm is an ordinary year: probes at the door all day, ten people at work, now and then something that a scanner stops.
// The rates are ours; nothing in it succeeds.
func calm(seed uint64, days int) iter.Seq[sekisho.Event] {
	return func(yield func(sekisho.Event) bool) {
		t := newTeller(seed)
		for d := range days {
			for _, e := range t.calmDay(begin.Add(time.Duration(d)*day), d%7 < 5) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

func (t *teller) calmDay(start time.Time, work bool) (events []sekisho.Event) {
	any := func() time.Time { return start.Add(time.Duration(t.Int64N(int64(day)))) }
	office := func() time.Time { return start.Add(9*time.Hour + time.Duration(t.Int64N(int64(9*time.Hour)))) }
	add := func(n int, make func() sekisho.Event) {
		for range n {
			events = append(events, make())
		}
	}
	add(40+t.IntN(40), func() sekisho.Event { return t.waf(any(), sekisho.ClassScan, "scanner", t.address(1<<16)) })
	add(20+t.IntN(40), func() sekisho.Event { return t.waf(any(), sekisho.ClassNoise, "protocol", t.address(1<<16)) })
	for range t.some(1.5) { // somebody tries a tool
		from, at, family := t.address(1<<16), any(), []string{"sqli", "xss", "lfi", "rce", "php"}[t.IntN(5)]
		for i := range 3 + t.IntN(25) {
			events = append(events, t.waf(at.Add(time.Duration(i)*time.Second), sekisho.ClassWAFAttack, family, from))
		}
	}
	add(60+t.IntN(60), func() sekisho.Event { return t.utmIn(any(), sekisho.ClassScan, "port_scan", t.address(1<<16)) })
	add(5+t.IntN(10), func() sekisho.Event { return t.utmIn(any(), sekisho.ClassExploit, "ips", t.address(1<<16)) })
	add(t.some(2), func() sekisho.Event { return t.utmIn(any(), sekisho.ClassLoginFailure, "vpn_login", t.address(1<<16)) })
	add(t.some(0.15), func() sekisho.Event {
		return t.event(any(), sekisho.Event{Source: sekisho.SourceUTM, Class: sekisho.ClassConfigChange, Outcome: sekisho.OutcomeSucceeded, Host: "utm"})
	})
	if !work {
		slices.SortFunc(events, func(a, b sekisho.Event) int { return a.Time.Compare(b.Time) })
		return events
	}
	add(20+t.IntN(30), func() sekisho.Event {
		return t.utmOut(office(), sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, t.IntN(10), "video.example")
	})
	add(t.some(0.4), func() sekisho.Event {
		return t.utmOut(office(), sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, t.IntN(10), fmt.Sprintf("ad%d.example", t.IntN(50)))
	})
	add(t.some(0.3), func() sekisho.Event {
		return t.utmOut(office(), sekisho.ClassMalware, sekisho.OutcomePrevented, t.IntN(10), "mail.example")
	})
	add(t.some(1.5), func() sekisho.Event { return t.edr(office(), sekisho.ClassUSB, sekisho.OutcomeSucceeded, t.IntN(10)) })
	add(t.some(0.3), func() sekisho.Event {
		return t.edr(office(), sekisho.ClassInstall, sekisho.OutcomeSucceeded, t.IntN(10))
	})
	add(t.some(0.1), func() sekisho.Event {
		return t.edr(office(), sekisho.ClassOpenWiFi, sekisho.OutcomeSucceeded, t.IntN(10))
	})
	add(t.some(0.03), func() sekisho.Event { return t.edr(office(), sekisho.ClassPUA, sekisho.OutcomeContained, t.IntN(10)) })
	add(t.some(0.02), func() sekisho.Event {
		return t.edr(office(), sekisho.ClassSuspiciousFile, sekisho.OutcomeContained, t.IntN(10))
	})
	add(t.some(0.02), func() sekisho.Event {
		return t.edr(office(), sekisho.ClassDiskEvent, sekisho.OutcomeDetected, t.IntN(10))
	})
	add(t.some(3), func() sekisho.Event {
		return t.edr(office(), sekisho.ClassLoginFailure, sekisho.OutcomePrevented, t.IntN(10))
	})
	slices.SortFunc(events, func(a, b sekisho.Event) int { return a.Time.Compare(b.Time) })
	return events
}

// companyX is the month of the pilot's company X: the UTM blocks what one old PC reaches for, 50 times a working day,
// until one connection is established and the EDR finds why.
func companyX() iter.Seq[sekisho.Event] {
	return func(yield func(sekisho.Event) bool) {
		t := newTeller(10)
		var last time.Time
		for d := range 30 {
			if d%7 >= 5 {
				continue
			}
			for range 50 {
				last = begin.Add(time.Duration(d)*day + 9*time.Hour)
			}
			for i := range 50 {
				at := last.Add(time.Duration(i*10+t.IntN(10)) * time.Minute)
				if !yield(t.utmOut(at, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, 3, "bad.example")) {
					return
				}
			}
		}
		at := last.Add(9 * time.Hour)
		if !yield(t.utmOut(at, sekisho.ClassKnownBadConnection, sekisho.OutcomeSucceeded, 3, "c2.example")) {
			return
		}
		found := t.edr(at.Add(20*time.Minute), sekisho.ClassMalware, sekisho.OutcomeContained, 3)
		found.File, found.Hash = `C:\WINDOWS\Temp\svch0st.exe`, "9b74c9897bac770ffc029102a200c5de"
		yield(found)
	}
}

// flood is n events of one tenant within the hour: a botnet of 50,000 addresses at the website, a quarter as many at the
// UTM, and thirty PCs that reach for two hundred blocked names.
func flood(n int) iter.Seq[sekisho.Event] {
	return func(yield func(sekisho.Event) bool) {
		t := newTeller(20)
		families := []string{"sqli", "xss", "lfi", "rce", "rfi", "php", "java", "generic"}
		for i := range n {
			at := begin.Add(time.Duration(int64(time.Hour) / int64(n) * int64(i)))
			var e sekisho.Event
			switch k := t.IntN(100); {
			case k < 70:
				e = t.waf(at, sekisho.ClassWAFAttack, families[t.IntN(len(families))], t.address(50_000))
			case k < 90:
				e = t.utmIn(at, sekisho.ClassExploit, fmt.Sprintf("ips-%d", t.IntN(40)), t.address(50_000))
			default:
				e = t.utmOut(at, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, t.IntN(30), fmt.Sprintf("bad%d.example", t.IntN(200)))
			}
			if !yield(e) {
				return
			}
		}
	}
}
