package automaton

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// What stands beside a position matters to assertions only as one of these sides.
const (
	sideOther uint8 = iota
	sideWord
	sideNewline
	sideText // the beginning or the end of the value
	sides
)

// classes is a partition of all characters into those that no expression of a program tells apart. A table row has one
// column for each class, and one more for the end of the value.
type classes struct {
	bytes   bool        // characters are bytes; else runes
	ascii   [256]uint8  // class of each byte below utf8.RuneSelf, or of every byte
	two     [32]uint8   // block of the 64 two-byte runes that share their first five bits
	three   [1024]uint8 // block of the 64 three-byte runes that share their first ten bits
	blocks  []uint8     // class of each rune of each block, 64 to a block; the first one holds none
	broken  uint8       // class of a byte that is not UTF-8
	from    []rune      // the first rune of each stretch beyond ASCII, ascending
	class   []uint8     // and its class
	side    []uint8     // what each class is to the position before and after it
	members [][]uint64  // for each set of the program, a bit for each of its classes
	count   int         // classes, the end of the value not counted
}

// noClass stands in blocks for runes whose class has to be looked up; so no class has this number.
const noClass = 0xFF

// maxClasses leaves one column for the end, and noClass.
const maxClasses = 0xFE

// partition computes the classes of a program; ok is false where there are more than a table can have.
func partition(p *program, bytes bool) (c *classes, ok bool) {
	cuts := []rune{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, utf8.RuneSelf}
	for _, set := range p.sets {
		for i := 0; i < len(set); i += 2 {
			cuts = append(cuts, set[i], set[i+1]+1)
		}
	}
	limit := rune(unicode.MaxRune)
	if bytes {
		limit = 0xFF
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	cuts = slices.DeleteFunc(cuts, func(r rune) bool { return r > limit })

	c = &classes{bytes: bytes, members: make([][]uint64, len(p.sets))}
	for i := range c.members {
		c.members[i] = make([]uint64, 4)
	}
	known := map[string]uint8{}
	for _, r := range frequent {
		if _, ok := c.classOf(r, p.sets, known); !ok {
			return nil, false
		}
	}
	for i, first := range cuts {
		last := limit
		if i+1 < len(cuts) {
			last = cuts[i+1] - 1
		}
		class, ok := c.classOf(first, p.sets, known)
		if !ok {
			return nil, false
		}
		c.assign(first, last, class)
	}
	c.side = append(c.side, sideText)
	if !bytes {
		c.fillBlocks()
	}
	return c, true
}

// frequent characters get their classes first, so that the columns that are used most share cache lines.
const frequent = "etaoinsrhldcumpfgwybvkxjqz 0123456789-./=_"

// classOf returns the class of a rune, a new one where no rune before was in the same sets.
func (c *classes) classOf(r rune, sets [][]rune, known map[string]uint8) (class uint8, ok bool) {
	signature := make([]byte, len(sets)+1)
	signature[len(sets)] = sideOf(r)
	for n, set := range sets {
		if holds(set, r) {
			signature[n] = 1
		}
	}
	if class, seen := known[string(signature)]; seen {
		return class, true
	}
	if c.count == maxClasses {
		return 0, false
	}
	class = uint8(c.count)
	known[string(signature)] = class
	c.count++
	c.side = append(c.side, sideOf(r))
	for n := range sets {
		if signature[n] == 1 {
			c.members[n][class/64] |= 1 << (class % 64)
		}
	}
	return class, true
}

func holds(set []rune, r rune) bool {
	for i := 0; i < len(set); i += 2 {
		if set[i] <= r && r <= set[i+1] {
			return true
		}
	}
	return false
}

func sideOf(r rune) uint8 {
	switch {
	case r == '\n':
		return sideNewline
	case '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || r == '_' || 'a' <= r && r <= 'z':
		return sideWord
	}
	return sideOther
}

func (c *classes) assign(first, last rune, class uint8) {
	for r := first; r <= last && r < rune(len(c.ascii)); r++ {
		c.ascii[r] = class
	}
	if last >= utf8.RuneSelf {
		c.from = append(c.from, max(first, utf8.RuneSelf))
		c.class = append(c.class, class)
	}
}

// fillBlocks makes the tables of runes of two and three bytes. Blocks that are alike are one.
func (c *classes) fillBlocks() {
	c.broken = c.find(utf8.RuneError)
	c.blocks = slices.Repeat([]uint8{noClass}, 64)
	known := map[[64]uint8]uint8{}
	stretch := 0
	for page := 2; page < len(c.three); page++ {
		var block [64]uint8
		for i := range block {
			r := rune(page)<<6 | rune(i)
			for stretch+1 < len(c.from) && c.from[stretch+1] <= r {
				stretch++
			}
			block[i] = c.class[stretch]
		}
		number, seen := known[block]
		switch {
		case page<<6 >= 0xD800 && page<<6 < 0xE000:
			continue // surrogates are no characters
		case !seen && len(known) == 0xFF:
			continue // more different ones than a text holds
		case !seen:
			number = uint8(len(known) + 1)
			known[block] = number
			c.blocks = append(c.blocks, block[:]...)
		}
		if page < len(c.two) {
			c.two[page] = number
		} else {
			c.three[page] = number
		}
	}
}

// beyond returns the class and the length of the character beyond ASCII at value[i], U+FFFD for a broken byte.
func (c *classes) beyond(value string, i int) (class uint8, width int) {
	b := value[i]
	if i+1 == len(value) || value[i+1]&0xC0 != 0x80 || b < 0xC2 {
		return c.broken, 1
	}
	if b < 0xE0 {
		if class = c.blocks[uint(c.two[b&0x1F])<<6|uint(value[i+1]&0x3F)]; class != noClass {
			return class, 2
		}
	}
	r, width := utf8.DecodeRuneInString(value[i:])
	return c.find(r), width
}

// find returns the class of a rune beyond ASCII.
func (c *classes) find(r rune) uint8 {
	i, exact := slices.BinarySearch(c.from, r)
	if !exact {
		i--
	}
	return c.class[i]
}
