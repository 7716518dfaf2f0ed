package proof

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func newCache(room int64) *cache {
	c := &cache{places: &places{}}
	c.places.left.Store(room)
	return c
}

func (c *cache) holds(values int) (held int) {
	for n := range values {
		if c.find(strconv.Itoa(n)) != nil {
			held++
		}
	}
	return held
}

func TestCache_growsUntilItHoldsWhatReturns(t *testing.T) {
	const values = 1000
	c := newCache(proofPlaces)
	for range 8 {
		for n := range values {
			if value := strconv.Itoa(n); c.find(value) == nil {
				c.add(value, []mark{{n, 1}})
			}
		}
	}
	if got := c.holds(values); got < values*9/10 {
		t.Errorf("%d of %d values are held, want nine in ten", got, values)
	}
	for n := range values {
		if held := c.find(strconv.Itoa(n)); held != nil && !slices.Equal(held.marks, []mark{{n, 1}}) {
			t.Fatalf("%d: got %v", n, held.marks)
		}
	}
}

func TestCache_takesNoMoreThanThereIs(t *testing.T) {
	const room = 200
	c := newCache(room)
	for n := range 100_000 {
		c.add(strconv.Itoa(n), nil)
	}
	if got := c.holds(100_000); got > firstSets*len(cacheSet{})+room {
		t.Errorf("%d values are held, in %d places and %d", got, firstSets*len(cacheSet{}), room)
	}
	if left := c.places.left.Load(); left < 0 || left > room {
		t.Errorf("%d places are left of %d", left, room)
	}
}

func TestCache_keepsAValueOfItsOwn(t *testing.T) {
	c := newCache(0)
	c.add("short", nil)
	c.add(strings.Repeat("x", longestCached+1), nil)
	if c.find("short") == nil {
		t.Error("a short value is not held")
	}
	if c.find(strings.Repeat("x", longestCached+1)) != nil {
		t.Error("a long value is held")
	}
}

func TestCache_servesManyAtOnce(t *testing.T) {
	c := newCache(proofPlaces)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range 20_000 {
				value := strconv.Itoa(n % 700)
				if held := c.find(value); held != nil && held.marks[0].rule != n%700 {
					t.Errorf("%s: got what is remembered of %d", value, held.marks[0].rule)
				}
				c.add(value, []mark{{n % 700, 1}})
			}
		})
	}
	all.Wait()
	if left := c.places.left.Load(); left < 0 || left > proofPlaces {
		t.Errorf("%d places are left of %d", left, proofPlaces)
	}
}
