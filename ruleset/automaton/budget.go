package automaton

import "sync"

// budget is the memory that the groups of a Set share. One mutex guards the building of all of them: what they build
// once, everybody reads ever after without it.
type budget struct {
	mutex     sync.Mutex
	limit     int
	held      int // bytes of all tables, guarded by mutex
	groups    []*group
	scratch   scratch
	resets    int
	overflows int
}

// makeRoom lets go of states until so many more bytes fit, and reports whether they do. The group that holds most
// beyond its pinned states begins: it is the one that a flood of odd values has filled.
func (b *budget) makeRoom(bytes int) bool {
	for !b.fits(bytes) {
		var largest *group
		for _, g := range b.groups {
			if g.held > g.pinnedBytes && (largest == nil || g.held-g.pinnedBytes > largest.held-largest.pinnedBytes) {
				largest = g
			}
		}
		if largest == nil {
			b.overflows++
			return false
		}
		largest.reset()
		b.resets++
	}
	return true
}

func (b *budget) fits(bytes int) bool { return b.held+bytes <= b.limit }
