package automaton

import (
	"encoding/binary"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"
)

// scan runs one value through the automaton and reports each arrival at a state with hits. It gives up, and returns
// false, when the value asks for more new transitions than work allows or when the memory limit allows no further state.
func (g *group) scan(value string, wanted Selection, hits *Hits, work *int) bool {
	if g.classes.bytes {
		return g.scanBytes(value, wanted, hits, work)
	}
	classes := g.classes
	t := g.table.Load()
	cells, row := t.cells, g.stride
	for i := 0; i < len(value); {
		var class uint8
		if b := value[i]; b < utf8.RuneSelf {
			class = classes.ascii[b]
			i++
		} else if class = classes.ofThree(value, i); class != noClass {
			i += 3
			if atomic.LoadUint32(&cells[row+uint32(class)]) == row {
				i = classes.skip(value, i, class)
				continue
			}
		} else {
			var width int
			class, width = classes.beyond(value, i)
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
		} else if gClass, hClass = gClasses.ofThree(value, i), hClasses.ofThree(value, i); gClass != noClass && hClass != noClass {
			i += 3
			if atomic.LoadUint32(&gCells[gRow+uint32(gClass)]) == gRow && atomic.LoadUint32(&hCells[hRow+uint32(hClass)]) == hRow {
				end := gClasses.skip(value, i, gClass)
				i = hClasses.skip(value[:end], i, hClass)
				continue
			}
		} else {
			var width int
			gClass, width = gClasses.beyond(value, i)
			hClass, _ = hClasses.beyond(value, i)
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

// ofThree returns the class of the character at value[i] where it has three bytes, as kana, kanji and full-width forms
// have, or noClass.
func (c *classes) ofThree(value string, i int) uint8 {
	if i+2 >= len(value) {
		return noClass
	}
	b0, b1, b2 := value[i], value[i+1], value[i+2]
	if b0&0xF0 != 0xE0 || b1&0xC0 != 0x80 || b2&0xC0 != 0x80 {
		return noClass
	}
	return c.blocks[uint(c.three[uint(b0&0x0F)<<6|uint(b1&0x3F)])<<6|uint(b2&0x3F)]
}

// skip returns where, from i on, the first character stands that is not of three bytes and of a class: in running
// Japanese nothing happens, and nothing is worth a step.
func (c *classes) skip(value string, i int, class uint8) int {
	for len(value)-i >= 8 {
		x := eightBytes(value, i)
		if x&twoOfThree != areTwoOfThree {
			break
		}
		if c.blocks[uint(c.three[x&15<<6|x>>8&63])<<6|uint(x>>16&63)] != class ||
			c.blocks[uint(c.three[x>>24&15<<6|x>>32&63])<<6|uint(x>>40&63)] != class {
			break
		}
		i += 6
	}
	for i < len(value) && value[i] >= utf8.RuneSelf && c.ofThree(value, i) == class {
		i += 3
	}
	return i
}

const (
	// twoOfThree are the bits that tell that eight bytes begin with two characters of three bytes each.
	twoOfThree    = 0xC0C0F0C0C0F0
	areTwoOfThree = 0x8080E08080E0
)

// eightBytes returns text[i:i+8] as a number, the first byte lowest.
func eightBytes(text string, i int) uint64 {
	return binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(text), len(text))[i:])
}

// scanBytes is scan where each byte is a character. It ends early when all of its patterns that are wanted have matched.
func (g *group) scanBytes(value string, wanted Selection, hits *Hits, work *int) bool {
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
			if g.done(wanted, hits) {
				return true
			}
			cells = t.cells
		}
		row = cell
	}
	return g.finish(t, row, hits, work)
}

// done reports whether nothing more can be found.
func (g *group) done(wanted Selection, hits *Hits) bool {
	for i, members := range g.members {
		if wanted != nil {
			members &= wanted[i]
		}
		if members&^hits.words[i] != 0 {
			return false
		}
	}
	return true
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
