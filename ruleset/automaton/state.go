package automaton

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// state is a state of the deterministic automaton: the threads that live after what was read. The patterns' own first
// instructions, which live in every state because a match may begin anywhere, are implied.
type state struct {
	threads []uint32 // opRune and opAssert instructions, ascending
	before  uint8    // the side that lies before this position
	hits    []int    // patterns, by their number in the Set, that match on arrival here
	alike   uint32   // the next state with the same hash
}

// seed keeps clients from choosing values whose states collide.
var seed = rand.Uint64()

func (s *state) hash() uint64 {
	h := seed ^ uint64(s.before)
	mix := func(n uint64) { h = bits.RotateLeft64((h^n)*0x9E3779B97F4A7C15, 29) }
	for _, pc := range s.threads {
		mix(uint64(pc))
	}
	mix(1 << 32)
	for _, id := range s.hits {
		mix(uint64(id))
	}
	return h
}

func (s *state) equal(t *state) bool {
	return s.before == t.before && slices.Equal(s.threads, t.threads) && slices.Equal(s.hits, t.hits)
}

// bytes is what a state holds outside of the table.
func (s *state) bytes() int { return 4*len(s.threads) + 8*len(s.hits) }
