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

const (
	firstStates = 4   // room of a new table
	stateCost   = 100 // bytes of a state besides its row and its threads: the struct, its place in the index
)

// bytes is what a table without its states' threads takes.
func (t *table) bytes() int { return 4*len(t.cells) + stateCost*len(t.states) }
