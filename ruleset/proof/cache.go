package proof

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// A cache remembers values of one view that were found to fire nothing at all. Browsers send the same headers with every
// request, and most values of a site return. It holds as many values as it has places, each a short one.
type cache struct {
	places [cachePlaces]atomic.Pointer[string]
}

const (
	cachePlaces   = 64
	longestCached = 256
)

var cacheSeed = maphash.MakeSeed()

func cachePlace(value string) int { return int(maphash.String(cacheSeed, value) % cachePlaces) }

func (c *cache) has(value string) bool {
	if len(value) > longestCached {
		return false
	}
	held := c.places[cachePlace(value)].Load()
	return held != nil && *held == value
}

func (c *cache) add(value string) {
	if len(value) <= longestCached {
		kept := strings.Clone(value) // it may lie in a buffer that is used again
		c.places[cachePlace(value)].Store(&kept)
	}
}
