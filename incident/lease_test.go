package incident

import (
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	card1, card2 = "00:11:22:33:44:55", "00:11:22:33:44:66"
	address23    = "192.168.1.23"
)

// dhcp says that an address belongs to a host from now on.
func dhcp(at time.Time, host string) sekisho.Event {
	return sekisho.Event{
		Time: at, Source: sekisho.SourceUTM, Class: sekisho.ClassNoise, Family: sekisho.FamilyLease, Host: host,
		SrcIP: netip.MustParseAddr(address23), Direction: sekisho.DirectionInternal,
	}
}

func TestEngine_knowsWhoseAnAddressWas(t *testing.T) {
	blocked := func(at time.Time) sekisho.Event {
		return outbound(at, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example")
	}
	named := func(at time.Time, host string) sekisho.Event {
		return with(edr(at, sekisho.ClassUSB, sekisho.OutcomeSucceeded), func(e *sekisho.Event) { e.Host = host })
	}
	tests := []struct {
		name   string
		before []sekisho.Event
		at     time.Time
		want   string // key of the incident that a blocked contact at that time begins
	}{
		{"nobody has said", nil, noon, "ip:" + address23},
		{"DHCP said so", []sekisho.Event{dhcp(noon, "PC-1")}, noon.Add(time.Hour), "host:pc-1"},
		{"DHCP said so shortly afterwards", []sekisho.Event{dhcp(noon, "PC-1")}, noon.Add(-time.Minute), "host:pc-1"},
		{"only the card is known", []sekisho.Event{dhcp(noon, card1)}, noon.Add(time.Hour), "host:" + card1},
		{"the card, then the name", []sekisho.Event{dhcp(noon, card1), named(noon.Add(time.Minute), "PC-1")}, noon.Add(time.Hour), "host:pc-1"},
		{"the name, then the card, then the lease again", []sekisho.Event{named(noon, "PC-1"), dhcp(noon.Add(time.Minute), card1), dhcp(noon.Add(2*time.Minute), card1)}, noon.Add(time.Hour), "host:pc-1"},
		{"another machine has it now", []sekisho.Event{named(noon, "PC-1"), dhcp(noon.Add(time.Minute), card1), dhcp(noon.Add(2*time.Hour), card2)}, noon.Add(3 * time.Hour), "host:" + card2},
		{"another machine has it now, and this comes late", []sekisho.Event{dhcp(noon, "PC-1"), dhcp(noon.Add(2*time.Hour), "PC-2")}, noon.Add(time.Hour), "host:pc-1"},
		{"it is long ago", []sekisho.Event{dhcp(noon, "PC-1")}, noon.Add(8 * day), "ip:" + address23},
	}
	for _, test := range tests {
		for _, restart := range []int{0, 1} {
			s := newStory(t)
			s.batch, s.restart = 1, restart
			s.tell(append(test.before, blocked(test.at))...)
			got := ""
			for _, i := range s.records.list() {
				if i.Class == sekisho.ClassC2 {
					got = i.Key
				}
				if i.Family == sekisho.FamilyLease {
					t.Errorf("%s: a lease became an incident", test.name)
				}
			}
			if got != test.want {
				t.Errorf("%s (restarts %d): got %q, want %q", test.name, restart, got, test.want)
			}
		}
	}
}

func TestEngine_countsForTheHostWhatWasCountedForItsAddress(t *testing.T) {
	s := newStory(t)
	s.tell(times(99, time.Hour, outbound(noon, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"))...)
	s.tell(dhcp(noon.Add(100*time.Hour), card1), with(edr(noon.Add(101*time.Hour), sekisho.ClassUSB, sekisho.OutcomeSucceeded), func(e *sekisho.Event) { e.Host = "PC-1" }))
	s.tell(outbound(noon.Add(200*time.Hour), sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"))
	all := s.records.list()
	if last := all[len(all)-1]; last.Key != "host:pc-1" || last.Terms.N != 100 {
		t.Errorf("got %d for %s, want 100 for host:pc-1", last.Terms.N, last.Key)
	}
}
