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
		for len(src)-i >= 8 {
			x := eightBytes(src, i)
			if x&0xC0C0F0C0C0F0 != 0x8080E08080E0 || m.busy[x&15<<6|x>>8&63] || m.busy[x>>24&15<<6|x>>32&63] {
				break
			}
			i += 6 // two characters of three bytes in quiet blocks
		}
		if c = src[i]; c&0xF0 != 0xE0 || len(src)-i < 3 {
			if c < utf8.RuneSelf {
				continue
			}
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

// find returns where the first byte is that does not stay as it is.
func (m *runeMap) find(src string) int {
	for i := m.skip(src, 0); i < len(src); {
		r, size := utf8.DecodeRuneInString(src[i:])
		if m.change(r) != r || r == utf8.RuneError && size == 1 {
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
		c := src[i]
		r, size, to := rune(c), 1, rune(0)
		switch {
		case c < utf8.RuneSelf:
			if to = m.small[c]; to == r {
				i++
				continue
			}
		case c < 0xC2 || i+1 == len(src) || src[i+1]&0xC0 != 0x80:
			r, to = utf8.RuneError, utf8.RuneError
		case c < 0xE0:
			r, size = rune(c&0x1F)<<6|rune(src[i+1]&0x3F), 2
			to = m.small[r]
		default:
			if next := m.skip(src, i); next > i {
				i = next
				continue
			}
			r, size = utf8.DecodeRuneInString(src[i:])
			to = m.change(r)
		}
		if to == r && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = appendShort(dst, src[start:i])
		switch {
		case to < 0:
			dropped = true
		case to < utf8.RuneSelf:
			dst = append(dst, byte(to))
		case to == utf8.RuneError:
			dst = append(dst, 0xEF, 0xBF, 0xBD)
		default:
			dst = utf8.AppendRune(dst, to)
		}
		differs = true
		i += size
		start = i
	}
	return append(dst, src[start:]...), dropped, differs
}

// appendShort appends what is often a byte or two, for which a call to copy them costs more than they do.
func appendShort(dst []byte, text string) []byte {
	if len(text) > 8 {
		return append(dst, text...)
	}
	for i := range len(text) {
		dst = append(dst, text[i])
	}
	return dst
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
