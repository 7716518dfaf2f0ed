package proof

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// A cache remembers which links of watched rules values of one view may match, mostly none. Browsers send the same
// headers with every request, and most values of a site return. It holds as many values as it has places, each a short
// one.
type cache struct {
	places [cachePlaces]atomic.Pointer[remembered]
}

type remembered struct {
	value string
	marks []mark
}

// A mark is a link of a watched rule that may match.
type mark struct {
	rule int
	bit  uint32
}

const (
	cachePlaces   = 64
	longestCached = 256
)

var cacheSeed = maphash.MakeSeed()

func cachePlace(value string) int { return int(maphash.String(cacheSeed, value) % cachePlaces) }

// find returns what is remembered of a value; nil for nothing.
func (c *cache) find(value string) *remembered {
	if len(value) > longestCached {
		return nil
	}
	if held := c.places[cachePlace(value)].Load(); held != nil && held.value == value {
		return held
	}
	return nil
}

func (c *cache) add(value string, marks []mark) {
	if len(value) <= longestCached { // which may lie in a buffer that is used again
		c.places[cachePlace(value)].Store(&remembered{strings.Clone(value), slices.Clone(marks)})
	}
}
