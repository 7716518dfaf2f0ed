package proof

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// A cache remembers which links of watched rules values of one view may match, mostly none. Browsers send the same
// header fields with every request and a visitor the same cookies, and most values of a site return. It begins small and
// grows with what it is asked for, as far as the places of its proof suffice; it holds short values alone.
type cache struct {
	table  atomic.Pointer[cacheTable]
	places *places
}

type cacheTable struct {
	sets      []cacheSet    // a power of two of them
	displaced atomic.Uint32 // values that had to go for another
}

// A cacheSet is the two places where a value may be.
type cacheSet [2]atomic.Pointer[remembered]

type remembered struct {
	value string
	marks []mark
}

// A mark is a link of a watched rule that may match.
type mark struct {
	rule int
	bit  uint32
}

// places is how many values the caches of a proof may hold beyond their first ones.
type places struct{ left atomic.Int64 }

const (
	firstSets     = 32
	mostSets      = 2048
	proofPlaces   = 16 << 10
	longestCached = 256
)

var cacheSeed = maphash.MakeSeed()

// set returns where a value may be, and a number that tells which of the two goes for it.
func (t *cacheTable) set(value string) (*cacheSet, uint64) {
	hash := maphash.String(cacheSeed, value)
	return &t.sets[hash&uint64(len(t.sets)-1)], hash >> 63
}

// find returns what is remembered of a value; nil for nothing.
func (c *cache) find(value string) *remembered {
	t := c.table.Load()
	if t == nil || len(value) > longestCached {
		return nil
	}
	set, _ := t.set(value)
	for i := range set {
		if held := set[i].Load(); held != nil && held.value == value {
			return held
		}
	}
	return nil
}

func (c *cache) add(value string, marks []mark) {
	if len(value) > longestCached {
		return
	}
	t := c.table.Load()
	if t == nil || int(t.displaced.Load()) > len(t.sets) {
		t = c.grow(t)
	}
	t.put(&remembered{strings.Clone(value), slices.Clone(marks)}) // it may lie in a buffer that is used again
}

// put keeps what is remembered of a value, in the place of another if need be.
func (t *cacheTable) put(r *remembered) {
	set, place := t.set(r.value)
	for i := range set {
		if set[i].Load() == nil {
			set[i].Store(r)
			return
		}
	}
	set[place].Store(r)
	t.displaced.Add(1)
}

// grow returns a table with four times the room, or the present one where there may be no more. What somebody else adds
// to the old one meanwhile is forgotten.
func (c *cache) grow(old *cacheTable) *cacheTable {
	if old == nil {
		c.table.CompareAndSwap(nil, &cacheTable{sets: make([]cacheSet, firstSets)})
		return c.table.Load()
	}
	old.displaced.Store(0)
	more := int64(3 * len(old.sets) * len(cacheSet{}))
	if len(old.sets) >= mostSets {
		return old
	}
	if c.places.left.Add(-more) < 0 {
		c.places.left.Add(more)
		return old
	}
	t := &cacheTable{sets: make([]cacheSet, 4*len(old.sets))}
	for i := range old.sets {
		for j := range old.sets[i] {
			if r := old.sets[i][j].Load(); r != nil {
				t.put(r)
			}
		}
	}
	if !c.table.CompareAndSwap(old, t) {
		c.places.left.Add(more)
	}
	return c.table.Load()
}
