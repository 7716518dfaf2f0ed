// Package limit counts how much each visitor of one site uses, in bounded memory, and says who is over.
//
// It owns the buckets and nothing else: which rate holds for whom is the proxy's business, and so is what happens to a
// request that is over. It reads no clock; times are the caller's, with their monotonic part, so that a step of the wall
// clock opens no bucket. Start with [Table.Take].
package limit

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/sekisho-waf/sekisho"
)

const (
	shards = 16
	// perShard bounds one generation of one shard, and there are two: at most 32,768 visitors a site, about 6 MB under
	// attack and nothing before. Who is crowded out gets a fresh bucket; the site's own rate holds against that.
	perShard = 1024
)

// Table holds the buckets of one site. The zero Table is not usable; see [NewTable]. It is safe for concurrent use.
type Table struct {
	seed   maphash.Seed
	shards [shards]shard
	shut   atomic.Int64 // how many were shut here since the last DrainShut
}

// shard keeps two generations: what is used moves to the young one, and when that is full the old one goes. This is a
// least-recently-used bound without a list to keep in order.
type shard struct {
	mu         sync.Mutex
	young, old map[Key]*bucket
}

type bucket struct {
	limiter *rate.Limiter
	rate    sekisho.Rate
	taken   int       // since the last Drain
	until   time.Time // shut until then, whatever the tokens say
	untold  bool      // shut here, and not drained yet
	told    time.Time // when somebody was last told that this bucket is over
}

// NewTable returns an empty table. It takes memory as visitors come.
func NewTable() *Table { return &Table{seed: maphash.MakeSeed()} }

// Take takes one token from the bucket of key under the given rate. If there is none, or the bucket is shut, ok is false
// and wait says when it is worth coming back. A bucket whose rate was changed starts anew with the new one.
func (t *Table) Take(key Key, r sekisho.Rate, now time.Time) (wait time.Duration, ok bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bucket(key, r)
	if wait := b.until.Sub(now); wait > 0 {
		return wait, false
	}
	if !b.limiter.AllowN(now, 1) {
		return b.missing(now), false
	}
	b.taken++
	return 0, true
}

// Look says what Take would say, and takes nothing.
func (t *Table) Look(key Key, r sekisho.Rate, now time.Time) (wait time.Duration, ok bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(key)
	if b == nil {
		return 0, true
	}
	if wait := b.until.Sub(now); wait > 0 {
		return wait, false
	}
	if b.rate == r && b.limiter != nil && b.limiter.TokensAt(now) < 1 {
		return b.missing(now), false
	}
	return 0, true
}

// Shut keeps the bucket of key closed for d.
func (t *Table) Shut(key Key, now time.Time, d time.Duration) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bucket(key, sekisho.Rate{})
	b.until, b.untold = now.Add(d), true
	t.shut.Add(1)
}

// Shut is a bucket that is closed until then.
type Shut struct {
	Key   Key
	Until time.Time
}

// DrainShut returns what was shut here since the last DrainShut. While nothing was, it looks at nothing.
func (t *Table) DrainShut() (all []Shut) {
	if t.shut.Swap(0) == 0 {
		return nil
	}
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, generation := range []map[Key]*bucket{s.young, s.old} {
			for key, b := range generation {
				if b.untold {
					b.untold = false
					all = append(all, Shut{key, b.until})
				}
			}
		}
		s.mu.Unlock()
	}
	return all
}

// AbsorbShut keeps a bucket closed that was shut elsewhere, whether anybody here has used it or not. A later end holds.
func (t *Table) AbsorbShut(shut Shut) {
	s := t.shard(shut.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bucket(shut.Key, sekisho.Rate{}); shut.Until.After(b.until) {
		b.until = shut.Until
	}
}

// Tell reports whether nobody was told about this bucket in the last interval, and notes that somebody is now.
func (t *Table) Tell(key Key, now time.Time, interval time.Duration) bool {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bucket(key, sekisho.Rate{})
	if !b.told.IsZero() && now.Sub(b.told) < interval {
		return false
	}
	b.told = now
	return true
}

// Use is how much was taken from one bucket.
type Use struct {
	Key Key
	N   int
}

// Drain returns what was taken here since the last Drain, the most used first and at most limit of them; the rest is
// told next time.
func (t *Table) Drain(limit int) []Use {
	var uses []Use
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, generation := range []map[Key]*bucket{s.young, s.old} {
			for key, b := range generation {
				if b.taken > 0 {
					uses = append(uses, Use{key, b.taken})
				}
			}
		}
		s.mu.Unlock()
	}
	if len(uses) > limit {
		slices.SortFunc(uses, func(a, b Use) int { return cmp.Compare(b.N, a.N) })
		uses = uses[:limit]
	}
	for _, use := range uses {
		s := t.shard(use.Key)
		s.mu.Lock()
		if b := s.find(use.Key); b != nil {
			b.taken -= use.N
		}
		s.mu.Unlock()
	}
	return uses
}

// Absorb takes from a bucket what was taken elsewhere. A bucket that this table does not have is of no visitor here.
func (t *Table) Absorb(use Use, now time.Time) {
	s := t.shard(use.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(use.Key)
	if b == nil || b.limiter == nil || use.N <= 0 {
		return
	}
	// Below zero by one bucket at most: whoever was let in elsewhere is not turned away here for longer than the rate asks.
	b.limiter.ReserveN(now, min(use.N, b.rate.Requests))
}

// Len is how many buckets there are.
func (t *Table) Len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += len(s.young) + len(s.old)
		s.mu.Unlock()
	}
	return n
}

func (t *Table) shard(key Key) *shard {
	return &t.shards[maphash.Comparable(t.seed, key)%shards]
}

// find returns the bucket of key, nil if there is none, and keeps it from ageing.
func (s *shard) find(key Key) *bucket {
	if b := s.young[key]; b != nil {
		return b
	}
	b := s.old[key]
	if b != nil {
		delete(s.old, key)
		s.put(key, b)
	}
	return b
}

func (s *shard) put(key Key, b *bucket) {
	if len(s.young) >= perShard {
		s.old, s.young = s.young, nil
	}
	if s.young == nil {
		s.young = map[Key]*bucket{}
	}
	s.young[key] = b
}

// bucket returns the bucket of key with a limiter for r; a zero r leaves the limiter as it is.
func (s *shard) bucket(key Key, r sekisho.Rate) *bucket {
	b := s.find(key)
	if b == nil {
		b = &bucket{}
		s.put(key, b)
	}
	if !r.IsZero() && b.rate != r {
		b.rate, b.limiter = r, rate.NewLimiter(rate.Limit(r.PerSecond()), r.Requests)
	}
	return b
}

// missing is how long until there is a token.
func (b *bucket) missing(now time.Time) time.Duration {
	lack := 1 - b.limiter.TokensAt(now)
	return time.Duration(lack / float64(b.limiter.Limit()) * float64(time.Second))
}
