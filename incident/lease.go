package incident

import (
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// lease says which host an inside address belonged to, and when. A sensor on the host knows its name; DHCP often knows
// only the number of its network card.
type lease struct {
	Host string `json:"h"` // as an entity; named by the card until a sensor tells the name
	Card string `json:"c,omitempty"`
	From millis `json:"f"`
	To   millis `json:"t"` // last heard of
}

// maxLeases is how many hosts of one address are remembered: what comes late is told by whose it was then.
const maxLeases = 4

// hostAt returns the host that an address belonged to at a time, or "". What came shortly before anybody said whose it is
// counts for the first host known.
func (en *entity) hostAt(at millis) string {
	for i := len(en.Leases) - 1; i >= 0; i-- {
		l := en.Leases[i]
		if l.From <= at {
			if at <= l.To || within(at, l.To, bindFor) {
				return l.Host
			}
			return ""
		}
		if i == 0 && within(at, l.From, bindFor) {
			return l.Host
		}
	}
	return ""
}

// bind notes that an address belongs to a host at a time, by the host's own sensor or by DHCP. It returns the name that
// the host went by until now, when that was only its card's.
func (en *entity) bind(host, card string, at millis) (was string) {
	i := len(en.Leases) - 1
	for i >= 0 && en.Leases[i].From > at { // late: it was somebody else's since
		i--
	}
	if i >= 0 {
		l := &en.Leases[i]
		sameCard := card != "" && l.Card == card
		switch {
		case l.Host == host || card != "" && l.Card == "" && within(at, l.To, bindFor), sameCard && isCard(l.Host) == isCard(host):
			l.To = max(l.To, at)
			if card != "" {
				l.Card = card
			}
			return ""
		case sameCard && isCard(host): // the name is known already
			l.To = max(l.To, at)
			return ""
		case card == "" && isCard(l.Host) && within(at, l.To, bindFor): // now its name is known
			was, l.Host, l.To = l.Host, host, max(l.To, at)
			return was
		}
	}
	en.Leases = slices.Insert(en.Leases, i+1, lease{Host: host, Card: card, From: at, To: at})
	if len(en.Leases) > maxLeases {
		en.Leases = en.Leases[1:]
	}
	return ""
}

// isCard tells a host that is only known by its network card.
func isCard(host string) bool {
	_, err := net.ParseMAC(strings.TrimPrefix(host, "host:"))
	return err == nil
}

// heardOf takes what an event says about whose an address is, from the host's own sensor or from DHCP. What was counted
// for the address alone, or for the card, counts for the host from now on.
func (m *memory) heardOf(e *sekisho.Event, at millis) {
	host, ip := name("host:", e.Host), insideAddress(e)
	if host == "" || ip == "" {
		return
	}
	card := ""
	if isCard(host) {
		card = host
	}
	en := m.entity(ip, at)
	was := en.bind(host, card, at)
	now := en.hostAt(at)
	if now == "" {
		return
	}
	m.handOver(ip, now, at)
	if was != "" && was != now {
		m.handOver(was, now, at)
	}
}

// handOver moves the 30-day counts of one name to another.
func (m *memory) handOver(from, to string, at millis) {
	old := m.known(from)
	if old == nil || len(old.Tracks) == 0 {
		return
	}
	tracks := old.Tracks
	old.Tracks = nil
	m.dirtyEntities[from] = true
	into := m.entity(to, at)
	for _, family := range slices.Sorted(maps.Keys(tracks)) {
		t, f := into.track(family), tracks[family]
		for _, d := range f.Days {
			t.add(d[0], d[1])
		}
		t.Last = max(t.Last, f.Last)
		if t.Beat.N == 0 {
			t.Beat = f.Beat
		}
		for _, target := range f.Targets {
			t.reach(target.Number, target.At, day)
		}
	}
}
