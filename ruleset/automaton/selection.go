package automaton

import "math/bits"

// A Selection is a set of patterns of one Set, by number.
type Selection []uint64

// NewSelection returns an empty selection from so many patterns.
func NewSelection(patterns int) Selection { return make(Selection, (patterns+63)/64) }

// Add puts a pattern into the selection.
func (s Selection) Add(pattern int) { s[pattern>>6] |= 1 << (pattern & 63) }

// Join adds all that another selection from the same patterns holds.
func (s Selection) Join(other Selection) {
	for i, word := range other {
		s[i] |= word
	}
}

func (s Selection) meets(other Selection) bool {
	for i, word := range s {
		if word&other[i] != 0 {
			return true
		}
	}
	return false
}

// mostAlone is how many patterns of a union may be asked one by one instead.
const mostAlone = 8

// few reports whether no more than mostAlone of the selection are wanted; nil is all.
func (s Selection) few(wanted Selection) bool {
	if wanted == nil {
		return false
	}
	count := 0
	for i, word := range s {
		count += bits.OnesCount64(word & wanted[i])
	}
	return count <= mostAlone
}

// joinCommon adds what two other selections both hold.
func (s Selection) joinCommon(a, b Selection) {
	for i, word := range a {
		s[i] |= word & b[i]
	}
}

// has reports whether a pattern is selected; nil is all.
func (s Selection) has(pattern int) bool { return s == nil || s[pattern>>6]&(1<<(pattern&63)) != 0 }

// holds reports whether all that another selection holds is here too.
func (s Selection) holds(other Selection) bool {
	for i, word := range other {
		if word&^s[i] != 0 {
			return false
		}
	}
	return true
}
