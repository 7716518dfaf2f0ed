package proxy

import (
	"sync/atomic"

	"github.com/sekisho-waf/sekisho"
)

// room is what a node can hold at once of one thing: requests being served, or bytes of bodies held for inspection.
//
// Sites share it by dynamic thresholds (Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998): a site may
// hold up to shareOfFree times what is still free. Nobody is held back while there is plenty; one site under a flood
// gets four fifths at most, two get four ninths each, and in every case something is left for all the others. That takes
// two additions a request and no list of who is busy.
type room struct {
	size  atomic.Int64 // smaller than full while memory is short
	full  int64
	least int64
	taken atomic.Int64
}

const shareOfFree = 4

func (r *room) open(full, least int64) {
	r.full, r.least = full, min(least, full)
	r.size.Store(full)
}

// take takes n for a site that holds what held says. The reason is empty where there is room; otherwise nothing was taken.
func (r *room) take(held *atomic.Int64, n int64) sekisho.Reason {
	free, holds := r.size.Load()-r.taken.Add(n), held.Add(n)
	switch {
	case free < 0:
		r.give(held, n)
		return sekisho.ReasonOverload
	case holds > shareOfFree*free+n: // n, so that whoever holds nothing gets what is free to its end
		r.give(held, n)
		return sekisho.ReasonSiteShare
	}
	return ""
}

// give gives back what was taken.
func (r *room) give(held *atomic.Int64, n int64) {
	held.Add(-n)
	r.taken.Add(-n)
}

// shrink leaves the given part of the room, 0 to 1. What has been taken stays taken.
func (r *room) shrink(part float64) {
	r.size.Store(max(int64(part*float64(r.full)), r.least))
}
