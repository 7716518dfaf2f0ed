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
	page    [1024]uint8 // class of the 64 three-byte runes that share their first ten bits, or mixed
	from    []rune      // the first rune of each stretch beyond ASCII, ascending
	class   []uint8     // and its class
	invalid uint8       // class of U+FFFD, for which each broken byte stands
	side    []uint8     // what each class is to the position before and after it
	members [][]uint64  // for each set of the program, a bit for each of its classes
	count   int         // classes, the end of the value not counted
}

// mixed marks a page whose runes are of several classes; so no class has this number.
const mixed = 0xFF

// maxClasses leaves one column for the end and the number that marks mixed pages.
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
	signature := make([]byte, len(p.sets)+1)
	known := map[string]uint8{}
	for i, first := range cuts {
		last := limit
		if i+1 < len(cuts) {
			last = cuts[i+1] - 1
		}
		signature[len(p.sets)] = sideOf(first)
		for n, set := range p.sets {
			signature[n] = 0
			if holds(set, first) {
				signature[n] = 1
			}
		}
		class, seen := known[string(signature)]
		if !seen {
			if c.count == maxClasses {
				return nil, false
			}
			class = uint8(c.count)
			known[string(signature)] = class
			c.count++
			c.side = append(c.side, sideOf(first))
			for n := range p.sets {
				if signature[n] == 1 {
					c.members[n][class/64] |= 1 << (class % 64)
				}
			}
		}
		c.assign(first, last, class)
	}
	c.side = append(c.side, sideText)
	if !bytes {
		c.fillPages()
		c.invalid = c.find(utf8.RuneError)
	}
	return c, true
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

func (c *classes) fillPages() {
	for page := range c.page {
		first := rune(page) << 6
		if first < utf8.RuneSelf {
			c.page[page] = mixed // never asked for: these runes have shorter forms
			continue
		}
		c.page[page] = c.find(first)
		for r := first + 1; r < first+64; r++ {
			if c.find(r) != c.page[page] {
				c.page[page] = mixed
				break
			}
		}
	}
}

// find returns the class of a rune beyond ASCII.
func (c *classes) find(r rune) uint8 {
	i, exact := slices.BinarySearch(c.from, r)
	if !exact {
		i--
	}
	return c.class[i]
}

// next returns the class of the character that begins at value[i], a byte beyond ASCII, and its length. Kana and most
// kanji, three bytes that begin with 0xE1 to 0xEC or 0xEE and 0xEF, take the short way.
func (c *classes) next(value string, i int) (class uint8, width int) {
	if i+2 < len(value) {
		b0, b1, b2 := value[i], value[i+1], value[i+2]
		if b0 > 0xE0 && b0 < 0xF0 && b0 != 0xED && b1&0xC0 == 0x80 && b2&0xC0 == 0x80 {
			if class := c.page[uint(b0&0x0F)<<6|uint(b1&0x3F)]; class != mixed {
				return class, 3
			}
		}
	}
	return c.decode(value, i)
}

func (c *classes) decode(value string, i int) (class uint8, width int) {
	r, width := utf8.DecodeRuneInString(value[i:])
	if r == utf8.RuneError {
		return c.invalid, width
	}
	return c.find(r), width
}
