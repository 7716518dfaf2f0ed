package transform

import (
	"strings"
	"unicode/utf8"
)

// latinSpace is the length of the white space that src begins with: one of Latin-1, in UTF-8, or a lone 0xA0.
func latinSpace(src string) int {
	switch c := src[0]; {
	case c == ' ' || '\t' <= c && c <= '\r' || c == 0xA0:
		return 1
	case c == 0xC2 && len(src) > 1 && (src[1] == 0x85 || src[1] == 0xA0):
		return 2
	}
	return 0
}

// findCompressible looks for white space that is not one single blank.
func findCompressible(src string) int {
	blank := false // the byte before was a blank
	for i := 0; i < len(src); {
		c := src[i]
		if c > ' ' && c < utf8.RuneSelf {
			blank = false
			i++
			continue
		}
		n := latinSpace(src[i:])
		if n > 0 && (c != ' ' || blank) {
			if blank {
				i--
			}
			return i
		}
		blank = n > 0
		i += runeLength(src[i:])
	}
	return -1
}

// compressWhitespace makes one blank of each run of white space.
func compressWhitespace(dst []byte, src string, at int) ([]byte, bool) {
	dst = append(dst, src[:at]...)
	changed, inside := false, false
	start := at
	for i := at; i < len(src); {
		c := src[i]
		if c > ' ' && c < utf8.RuneSelf {
			inside = false
			i++
			continue
		}
		n := latinSpace(src[i:])
		if n == 0 {
			inside = false
			i += runeLength(src[i:])
			continue
		}
		if inside || c != ' ' {
			changed = true
			dst = append(dst, src[start:i]...)
			start = i + n
			if !inside {
				dst = append(dst, ' ')
			}
		}
		inside = true
		i += n
	}
	return append(dst, src[start:]...), changed
}

// runeLength is the length of the character that src begins with: 1 for what is no UTF-8.
func runeLength(src string) int {
	if src[0] < utf8.RuneSelf {
		return 1
	}
	if src[0]&0xF0 == 0xE0 && src[0] != 0xE0 && src[0] != 0xED && len(src) > 2 && src[1]&0xC0 == 0x80 && src[2]&0xC0 == 0x80 {
		return 3
	}
	_, size := utf8.DecodeRuneInString(src)
	return size
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
