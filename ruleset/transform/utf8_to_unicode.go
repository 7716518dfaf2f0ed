package transform

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// utf8ToUnicode writes each character that is not ASCII as %uXXXX; what is no UTF-8 counts as U+FFFD.
func utf8ToUnicode(dst []byte, src string, at int) ([]byte, bool) {
	const digits = "0123456789abcdef"
	dst = append(dst, src[:at]...)
	dst = slices.Grow(dst, 2*(len(src)-at)) // what Japanese text becomes
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
			dst = append(dst, '%', 'u', digits[c&15], digits[b>>2&15], digits[b&3<<2|d>>4&3], digits[d&15])
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
