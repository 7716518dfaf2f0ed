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
		// Characters of three bytes, all Japanese ones, are spelled out two at a time, without putting them together.
		if len(src)-i >= 8 {
			if x := eightBytes(src, i); x&twoOfThree == areTwoOfThree && surely(x) && surely(x>>24) {
				if cap(dst)-len(dst) < 14 {
					dst = slices.Grow(dst, 14)
				}
				end := len(dst)
				dst = dst[:end+14]
				binary.LittleEndian.PutUint64(dst[end:], spell(x))
				binary.LittleEndian.PutUint64(dst[end+6:], spell(x>>24))
				dst = dst[:end+12]
				i += 6
				continue
			}
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

// spell returns the six bytes %uXXXX, the first one lowest, for the character whose three bytes x begins with.
func spell(x uint64) uint64 {
	high, low := split(x)
	return uint64(hexPairs[high])<<16 | uint64(hexPairs[low])<<32 | 'u'<<8 | '%'
}

// split returns the two bytes of the code of the character whose three bytes x begins with.
func split(x uint64) (high, low byte) {
	return byte(x&15<<4 | x>>10&15), byte(x>>8&3<<6 | x>>16&63)
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
		if len(src)-i >= 8 {
			if x := eightBytes(src, i); x&twoOfThree == areTwoOfThree && surely(x) && surely(x>>24) {
				high, low := split(x)
				nextHigh, nextLow := split(x >> 24)
				dst = append(dst, percentU[high][low], percentU[nextHigh][nextLow])
				i += 6
				continue
			}
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
