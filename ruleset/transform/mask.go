package transform

import "strings"

// A Mask is a set of bytes.
type Mask [4]uint64

// Has reports whether a byte is in the set.
func (m Mask) Has(b byte) bool { return m[b>>6]&(1<<(b&63)) != 0 }

// Meets reports whether a text has a byte of the set.
func (m Mask) Meets(text string) bool { return m.index(text) >= 0 }

func (m Mask) index(text string) int {
	for i := 0; i < len(text); i++ {
		if m.Has(text[i]) {
			return i
		}
	}
	return -1
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var everyByte = Mask{}.with(0, 255)

func bytesOf(text string) (m Mask) {
	for i := 0; i < len(text); i++ {
		m[text[i]>>6] |= 1 << (text[i] & 63)
	}
	return m
}

func (m Mask) with(low, high int) Mask {
	for b := low; b <= high; b++ {
		m[b>>6] |= 1 << (b & 63)
	}
	return m
}

func (m Mask) without(text string) Mask {
	gone := bytesOf(text)
	for i := range m {
		m[i] &^= gone[i]
	}
	return m
}

// finder returns a function that finds the first byte of the set. For a few bytes it runs at the speed of memory.
func (m Mask) finder() func(string) int {
	var members []byte
	var table [256]bool
	for b := range table {
		if table[b] = m.Has(byte(b)); table[b] {
			members = append(members, byte(b))
		}
	}
	if len(members) == 1 {
		return func(text string) int { return strings.IndexByte(text, members[0]) }
	}
	const near = 64 // further off, many fast searches win over a slow one
	return func(text string) int {
		for i := range min(len(text), near) {
			if table[text[i]] {
				return i
			}
		}
		if len(text) <= near {
			return -1
		}
		if len(members) > 8 {
			for i := near; i < len(text); i++ {
				if table[text[i]] {
					return i
				}
			}
			return -1
		}
		first := -1
		for _, b := range members {
			if i := strings.IndexByte(text, b); i >= 0 {
				first, text = i, text[:i]
			}
		}
		return first
	}
}
