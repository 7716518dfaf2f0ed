package transform

import (
	"unicode"
	"unicode/utf8"
)

// A runeMap changes single characters. Like strings.Map, it turns bytes that are no UTF-8 into U+FFFD as soon as one
// character of the text is not ASCII.
//
// Nearly all of a Japanese text is in blocks of Unicode where nothing changes, so that three bytes can be passed over
// without decoding them.
type runeMap struct {
	change func(rune) rune // to a negative one: drop it
	small  [0x800]rune     // what change does to characters of one or two bytes
	// busy marks the blocks of 64 three-byte characters in which something changes, and those that are no UTF-8.
	busy [1024]bool
}

func newRuneMap(change func(rune) rune) *runeMap {
	m := &runeMap{change: change}
	for r := range m.small {
		m.small[r] = change(rune(r))
	}
	for r := range rune(0x10000) {
		if r < 0x800 || utf8.RuneLen(r) < 0 || change(r) != r {
			m.busy[r>>6] = true
		}
	}
	return m
}

// skip returns where, from i on, the first character begins that may not stay as it is.
func (m *runeMap) skip(src string, i int) int {
	for i < len(src) {
		c := src[i]
		if c < utf8.RuneSelf {
			if m.small[c] != rune(c) {
				return i
			}
			i++
			continue
		}
		if c&0xF0 != 0xE0 || len(src)-i < 3 {
			return i
		}
		second, third := src[i+1], src[i+2]
		if (second^0x80)|(third^0x80) >= 0x40 || m.busy[int(c&0x0F)<<6|int(second&0x3F)] {
			return i
		}
		i += 3
	}
	return i
}

// at returns the character at i, how long it is, and what becomes of it. What is no UTF-8 is one byte of U+FFFD.
func (m *runeMap) at(src string, i int) (r rune, size int, to rune) {
	c := src[i]
	switch {
	case c < utf8.RuneSelf:
		return rune(c), 1, m.small[c]
	case c < 0xC2 || i+1 == len(src) || src[i+1]&0xC0 != 0x80:
		return utf8.RuneError, 1, utf8.RuneError
	case c < 0xE0:
		r = rune(c&0x1F)<<6 | rune(src[i+1]&0x3F)
		return r, 2, m.small[r]
	}
	r, size = utf8.DecodeRuneInString(src[i:])
	return r, size, m.change(r)
}

// stays reports whether a character is in the result as it is in the source.
func stays(r rune, size int, to rune) bool { return to == r && (r != utf8.RuneError || size > 1) }

// find returns where the first byte is that does not stay as it is.
func (m *runeMap) find(src string) int {
	for i := m.skip(src, 0); i < len(src); {
		r, size, to := m.at(src, i)
		if !stays(r, size, to) {
			return i
		}
		i = m.skip(src, i+size)
	}
	return -1
}

// apply appends src with its characters changed, and reports whether one was dropped, and whether anything differs.
func (m *runeMap) apply(dst []byte, src string, at int) (out []byte, dropped, differs bool) {
	start := 0 // of what was not copied yet
	for i := at; i < len(src); {
		r, size, to := m.at(src, i)
		if !stays(r, size, to) {
			if start < i {
				dst = append(dst, src[start:i]...)
			}
			switch {
			case to < 0:
				dropped = true
			case to < utf8.RuneSelf:
				dst = append(dst, byte(to))
			default:
				dst = utf8.AppendRune(dst, to)
			}
			differs = true
			start = i + size
		}
		i = m.skip(src, i+size)
	}
	return append(dst, src[start:]...), dropped, differs
}

var (
	toLower = newRuneMap(unicode.ToLower)
	toUpper = newRuneMap(unicode.ToUpper)
	noSpace = newRuneMap(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	})
)

func findUpper(src string) int { return toLower.find(src) }
func findLower(src string) int { return toUpper.find(src) }
func findSpace(src string) int { return noSpace.find(src) }

func lowercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toLower.apply(dst, src, at)
	return out, differs
}

func uppercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toUpper.apply(dst, src, at)
	return out, differs
}

// removeWhitespace drops what Unicode calls a space. It does not report that it replaced what is no UTF-8.
func removeWhitespace(dst []byte, src string, at int) ([]byte, bool) {
	out, dropped, _ := noSpace.apply(dst, src, at)
	return out, dropped
}
