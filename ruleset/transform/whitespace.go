package transform

import (
	"strings"
	"unicode/utf8"
)

// spaceLead marks the bytes that white space of Latin-1 can begin with: one of ASCII, C2 for U+0085 and U+00A0 in UTF-8,
// and A0, which counts where it is no part of a character.
var spaceLead = func() (table [256]bool) {
	for _, c := range []byte("\t\n\v\f\r \xC2\xA0") {
		table[c] = true
	}
	return table
}()

// nextSpace returns where, from i on, the next white space begins and how long it is, or len(src) and 0.
func nextSpace(src string, i int) (at, length int) {
	for ; i < len(src); i++ {
		c := src[i]
		if !spaceLead[c] {
			for c >= utf8.RuneSelf && len(src)-i > 8 {
				x := eightBytes(src, i+1)
				if x&eachHigh != eachHigh || holds(x, 0xA0) || holds(x, 0xC2) {
					break
				}
				i += 8
			}
			continue
		}
		switch {
		case c < utf8.RuneSelf:
			return i, 1
		case c == 0xA0:
			if !insideCharacter(src, i) {
				return i, 1
			}
		case i+1 < len(src) && (src[i+1] == 0x85 || src[i+1] == 0xA0):
			return i, 2
		}
	}
	return len(src), 0
}

// insideCharacter reports whether byte i belongs to a character of UTF-8 that begins before it. A byte that can begin
// one is never part of another, so that a look at the three before is enough.
func insideCharacter(src string, i int) bool {
	for first := i - 1; first >= 0 && first >= i-3; first-- {
		if utf8.RuneStart(src[first]) {
			_, size := utf8.DecodeRuneInString(src[first:])
			return first+size > i
		}
	}
	return false
}

// findCompressible looks for white space that is not one single blank.
func findCompressible(src string) int {
	end := -1 // of the blank before
	for i, n := nextSpace(src, 0); n > 0; i, n = nextSpace(src, i+n) {
		if i == end {
			return i - 1
		}
		if src[i] != ' ' {
			return i
		}
		end = i + 1
	}
	return -1
}

// compressWhitespace makes one blank of each run of white space.
func compressWhitespace(dst []byte, src string, at int) ([]byte, bool) {
	changed := false
	start, end := 0, -1 // of what was not copied yet, and of the white space before
	for i, n := nextSpace(src, at); n > 0; i, n = nextSpace(src, i+n) {
		if i == end || src[i] != ' ' {
			dst = append(dst, src[start:i]...)
			if i != end {
				dst = append(dst, ' ')
			}
			start, changed = i+n, true
		}
		end = i + n
	}
	return append(dst, src[start:]...), changed
}

const trimmed = " \t\n\r\f\v"

func trim(dst []byte, src string, _ int) ([]byte, bool) {
	out := strings.Trim(src, trimmed)
	return append(dst, out...), len(out) != len(src)
}

func trimLeft(dst []byte, src string, _ int) ([]byte, bool) {
	out := strings.TrimLeft(src, trimmed)
	return append(dst, out...), len(out) != len(src)
}

func trimRight(dst []byte, src string, _ int) ([]byte, bool) {
	out := strings.TrimRight(src, trimmed)
	return append(dst, out...), len(out) != len(src)
}

func removeNulls(dst []byte, src string, at int) ([]byte, bool) {
	for ; at >= 0; at = strings.IndexByte(src, 0) {
		dst = append(dst, src[:at]...)
		src = src[at+1:]
	}
	return append(dst, src...), true
}

func replaceNulls(dst []byte, src string, at int) ([]byte, bool) {
	for ; at >= 0; at = strings.IndexByte(src, 0) {
		dst = append(dst, src[:at]...)
		dst = append(dst, ' ')
		src = src[at+1:]
	}
	return append(dst, src...), true
}
