package incident

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident/knownbad"
)

// MarkKnownBad marks an event that met an entry of a known-bad list; the mark goes on with what was met, the class that
// it makes of the event, if any, and the entry's source: "known_bad:address:known_bad_connection:JPCERT".
const MarkKnownBad = "known_bad"

// MaxKnownBad is how many bytes a file of known-bad entries may have.
const MaxKnownBad = knownbad.MaxBytes

// KnownBad are the lists in force, in the order in which they are asked.
type KnownBad []*knownbad.List

// ParseKnownBad reads a list; name is its source where it names none. See package knownbad for the form.
func ParseKnownBad(name string, content []byte) (*knownbad.List, error) {
	classes := DefaultWeights().Classes
	return knownbad.Parse(name, content, func(class sekisho.Class) bool { _, ok := classes[class]; return ok })
}

// badness is what the lists say of an event.
type badness struct {
	class sekisho.Class // empty: nothing was met
	mark  string
}

// meets asks the lists about the far side of an event and the file in it.
func (lists KnownBad) meets(e *sekisho.Event) badness {
	for _, list := range lists {
		if hit, ok := list.Hash(e.Hash, e.Time); ok {
			return met(hit, sekisho.ClassMalware)
		}
		for _, ip := range []netip.Addr{e.DstIP, e.SrcIP} {
			if !ip.IsValid() || isInside(ip) {
				continue // lists of unused networks hold the insides of firms, too
			}
			if hit, ok := list.Address(ip, e.Time); ok {
				return met(hit, sekisho.ClassKnownBadConnection)
			}
		}
		if e.SiteID == "" { // the URL of a visitor is our own site's
			if hit, ok := list.Domain(urlHost(e.URL), e.Time); ok {
				return met(hit, sekisho.ClassKnownBadConnection)
			}
		}
	}
	return badness{}
}

func met(hit knownbad.Hit, usual sekisho.Class) badness {
	class := usual
	if hit.Class != "" {
		class = hit.Class
	}
	return badness{class, strings.Join([]string{MarkKnownBad, string(hit.Kind), string(class), clip(hit.Source)}, ":")}
}

// metBefore is what the lists said when the event was first taken, for a replay: the lists of that day are not there.
func metBefore(e *sekisho.Event) badness {
	for _, mark := range e.Marks {
		if parts := strings.SplitN(mark, ":", 4); parts[0] == MarkKnownBad && len(parts) == 4 {
			return badness{class: sekisho.Class(parts[2]), mark: mark}
		}
	}
	return badness{}
}

// lift returns the class that an event counts as, its own or what the lists make of it. Whoever is inside and reaches for
// something known to be bad is in trouble, whatever else the event was; that somebody known to be bad knocks at the
// door is no more than a knock, until it opens.
func (m *memory) lift(e *sekisho.Event, bad badness) sekisho.Class {
	lifted, there := m.w.Classes[bad.class]
	if !there || fromOutside(e) && e.Outcome != sekisho.OutcomeSucceeded || lifted.Impact <= m.w.Classes[e.Class].Impact {
		return e.Class
	}
	return bad.class
}

// SetKnownBad puts lists in force, from the next batch on. Safe for concurrent use.
func (e *Engine) SetKnownBad(lists KnownBad) { e.bad.Store(&lists) }

// KnownBadFiles keeps the list of each of the operator's files, and hands all of them on when one has changed.
type KnownBadFiles struct {
	set func(KnownBad)

	mu    sync.Mutex // guards lists
	lists KnownBad   // nil for a file that was never good
}

// NewKnownBadFiles makes room for so many files.
func NewKnownBadFiles(files int, set func(KnownBad)) *KnownBadFiles {
	return &KnownBadFiles{lists: make(KnownBad, files), set: set}
}

// Load takes the content of one file; a broken one changes nothing.
func (f *KnownBadFiles) Load(i int, name string, content []byte) error {
	list, err := ParseKnownBad(name, content)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[i] = list
	f.set(slices.DeleteFunc(slices.Clone(f.lists), func(l *knownbad.List) bool { return l == nil }))
	return nil
}
