package automaton

import (
	"sync/atomic"
	"unicode/utf8"
)

// scan runs one value through the automaton and reports each arrival at a state with hits. It gives up, and returns
// false, when the value asks for more than work new transitions or when the memory limit allows no further state.
func (g *group) scan(value string, hits *Hits, work *int) bool {
	if g.classes.bytes {
		return g.scanBytes(value, hits, work)
	}
	classes := g.classes
	t := g.table.Load()
	cells, row := t.cells, g.stride
	for i := 0; i < len(value); {
		var class uint8
		if b := value[i]; b < utf8.RuneSelf {
			class = classes.ascii[b]
			i++
		} else {
			var width int
			class, width = classes.next(value, i)
			i += width
		}
		cell := atomic.LoadUint32(&cells[row+uint32(class)])
		if int32(cell) <= 0 {
			if t, cell = g.arrive(t, row, class, cell, hits, work); cell == 0 {
				return false
			}
			cells = t.cells
		}
		row = cell
	}
	return g.finish(t, row, hits, work)
}

// scanBytes is scan where each byte is a character.
func (g *group) scanBytes(value string, hits *Hits, work *int) bool {
	t := g.table.Load()
	cells, row := t.cells, g.stride
	for i := range len(value) {
		class := g.classes.ascii[value[i]]
		cell := atomic.LoadUint32(&cells[row+uint32(class)])
		if int32(cell) <= 0 {
			if t, cell = g.arrive(t, row, class, cell, hits, work); cell == 0 {
				return false
			}
			cells = t.cells
		}
		row = cell
	}
	return g.finish(t, row, hits, work)
}

// finish takes the last step, by the end of the value.
func (g *group) finish(t *table, row uint32, hits *Hits, work *int) bool {
	class := uint8(g.classes.count)
	cell := atomic.LoadUint32(&t.cells[row+uint32(class)])
	if int32(cell) <= 0 {
		_, cell = g.arrive(t, row, class, cell, hits, work)
	}
	return cell != 0
}

// arrive handles the two rare cells: one that is not known yet, and one where patterns match.
func (g *group) arrive(t *table, row uint32, class uint8, cell uint32, hits *Hits, work *int) (*table, uint32) {
	if cell == 0 {
		if *work--; *work < 0 {
			return t, 0
		}
		t, cell = g.grow(t, row, class)
	}
	if cell&arrives != 0 {
		cell &^= arrives
		for _, id := range t.states[cell/g.stride].hits {
			hits.add(id)
		}
	}
	return t, cell
}
