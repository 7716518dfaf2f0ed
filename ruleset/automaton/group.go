package automaton

import (
	"slices"
	"sync/atomic"
)

// group is the lazily built automaton of some of a Set's patterns. Scans read its table without a lock; a scan that
// needs a transition nobody needed before builds it under the budget's mutex.
type group struct {
	classes *classes
	stride  uint32 // columns of a row: one for each class and one for the end
	table   atomic.Pointer[table]
	budget  *budget
	members Selection // the patterns
	begins  [256]bool // of an automaton on bytes: those with which a match may begin, whatever comes before

	// Guarded by the budget's mutex, as is what is written to tables.
	machine     *machine
	index       map[uint64]uint32 // the first row of the states with a hash
	held        int               // bytes of the table and its states
	pinned      int               // states that survive a reset, from the start of the table
	pinnedBytes int               // what is held after a reset
}

func newGroup(p *program, c *classes, b *budget) *group {
	g := &group{classes: c, stride: uint32(c.count + 1), budget: b, machine: newMachine(p, c, &b.scratch), index: map[uint64]uint32{}}
	b.groups = append(b.groups, g)
	if c.bytes {
		for value, class := range c.ascii {
			g.begins[value] = g.machine.begins(class)
		}
	}
	g.table.Store(g.fresh(1, capacity(1)))
	g.pinned, g.pinnedBytes = 1, g.held
	return g
}

// fresh returns a new generation with room for some states, and in it the start state alone. Row 0 stays empty,
// because 0 means unknown.
func (g *group) fresh(generation, size int) *table {
	t := g.empty(generation, size)
	t.used = 1
	g.account(t.bytes() - g.held)
	clear(g.index)
	g.intern(t, state{before: sideText})
	return t
}

// worn reports whether the automaton of a group has been too small before: what is worth knowing of so many patterns at
// once, for the noise that decoding makes, does not fit into it. Those of single patterns are small.
func (g *group) worn() bool { return g.table.Load().generation > 1 }

func (g *group) empty(generation, size int) *table {
	return &table{cells: make([]uint32, uint32(size)*g.stride), states: make([]state, size), generation: generation}
}

func (g *group) account(bytes int) {
	g.held += bytes
	g.budget.held += bytes
}

// intern returns the row of a state, which it adds to the table when it is new. The table must have room.
func (g *group) intern(t *table, s state) uint32 {
	hash := s.hash()
	first := g.index[hash]
	for row := first; row != 0; row = t.states[row/g.stride].alike {
		if t.states[row/g.stride].equal(&s) {
			return row
		}
	}
	row := uint32(t.used) * g.stride
	s.threads = slices.Clone(s.threads)
	s.alike = first
	t.states[t.used] = s
	t.used++
	g.index[hash] = row
	g.account(s.bytes())
	return row
}

// grow builds the transition from a row of a table by a class, and returns the current table with the cell's value.
// The cell is 0 where the budget does not allow another state.
func (g *group) grow(t *table, row uint32, class uint8) (*table, uint32) {
	g.budget.mutex.Lock()
	defer g.budget.mutex.Unlock()
	from := &t.states[row/g.stride]
	current := g.table.Load()
	if t.generation == current.generation {
		if value := current.cells[row+uint32(class)]; value != 0 { // somebody else was faster
			return current, value
		}
	}
	to := g.machine.step(from, class)
	if !g.makeRoom(from.bytes() + to.bytes()) {
		return t, 0
	}
	current = g.table.Load()
	if t.generation != current.generation {
		row = g.intern(current, *from)
	}
	value := g.intern(current, to)
	if len(to.hits) > 0 {
		value |= arrives
	}
	atomic.StoreUint32(&current.cells[row+uint32(class)], value)
	return current, value
}

// makeRoom sees to it that the current table has place for two more states of so many bytes together: where it is
// full by a larger copy, where the budget is spent by a reset of this or another group.
func (g *group) makeRoom(bytes int) bool {
	for {
		old := g.table.Load()
		full := old.used+2 > len(old.states)
		more := bytes
		if full {
			more += (capacity(len(old.states)+1) - len(old.states)) * g.rowBytes()
		}
		if !g.budget.fits(more) {
			if !g.budget.makeRoom(more) {
				return false
			}
			continue // it may have been this table that was reset
		}
		if full {
			g.enlarge(old)
		}
		return true
	}
}

// enlarge publishes a copy of a table with more room.
func (g *group) enlarge(old *table) {
	t := g.empty(old.generation, capacity(len(old.states)+1))
	t.used = old.used
	copy(t.cells, old.cells)
	copy(t.states, old.states[:old.used])
	g.account(t.bytes() - old.bytes())
	g.table.Store(t)
}

// reset publishes a table with the pinned states alone. Scans on the old one go on: they bring the state that they
// are in with them when they next build a transition.
func (g *group) reset() {
	old := g.table.Load()
	t := g.fresh(old.generation+1, capacity(g.pinned+3))
	for t.used <= g.pinned {
		g.intern(t, old.states[t.used])
	}
	end := uint32(t.used) * g.stride
	for i, value := range old.cells[:end] {
		if value&^arrives < end {
			t.cells[i] = value
		}
	}
	g.table.Store(t)
	g.pinnedBytes = g.held
}

// pin makes the states that exist now survive a reset, as far as they fill no more than so many bytes.
func (g *group) pin(limit int) {
	t := g.table.Load()
	threads := 0
	g.pinned = 0
	for g.pinned+1 < t.used {
		threads += t.states[g.pinned+1].bytes()
		total := threads + capacity(g.pinned+4)*g.rowBytes()
		if g.pinned > 0 && total > limit {
			return
		}
		g.pinned++
		g.pinnedBytes = total
	}
}

// rowBytes is what a state takes in the table, its threads not counted.
func (g *group) rowBytes() int { return 4*int(g.stride) + stateCost }

// fixed estimates what a group holds besides its states: instructions, classes, sets and first steps.
func (g *group) fixed() int {
	m := g.machine
	bytes := 2048 + len(g.classes.blocks) + 5*len(g.classes.from) + 56*len(g.classes.members) + 12*len(m.prog.insts) + 8*len(m.begin)
	for _, set := range m.prog.sets {
		bytes += 4 * len(set)
	}
	for _, step := range m.begin {
		if step != nil {
			bytes += 48 + 4*len(step.threads) + 4*len(step.hits)
		}
	}
	return bytes
}
