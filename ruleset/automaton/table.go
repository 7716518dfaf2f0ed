package automaton

// table is one generation of the automaton. A cell holds the row where the next state begins, 0 where nobody has asked
// yet, and the arrives flag where patterns match on arrival. A larger copy replaces a full table; scans on the old one
// go on and change over at their next unknown cell.
type table struct {
	cells      []uint32 // accessed atomically, for rows are filled while others read
	states     []state  // by row/stride; written before the first cell that leads there
	used       int      // states, guarded by the budget's mutex
	generation int
}

// arrives marks a cell whose state has hits. As a signed number such a cell is negative, and an unknown one zero.
const arrives = 1 << 31

// stateCost is the bytes of a state besides its row and its threads: the struct and its place in the index.
const stateCost = 100

// capacity is the room of a table for so many states: twice the smaller size at first, then a quarter more.
func capacity(states int) int {
	size := 4
	for size < states {
		if size < 128 {
			size *= 2
		} else {
			size += size / 4
		}
	}
	return size
}

// bytes is what a table without its states' threads takes.
func (t *table) bytes() int { return 4*len(t.cells) + stateCost*len(t.states) }
