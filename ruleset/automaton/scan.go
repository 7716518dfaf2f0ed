package automaton

import (
	"sync/atomic"
	"unicode/utf8"
)

// scan runs one value through the automaton and reports each arrival at a state with hits. It gives up, and returns
// false, when the value asks for more new transitions than work allows or when the memory limit allows no further state.
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
		} else if page, short := shortRune(value, i); short && classes.page[page] != mixed {
			class = classes.page[page]
			i += 3
		} else {
			r, width := decode(value, i)
			class = classes.find(r)
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

// scanPair is scan for two automata on runes at once. A step waits for the one before it, mostly for memory; two that
// do not wait for each other take hardly longer than one, and the characters are decoded once.
func scanPair(g, h *group, value string, hits *Hits, work *int) bool {
	gClasses, hClasses := g.classes, h.classes
	gTable, hTable := g.table.Load(), h.table.Load()
	gCells, hCells, gRow, hRow := gTable.cells, hTable.cells, g.stride, h.stride
	for i := 0; i < len(value); {
		var gClass, hClass uint8
		if b := value[i]; b < utf8.RuneSelf {
			gClass, hClass = gClasses.ascii[b], hClasses.ascii[b]
			i++
		} else if page, short := shortRune(value, i); short && gClasses.page[page] != mixed && hClasses.page[page] != mixed {
			gClass, hClass = gClasses.page[page], hClasses.page[page]
			i += 3
		} else {
			r, width := decode(value, i)
			gClass, hClass = gClasses.find(r), hClasses.find(r)
			i += width
		}
		gCell := atomic.LoadUint32(&gCells[gRow+uint32(gClass)])
		hCell := atomic.LoadUint32(&hCells[hRow+uint32(hClass)])
		if int32(gCell) <= 0 {
			if gTable, gCell = g.arrive(gTable, gRow, gClass, gCell, hits, work); gCell == 0 {
				return false
			}
			gCells = gTable.cells
		}
		if int32(hCell) <= 0 {
			if hTable, hCell = h.arrive(hTable, hRow, hClass, hCell, hits, work); hCell == 0 {
				return false
			}
			hCells = hTable.cells
		}
		gRow, hRow = gCell, hCell
	}
	return g.finish(gTable, gRow, hits, work) && h.finish(hTable, hRow, hits, work)
}

// scanBytes is scan where each byte is a character.
func (g *group) scanBytes(value string, hits *Hits, work *int) bool {
	t := g.table.Load()
	cells, row := t.cells, g.stride
	ascii := &g.classes.ascii
	for i := g.skip(value); i < len(value); i++ {
		class := ascii[value[i]]
		cell := atomic.LoadUint32(&cells[row+uint32(class)])
		if cell == row {
			continue // most bytes of a rune change nothing: the next load need not wait for this one
		}
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

// skip returns where a scan of bytes may begin: one before the first byte with which a match could begin, for the side
// that it gives to the next. The bytes before lead from the start nowhere.
func (g *group) skip(value string) int {
	for i := range len(value) {
		if g.begins[value[i]] {
			return max(0, i-1)
		}
	}
	return max(0, len(value)-1)
}

// shortRune returns the page of the character at value[i], where it is three bytes long and needs no further check:
// it begins with 0xE1 to 0xEC, 0xEE or 0xEF. So do kana, kanji and full-width forms.
func shortRune(value string, i int) (page uint, ok bool) {
	if i+2 >= len(value) {
		return 0, false
	}
	b0, b1, b2 := value[i], value[i+1], value[i+2]
	return uint(b0&0x0F)<<6 | uint(b1&0x3F), b0 > 0xE0 && b0 < 0xF0 && b0 != 0xED && b1&0xC0 == 0x80 && b2&0xC0 == 0x80
}

// decode returns any character beyond ASCII, U+FFFD for a broken byte.
//
//go:noinline
func decode(value string, i int) (rune, int) { return utf8.DecodeRuneInString(value[i:]) }

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
