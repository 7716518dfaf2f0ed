package transform

import (
	"encoding/binary"
	"slices"
	"strconv"
	"unicode/utf8"
)

// hexPairs holds the two hexadecimal digits of each byte, as they stand in memory.
var hexPairs = func() (table [256]uint16) {
	const digits = "0123456789abcdef"
	for i := range table {
		table[i] = uint16(digits[i>>4]) | uint16(digits[i&15])<<8
	}
	return table
}()

// utf8ToUnicode writes each character that is not ASCII as %uXXXX; what is no UTF-8 counts as U+FFFD.
func utf8ToUnicode(dst []byte, src string, at int) ([]byte, bool) {
	dst = slices.Grow(dst, at+2*(len(src)-at)+8) // what Japanese text becomes
	dst = append(dst, src[:at]...)
	for i := at; i < len(src); {
		c := src[i]
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			i++
			continue
		}
		// Characters of three bytes, all Japanese ones, are spelled out without putting them together first.
		if plainThree(src, i) {
			b, d := src[i+1], src[i+2]
			code := uint64(hexPairs[c&15<<4|b>>2&15])<<16 | uint64(hexPairs[b<<6|d&63])<<32
			if len(dst)+8 > cap(dst) {
				dst = slices.Grow(dst, 8)
			}
			end := len(dst)
			dst = dst[:end+8]
			binary.LittleEndian.PutUint64(dst[end:], code|'u'<<8|'%')
			dst = dst[:end+6]
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(src[i:])
		dst = append(dst, '%', 'u')
		for limit := rune(0x1000); limit > 1 && r < limit; limit >>= 4 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendUint(dst, uint64(r), 16)
		i += size
	}
	return dst, true
}

// plainThree reports whether a character of three bytes stands at i, and takes no for an answer where that needs a closer
// look.
func plainThree(src string, i int) bool {
	return len(src)-i >= 3 && src[i]&0xF0 == 0xE0 && src[i] != 0xE0 && src[i] != 0xED &&
		(src[i+1]^0x80)|(src[i+2]^0x80) < 0x40
}

// urlDecodeUnicode appends what urlDecodeUni makes of what utf8ToUnicode makes of src, without reading that: it is twice
// as long. A code that utf8ToUnicode writes begins with %, which ends whatever stands before it, and is always whole, so
// that it can be decoded on its own.
func urlDecodeUnicode(dst []byte, src string) []byte {
	const digits = "0123456789abcdef"
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			end := i + 1
			for end < len(src) && src[end] < utf8.RuneSelf {
				end++
			}
			dst, _ = urlDecodeUni(dst, src[i:end], 0)
			i = end
			continue
		}
		if plainThree(src, i) {
			high, low := src[i]&15<<4|src[i+1]>>2&15, src[i+1]<<6|src[i+2]&63
			dst = append(dst, percentU[high][low])
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(src[i:])
		switch { // the code ends after four digits; a fifth and sixth stay
		case r > 0xFFFFF:
			dst = append(dst, percentU[r>>16][r>>8&0xFF], digits[r>>4&15], digits[r&15])
		case r > 0xFFFF:
			dst = append(dst, percentU[r>>12][r>>4&0xFF], digits[r&15])
		default:
			dst = append(dst, percentU[r>>8][r&0xFF])
		}
		i += size
	}
	return dst
}
