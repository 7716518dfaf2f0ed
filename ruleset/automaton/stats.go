package automaton

import "math/bits"

// Stats is what a Set holds at the moment.
type Stats struct {
	Patterns  int
	Groups    int // automata: those of the union and the second ones
	Second    int // patterns that the union holds only up to a gap
	Filtered  int // patterns that wait for a word
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
		Patterns: len(s.patterns), Groups: len(s.budget.groups), Bytes: s.budget.held,
		Resets: s.budget.resets, Overflows: s.overflow.Load(),
	}
	for _, word := range s.cut {
		stats.Second += bits.OnesCount64(word)
	}
	stats.Filtered = len(s.patterns) - stats.Second
	for _, g := range s.union {
		for i, word := range g.members {
			stats.Filtered -= bits.OnesCount64(word &^ s.cut[i])
		}
	}
	if s.filter != nil {
		stats.Fixed = s.filter.bytes()
	}
	stats.Fixed += 12 * len(s.budget.scratch.next.place)
	for _, g := range s.budget.groups {
		stats.States += g.table.Load().used - 1
		stats.Fixed += g.fixed()
	}
	return stats
}
