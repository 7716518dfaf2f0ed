package automaton

import (
	"fmt"
	"math/bits"
	"regexp/syntax"
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
func DefaultOptions() Options { return Options{MaxMemory: 4 << 20, MaxWork: 512} }

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

// Compile reads the patterns and prepares their automata, whose states come to be as values are scanned.
// The error names the first pattern that cannot be understood.
func Compile(patterns []Pattern, options Options) (*Set, error) {
	s := &Set{
		patterns: len(patterns), work: options.MaxWork,
		second: map[int]*group{}, cut: make([]uint64, (len(patterns)+63)/64),
		budget: &budget{limit: options.MaxMemory},
	}
	var runes, bytes, gaps []numbered
	for id, pattern := range patterns {
		tree, raw, err := parse(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", id, err)
		}
		tree = trim(tree)
		prefix, cut, early := cut(tree)
		if cut {
			whole, err := s.assemble([]numbered{{tree, id}}, raw)
			if err != nil {
				return nil, err
			}
			s.second[id] = whole[0]
			s.cut[id/64] |= 1 << (id % 64)
			tree = trim(prefix)
		}
		tree = once(tree)
		if raw {
			bytes = append(bytes, numbered{tree, id})
		} else if early {
			gaps = append(gaps, numbered{tree, id})
		} else {
			runes = append(runes, numbered{tree, id})
		}
	}
	for _, trees := range [][]numbered{runes, gaps, bytes} {
		if len(trees) == 0 {
			continue
		}
		groups, err := s.assemble(trees, len(bytes) > 0 && trees[0] == bytes[0])
		if err != nil {
			return nil, err
		}
		s.union = append(s.union, groups...)
	}
	return s, nil
}

// numbered is a tree with the number of its pattern.
type numbered struct {
	tree *syntax.Regexp
	id   int
}

// assemble makes one group of the trees, or several where they tell too many characters apart for one table.
func (s *Set) assemble(trees []numbered, bytes bool) ([]*group, error) {
	p := &program{}
	for _, t := range trees {
		if err := p.add(t.tree, t.id); err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", t.id, err)
		}
	}
	p.byText = nil // of use only while instructions are added
	if c, ok := partition(p, bytes); ok {
		return []*group{newGroup(p, c, s.budget)}, nil
	}
	half := len(trees) / 2
	if half == 0 {
		return nil, fmt.Errorf("compile pattern %d: it tells more than %d kinds of characters apart", trees[0].id, maxClasses)
	}
	left, err := s.assemble(trees[:half], bytes)
	if err != nil {
		return nil, err
	}
	right, err := s.assemble(trees[half:], bytes)
	return append(left, right...), err
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

// Stats is what a Set holds at the moment.
type Stats struct {
	Patterns  int
	Groups    int // automata: those of the union and the second ones
	Second    int // patterns that the union holds only up to a gap
	States    int
	Bytes     int   // of tables and states, never more than MaxMemory
	Fixed     int   // bytes of the compiled expressions, estimated
	Resets    int   // how often an automaton was forgotten to make room
	Overflows int64 // scans that were not decided
}

// Stats counts what the Set holds.
func (s *Set) Stats() Stats {
	s.budget.mutex.Lock()
	defer s.budget.mutex.Unlock()
	stats := Stats{
		Patterns: s.patterns, Groups: len(s.budget.groups), Second: len(s.second), Bytes: s.budget.held,
		Resets: s.budget.resets, Overflows: s.overflow.Load(),
	}
	stats.Fixed = 24 * len(s.budget.scratch.next.place)
	for _, g := range s.budget.groups {
		stats.States += g.table.Load().used - 1
		stats.Fixed += g.fixed()
	}
	return stats
}
