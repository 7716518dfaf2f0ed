package automaton

import (
	"math/bits"
	"strings"
	"sync/atomic"
)

// Options bound what a Set may spend.
type Options struct {
	// MaxMemory is what the tables of all automata together may hold, in bytes. It must suffice for their start states.
	MaxMemory int
	// MaxWork is how many transitions one scan may build before it gives up; a sixteenth of the value's length is added.
	MaxWork int
}

// DefaultOptions suit the rules of one CRS policy.
func DefaultOptions() Options { return Options{MaxMemory: 3 << 20, MaxWork: 1024} }

// Set is many patterns. It is safe for concurrent use.
type Set struct {
	patterns []Pattern
	work     int
	filter   *filter    // of the patterns that need a word; nil where none does
	filtered Selection  // these patterns
	words    [][]string // of each of them, the words of which a value must hold one
	probes   []probe    // the patterns that need a few signs in a row
	probed   Selection  // these patterns
	union    []*group   // the others
	signs    []signs    // of each of the others, signs of which a value must hold one; 0 where it need not
	cut      Selection
	own      []atomic.Pointer[group] // the automaton of the whole of a pattern, where one was needed
	budget   *budget
	overflow atomic.Int64
}

// A probe is a text that a pattern needs.
type probe struct {
	id    int
	text  string
	signs signs
}

// Scan finds which patterns match somewhere in value and leaves them in hits. Where ok is false the budget did not
// suffice and hits says nothing: the caller must decide by other means.
func (s *Set) Scan(value string, hits *Hits) (ok bool) { return s.ScanFor(value, nil, hits) }

// ScanFor is Scan for the patterns of a selection alone; what hits says of others means nothing. A nil selection is all.
func (s *Set) ScanFor(value string, wanted Selection, hits *Hits) (ok bool) {
	hits.reset(len(s.patterns))
	if hits.limited {
		ok = s.scan(value, wanted, hits, &hits.work)
	} else {
		work := s.work + len(value)/16
		ok = s.scan(value, wanted, hits, &work)
	}
	if !ok {
		s.overflow.Add(1)
	}
	return ok
}

// longValue is the length from which on it pays to look closer which patterns may match.
const longValue = 256

func (s *Set) scan(value string, wanted Selection, hits *Hits, work *int) bool {
	held := signsOf(value)
	alone := hits.alone
	clear(alone)
	if len(s.union) > 0 {
		if len(value) >= longValue {
			wanted = s.possible(wanted, held, hits)
		}
		var waiting *group
		for _, g := range s.union {
			if wanted != nil && !g.members.meets(wanted) {
				continue
			}
			if len(value) >= longValue && g.worn() && g.members.few(wanted) {
				alone.joinCommon(g.members, wanted)
				continue
			}
			if !scanNext(&waiting, g, value, wanted, hits, work) {
				return false
			}
		}
		if waiting != nil && !waiting.scan(value, wanted, hits, work) {
			return false
		}
	}
	return s.scanOpen(value, wanted, held, hits, work)
}

// possible leaves out those patterns of the union that need a sign which a value does not hold.
func (s *Set) possible(wanted Selection, held signs, hits *Hits) Selection {
	rest := hits.possible[:0]
	for i := range s.cut {
		if wanted == nil {
			rest = append(rest, ^uint64(0))
		} else {
			rest = append(rest, wanted[i])
		}
	}
	for id, signs := range s.signs {
		if signs != 0 && signs&held == 0 {
			rest[id>>6] &^= 1 << (id & 63)
		}
	}
	hits.possible = rest
	return rest
}

// scanOpen asks the automata of single patterns: those of which the union knows the beginning alone and has found it,
// those of which a word is there, and those that are better asked alone.
func (s *Set) scanOpen(value string, wanted Selection, held signs, hits *Hits, work *int) bool {
	may := hits.may
	clear(may)
	for i, cut := range s.cut {
		may[i] = hits.words[i]&cut | hits.alone[i]
		hits.words[i] &^= cut
	}
	if s.filter != nil && (wanted == nil || s.filtered.meets(wanted)) {
		s.filter.find(value, may)
	}
	for i := range s.probes {
		if p := &s.probes[i]; held&p.signs == p.signs && wanted.has(p.id) && strings.Contains(value, p.text) {
			may.Add(p.id)
		}
	}
	var waiting *group
	for i, open := range may {
		if wanted != nil {
			open &= wanted[i]
		}
		for ; open != 0; open &= open - 1 {
			g := s.automatonOf(i<<6+bits.TrailingZeros64(open), work)
			if g == nil || !scanNext(&waiting, g, value, wanted, hits, work) {
				return false
			}
		}
	}
	return waiting == nil || waiting.scan(value, wanted, hits, work)
}

// LacksSigns reports that a value lacks the signs in a row that each pattern of a selection needs. It then matches none
// of them, and no text made of it by putting letters, digits and other signs in the place of characters beyond ASCII.
func (s *Set) LacksSigns(value string, wanted Selection, other string) bool {
	if !s.probed.holds(wanted) {
		return false
	}
	for i := range s.probes {
		p := &s.probes[i]
		if !wanted.has(p.id) {
			continue
		}
		if strings.ContainsAny(p.text, other) || strings.Contains(value, p.text) {
			return false
		}
	}
	return true
}

// scanNext runs a value through one more automaton: through two at once where their characters are runes.
func scanNext(waiting **group, g *group, value string, wanted Selection, hits *Hits, work *int) bool {
	switch {
	case g.classes.bytes:
		return g.scanBytes(value, wanted, hits, work)
	case *waiting == nil:
		*waiting = g
		return true
	}
	first := *waiting
	*waiting = nil
	return scanPair(first, g, value, hits, work)
}

// Warm scans values that are typical for what is to come and then pins the states that they needed, so that no flood
// of odd values can drive them out. Pinned states fill at most half of the memory. It reports false when a value
// could not be decided.
func (s *Set) Warm(values []string) bool {
	var hits Hits
	ok := true
	for _, value := range values {
		ok = s.Scan(value, &hits) && ok
	}
	s.budget.mutex.Lock()
	defer s.budget.mutex.Unlock()
	left := s.budget.limit / 2
	for _, g := range s.budget.groups {
		g.pin(left)
		left = max(0, left-g.pinnedBytes)
	}
	return ok
}
