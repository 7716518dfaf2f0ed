package automaton

import (
	"slices"
	"sync"
	"sync/atomic"
)

// group is the lazily built automaton of some of a Set's patterns. Scans read its table without a lock; a scan that
// needs a transition nobody needed before builds it under the mutex.
type group struct {
	classes *classes
	stride  uint32 // columns of a row: one for each class and one for the end
	limit   int    // bytes that the table and its states may hold
	table   atomic.Pointer[table]

	resets    atomic.Int64
	overflows atomic.Int64

	mutex   sync.Mutex // guards all below, and what is written to tables
	machine *machine
	index   map[uint64]uint32 // the first row of the states with a hash
	held    int               // bytes
	pinned  int               // states that survive a reset
}

// table is one generation of the automaton. A cell holds the row where the next state begins, 0 where nobody has asked
// yet, and the arrives flag where patterns match on arrival. A larger copy replaces a full table; scans on the old one
// go on and change over at their next unknown cell.
type table struct {
	cells      []uint32 // accessed atomically, for rows are filled while others read
	states     []state  // by row/stride; written before the first cell that leads there
	used       int      // states, guarded by the group's mutex
	generation int
}

// arrives marks a cell whose state has hits. As a signed number such a cell is negative, and an unknown one zero.
const arrives = 1 << 31

const (
	firstStates = 16 // room of a new table
	stateCost   = 96 // bytes of a state besides its row and its threads: the struct, its place in the index
)

func newGroup(p *program, c *classes, limit int) *group {
	g := &group{classes: c, stride: uint32(c.count + 1), limit: limit, machine: newMachine(p, c)}
	g.index = map[uint64]uint32{}
	g.table.Store(g.fresh(1, firstStates))
	return g
}

// fresh returns a new generation with room for some states, and in it the start state alone. Row 0 stays empty,
// because 0 means unknown.
func (g *group) fresh(generation int, size int) *table {
	t := &table{
		cells: make([]uint32, uint32(size)*g.stride), states: make([]state, size),
		used: 1, generation: generation,
	}
	clear(g.index)
	g.held = 0
	g.intern(t, state{before: sideText})
	return t
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
	g.held += g.cost(&s)
	return row
}

func (g *group) cost(s *state) int {
	return int(g.stride)*4 + len(s.threads)*4 + len(s.hits)*8 + stateCost
}

// grow builds the transition from a row of a table by a class, and returns the current table with the cell's value.
// The cell is 0 where the budget does not allow another state.
func (g *group) grow(t *table, row uint32, class uint8) (*table, uint32) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	from := &t.states[row/g.stride]
	current := g.table.Load()
	if t.generation == current.generation {
		if value := current.cells[row+uint32(class)]; value != 0 { // somebody else was faster
			return current, value
		}
	}
	to := g.machine.step(from, class)
	current = g.room(current, g.cost(from)+g.cost(&to))
	if current == nil {
		return t, 0
	}
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

// room returns a table with place for two more states of so many bytes together: the current one, a larger copy, or
// after a reset one with the pinned states alone. It returns nil where the limit does not allow even that.
func (g *group) room(t *table, bytes int) *table {
	const more = 2
	if g.held+bytes > g.limit {
		t = g.reset(t)
		if g.held+bytes > g.limit {
			g.overflows.Add(1)
			return nil
		}
	}
	if t.used+more <= len(t.states) {
		return t
	}
	return g.enlarge(t, 2*len(t.states))
}

// enlarge publishes a copy of a table with room for more states.
func (g *group) enlarge(old *table, size int) *table {
	t := &table{
		cells: make([]uint32, uint32(size)*g.stride), states: make([]state, size),
		used: old.used, generation: old.generation,
	}
	copy(t.cells, old.cells)
	copy(t.states, old.states[:old.used])
	g.table.Store(t)
	return t
}

// reset publishes a table with the pinned states alone. Scans on the old table go on: they bring the state that they
// are in with them when they next need the mutex.
func (g *group) reset(old *table) *table {
	g.resets.Add(1)
	size := firstStates
	for size < 2*g.pinned {
		size *= 2
	}
	t := g.fresh(old.generation+1, size)
	for t.used < g.pinned {
		g.intern(t, old.states[t.used])
	}
	end := uint32(t.used) * g.stride
	for i, value := range old.cells[:end] {
		if value&^arrives < end {
			t.cells[i] = value
		}
	}
	g.table.Store(t)
	return t
}

// pin makes the states that exist now survive a reset, as far as they fill no more than half of the budget.
func (g *group) pin() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	t := g.table.Load()
	held := 0
	g.pinned = 1
	for ; g.pinned < t.used; g.pinned++ {
		if held += g.cost(&t.states[g.pinned]); held > g.limit/2 {
			return
		}
	}
}
