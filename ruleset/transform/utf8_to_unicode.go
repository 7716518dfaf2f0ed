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
		if c&0xF0 == 0xE0 && c != 0xE0 && c != 0xED && i+2 < len(src) && src[i+1]&0xC0 == 0x80 && src[i+2]&0xC0 == 0x80 {
			b, d := src[i+1], src[i+2]
			code := uint64(hexPairs[c&15<<4|b>>2&15])<<16 | uint64(hexPairs[b<<6|d&63])<<32
			dst = binary.LittleEndian.AppendUint64(dst, code|'u'<<8|'%')
			dst = dst[:len(dst)-2]
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
