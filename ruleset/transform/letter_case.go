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
	ascii  [128]int16      // what ASCII becomes
	// busy marks the blocks of 64 three-byte characters in which something changes, and those that are no UTF-8.
	busy [1024]bool
}

func newRuneMap(change func(rune) rune) *runeMap {
	m := &runeMap{change: change}
	for r := range rune(128) {
		m.ascii[r] = int16(change(r))
	}
	for r := range rune(0x10000) {
		if r < 0x800 || utf8.RuneLen(r) < 0 || change(r) != r {
			m.busy[r>>6] = true
		}
	}
	return m
}

// quiet reports whether a character of three bytes begins at i and does not change.
func (m *runeMap) quiet(src string, i int) bool {
	return src[i]&0xF0 == 0xE0 && i+2 < len(src) && src[i+1]&0xC0 == 0x80 && src[i+2]&0xC0 == 0x80 &&
		!m.busy[int(src[i]&0x0F)<<6|int(src[i+1]&0x3F)]
}

// find returns where the first byte is that does not stay as it is.
func (m *runeMap) find(src string) int {
	for i := 0; i < len(src); {
		c := src[i]
		if c < utf8.RuneSelf {
			if m.ascii[c] != int16(c) {
				return i
			}
			i++
			continue
		}
		if m.quiet(src, i) {
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(src[i:])
		if r == utf8.RuneError && size == 1 || m.change(r) != r {
			return i
		}
		i += size
	}
	return -1
}

// apply appends src with its characters changed, and reports whether one was dropped, and whether anything differs.
func (m *runeMap) apply(dst []byte, src string, at int) (out []byte, dropped, differs bool) {
	start := 0 // of what was not copied yet
	for i := at; i < len(src); {
		c := src[i]
		if c < utf8.RuneSelf {
			to := m.ascii[c]
			if to != int16(c) {
				dst = append(dst, src[start:i]...)
				if to >= 0 {
					dst = append(dst, byte(to))
				} else {
					dropped = true
				}
				differs = true
				start = i + 1
			}
			i++
			continue
		}
		if m.quiet(src, i) {
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(src[i:])
		to := m.change(r)
		if to != r || r == utf8.RuneError && size == 1 {
			dst = append(dst, src[start:i]...)
			if to >= 0 {
				dst = utf8.AppendRune(dst, to)
			} else {
				dropped = true
			}
			differs = true
			start = i + size
		}
		i += size
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
