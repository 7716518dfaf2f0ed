package transform

import (
	"strings"
	"unicode/utf8"
)

// hexValue holds the value of each hexadecimal digit, or -1.
var hexValue = func() (table [256]int8) {
	for i := range table {
		table[i] = -1
	}
	for i := range byte(10) {
		table['0'+i] = int8(i)
	}
	for i := range byte(6) {
		table['a'+i], table['A'+i] = int8(10+i), int8(10+i)
	}
	return table
}()

// hexDigits reads the hexadecimal digits that text begins with, most at the most.
func hexDigits(text string, most int) (value, count int) {
	for count < most && count < len(text) && hexValue[text[count]] >= 0 {
		value = value<<4 | int(hexValue[text[count]])
		count++
	}
	return value, count
}

// octalDigits reads the octal digits that text begins with, most at the most.
func octalDigits(text string, most int) (value, count int) {
	for count < most && count < len(text) && text[count]&^7 == '0' {
		value = value<<3 | int(text[count]&7)
		count++
	}
	return value, count
}

// control holds what the letters of \a, \b, ... stand for; of any other byte, itself.
var control = func() (table [256]byte) {
	for i := range table {
		table[i] = byte(i)
	}
	for i, c := range []byte("abtnvfr") { // BEL, BS, HT, LF, VT, FF, CR are 7 to 13
		table[c] = byte(7 + i)
	}
	return table
}()

// unescape copies src and lets decode handle what stands behind each backslash: it appends what that means, and returns
// how many bytes of it were used. A backslash at the end is handed over too, as the empty text.
func unescape(dst []byte, src string, at int, decode func(dst []byte, behind string) ([]byte, int)) []byte {
	for at >= 0 {
		dst = append(dst, src[:at]...)
		used := 0
		dst, used = decode(dst, src[at+1:])
		src = src[at+1+used:]
		at = strings.IndexByte(src, '\\')
	}
	return append(dst, src...)
}

func escapeSeqDecode(dst []byte, src string, at int) ([]byte, bool) {
	// A lone backslash at the end stays, and is then no change.
	return unescape(dst, src, at, ansiEscape), at < len(src)-1
}

// ansiEscape decodes \n and the like, \xHH and up to three octal digits, of which the low byte counts. The backslash
// before anything else goes.
func ansiEscape(dst []byte, behind string) ([]byte, int) {
	if behind == "" {
		return append(dst, '\\'), 0
	}
	if behind[0]|caseStep == 'x' {
		if value, count := hexDigits(behind[1:], 2); count == 2 {
			return append(dst, byte(value)), 3
		}
	}
	if value, count := octalDigits(behind, 3); count > 0 {
		return append(dst, byte(value)), count
	}
	return append(dst, control[behind[0]]), 1
}

func jsDecode(dst []byte, src string, at int) ([]byte, bool) {
	return unescape(dst, src, at, jsEscape), at < len(src)-1
}

// jsEscape decodes the escapes of JavaScript. Of a code point the low byte counts; full-width ASCII becomes ASCII.
func jsEscape(dst []byte, behind string) ([]byte, int) {
	if behind == "" {
		return append(dst, '\\'), 0
	}
	switch behind[0] {
	case 'u':
		if len(behind) > 1 && behind[1] == '{' {
			if code, count := hexDigits(behind[2:], 6); count > 0 && len(behind) > 2+count && behind[2+count] == '}' {
				c := byte(code)
				if 0xFF01 <= code && code <= 0xFF5E {
					c += 0x20
				}
				return append(dst, c), count + 3
			}
		}
		if code, count := hexDigits(behind[1:], 4); count == 4 {
			return append(dst, lowByte(code)), 5
		}
	case 'x':
		if value, count := hexDigits(behind[1:], 2); count == 2 {
			return append(dst, byte(value)), 3
		}
	case '0', '1', '2', '3', '4', '5', '6', '7':
		most := 3
		if behind[0] > '3' {
			most = 2 // \400 and more would not fit into a byte
		}
		value, count := octalDigits(behind, most)
		return append(dst, byte(value)), count
	}
	return append(dst, control[behind[0]]), 1
}

// lowByte is the low byte of a code of four digits, or the ASCII character of a full-width one.
func lowByte(code int) byte {
	c := byte(code)
	if code>>8 == 0xFF && c > 0 && c < 0x5F {
		c += 0x20
	}
	return c
}

func cssDecode(dst []byte, src string, at int) ([]byte, bool) {
	return unescape(dst, src, at, cssEscape), true
}

// cssEscape decodes a code point of one to six digits, with the white space that may end it, and drops an escaped line
// end. The backslash before anything else goes, at the end too.
func cssEscape(dst []byte, behind string) ([]byte, int) {
	if behind == "" {
		return dst, 0
	}
	code, count := hexDigits(behind, 6)
	if count == 0 {
		if behind[0] == '\n' {
			return dst, 1
		}
		return append(dst, behind[0]), 1
	}
	switch {
	case code == 0:
		code = utf8.RuneError
	case 0xFF01 <= code && code <= 0xFF5E:
		code -= 0xFEE0
	}
	dst = utf8.AppendRune(dst, rune(code))
	if count < len(behind) && strings.IndexByte(trimmed, behind[count]) >= 0 {
		count++
	}
	return dst, count
}
