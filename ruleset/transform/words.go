package transform

import "encoding/binary"

// eightBytes reads the eight bytes at i, the first one lowest. There must be as many.
func eightBytes(src string, i int) uint64 {
	return binary.LittleEndian.Uint64(bytesView(src)[i:])
}

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
