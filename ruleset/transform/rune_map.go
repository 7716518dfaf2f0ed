package transform

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// A runeMap changes single characters. Like strings.Map, it turns bytes that are no UTF-8 into U+FFFD as soon as one
// character of the text is not ASCII.
//
// Nearly all characters of a Japanese text have three bytes and do not change; they are passed over without being put
// together.
type runeMap struct {
	change func(rune) rune // to a negative one: drop it
	small  [0x800]rune     // what change does to characters of one or two bytes
	// bytewise holds what becomes of each byte that is no part of a longer character: up to three bytes, the first one
	// lowest, and how many in the highest byte.
	bytewise [256]uint32
	// moves has a bit for each character of three bytes that changes, and for what looks like one and is no UTF-8.
	moves [1024]uint64
}

func newRuneMap(change func(rune) rune) *runeMap {
	m := &runeMap{change: change}
	for r := range m.small {
		m.small[r] = change(rune(r))
	}
	for b := range m.bytewise {
		m.bytewise[b] = 3<<24 | 0xBDBFEF // U+FFFD
		if b < utf8.RuneSelf {
			m.bytewise[b] = 1<<24 | uint32(byte(m.small[b]))
			if m.small[b] < 0 {
				m.bytewise[b] = 0
			}
		}
	}
	for r := range rune(0x10000) {
		if r < 0x800 || utf8.RuneLen(r) < 0 || change(r) != r {
			m.moves[r>>6] |= 1 << (r & 63)
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
			if x&twoOfThree != areTwoOfThree ||
				(m.moves[x&15<<6|x>>8&63]>>(x>>16&63)|m.moves[x>>24&15<<6|x>>32&63]>>(x>>40&63))&1 != 0 {
				break
			}
			i += 6
		}
		if c = src[i]; c&0xF0 != 0xE0 || len(src)-i < 3 {
			if c < utf8.RuneSelf {
				continue
			}
			return i
		}
		second, third := src[i+1], src[i+2]
		if (second^0x80)|(third^0x80) >= 0x40 || m.moves[int(c&0x0F)<<6|int(second&0x3F)]>>(third&63)&1 != 0 {
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
			dst = appendShort(dst, src[start:i])
			var drop bool
			dst, i, drop = m.applyBytewise(dst, src, i)
			dropped, differs, start = dropped || drop, true, i
			continue
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

// applyBytewise goes on from a byte that is no UTF-8 to where a character of several bytes may begin. What looks like
// noise, such as text that was decoded once too often, is noise for the branch predictor too, so that there is one branch.
func (m *runeMap) applyBytewise(dst []byte, src string, i int) (out []byte, next int, dropped bool) {
	for ; i < len(src); i++ {
		c := src[i]
		if c >= 0xC2 && i+1 < len(src) && src[i+1]&0xC0 == 0x80 {
			r, size := utf8.DecodeRuneInString(src[i:])
			if r != utf8.RuneError || size > 1 {
				break
			}
		}
		to := m.bytewise[c]
		if cap(dst)-len(dst) < 4 {
			dst = slices.Grow(dst, 4)
		}
		end := len(dst)
		dst = dst[:end+4]
		binary.LittleEndian.PutUint32(dst[end:], to)
		dst = dst[:end+int(to>>24)]
		dropped = dropped || to == 0
	}
	return dst, i, dropped
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
