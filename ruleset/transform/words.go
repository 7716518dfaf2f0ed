package transform

import "encoding/binary"

// eightBytes reads the eight bytes at i, the first one lowest. There must be as many.
func eightBytes(src string, i int) uint64 {
	return binary.LittleEndian.Uint64(bytesView(src)[i:])
}

// Of eight bytes, the first six are two characters of three bytes, or look like them, if those bits are these.
const (
	twoOfThree    = 0xC0C0F0C0C0F0
	areTwoOfThree = 0x8080E08080E0
)

// surely reports whether what looks like a character of three bytes is one, by its first byte: E0 may begin a longer form
// than needed, and ED a surrogate.
func surely(first uint64) bool { return first&15 != 0 && first&15 != 13 }

const eachHigh = 0x8080808080808080 // the high bit of each byte

// skipHigh returns where, from i on, the first byte below 0x80 is, or comes within eight bytes.
func skipHigh(src string, i int) int {
	for len(src)-i >= 8 && eightBytes(src, i)&eachHigh == eachHigh {
		i += 8
	}
	return i
}

const eachLow = 0x0101010101010101 // the low bit of each byte

// holds reports whether one of eight bytes is c.
func holds(x uint64, c byte) bool {
	x ^= eachLow * uint64(c)
	return (x-eachLow)&^x&eachHigh != 0
}
