package automaton

import (
	"iter"
	"math/bits"
)

// Hits is a set of pattern numbers. The zero value is empty and ready; reuse one to scan without allocating. It is not
// safe for concurrent use.
type Hits struct {
	words    Selection
	work     int
	limited  bool
	may      Selection // scratch
	alone    Selection // scratch
	possible Selection // scratch
}

// Allow bounds the scans that follow: together they may build so many transitions, instead of each as many as the
// Options say. With it a request of a thousand odd values costs no more than one of a single one.
func (h *Hits) Allow(transitions int) { h.work, h.limited = transitions, true }

// Reset empties the set.
func (h *Hits) Reset() { clear(h.words) }

// reset empties the set and makes room for so many patterns.
func (h *Hits) reset(patterns int) {
	need := (patterns + 63) / 64
	if cap(h.words) < need {
		h.words, h.may, h.alone = make(Selection, need), make(Selection, need), make(Selection, need)
		return
	}
	h.may, h.alone = h.may[:need], h.alone[:need]
	h.words = h.words[:need]
	clear(h.words)
}

// Has reports whether a pattern is in the set.
func (h *Hits) Has(pattern int) bool {
	return pattern>>6 < len(h.words) && h.words[pattern>>6]&(1<<(pattern&63)) != 0
}

// Empty reports whether no pattern is in the set.
func (h *Hits) Empty() bool {
	for _, word := range h.words {
		if word != 0 {
			return false
		}
	}
	return true
}

// All yields the patterns of the set in ascending order.
func (h *Hits) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range h.words {
			for ; word != 0; word &= word - 1 {
				if !yield(i<<6 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

func (h *Hits) add(pattern int) { h.words[pattern>>6] |= 1 << (pattern & 63) }
