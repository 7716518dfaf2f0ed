package automaton

import (
	"math/bits"
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

// Set is the union of many patterns. It is safe for concurrent use.
type Set struct {
	patterns int
	work     int
	union    []*group       // read for every value
	second   map[int]*group // the whole expression of each pattern that the union holds only up to a gap
	cut      []uint64       // these patterns, as a bit set
	budget   *budget
	overflow atomic.Int64
}

// Scan finds which patterns match somewhere in value and leaves them in hits. Where ok is false the budget did not
// suffice and hits says nothing: the caller must decide by other means.
func (s *Set) Scan(value string, hits *Hits) (ok bool) {
	hits.reset(s.patterns)
	if hits.limited {
		ok = s.scan(value, hits, &hits.work)
	} else {
		work := s.work + len(value)/16
		ok = s.scan(value, hits, &work)
	}
	if !ok {
		s.overflow.Add(1)
	}
	return ok
}

func (s *Set) scan(value string, hits *Hits, work *int) bool {
	if !scanAll(s.union, value, hits, work) {
		return false
	}
	var second [8]*group
	open := second[:0]
	for i, cut := range s.cut {
		for more := hits.words[i] & cut; more != 0; more &= more - 1 {
			id := i<<6 + bits.TrailingZeros64(more)
			hits.remove(id)
			if open = append(open, s.second[id]); len(open) == cap(open) {
				if !scanAll(open, value, hits, work) {
					return false
				}
				open = open[:0]
			}
		}
	}
	return scanAll(open, value, hits, work)
}

// scanAll runs a value through groups, two at a time where their characters are runes.
func scanAll(groups []*group, value string, hits *Hits, work *int) bool {
	var waiting *group
	for _, g := range groups {
		switch {
		case g.classes.bytes:
			if !g.scanBytes(value, hits, work) {
				return false
			}
		case waiting == nil:
			waiting = g
		case !scanPair(waiting, g, value, hits, work):
			return false
		default:
			waiting = nil
		}
	}
	return waiting == nil || waiting.scan(value, hits, work)
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
