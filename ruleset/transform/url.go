package transform

import (
	_ "embed"
	"strconv"
	"strings"
)

// bestFit says, for each ASCII character, which code points of %uXXXX Windows takes for it (code page 20127), besides
// full-width ASCII. A code point that is not listed counts by its low byte.
//
//go:embed bestfit.txt
var bestFit string

// percentU holds what each %uXXXX becomes, by high and low byte of the code. Most high bytes share one page.
var percentU = func() (pages [256]*[256]byte) {
	plain := new([256]byte)
	for i := range plain {
		plain[i] = byte(i)
	}
	for i := range pages {
		pages[i] = plain
	}
	put := func(code int, c byte) {
		if pages[code>>8] == plain {
			own := *plain
			pages[code>>8] = &own
		}
		pages[code>>8][code&0xFF] = c
	}
	for low := range 0x100 {
		put(0xFF00|low, lowByte(0xFF00|low))
	}
	for line := range strings.Lines(bestFit) {
		words := strings.Fields(line)
		c := words[0][0]
		if words[0] == "SP" {
			c = ' '
		}
		for _, span := range words[1:] {
			first, last, ranged := strings.Cut(span, "-")
			if !ranged {
				last = first
			}
			for code := mustHex(first); code <= mustHex(last); code++ {
				put(code, c)
			}
		}
	}
	return pages
}()

// mustHex reads a number of a file that is part of the program.
func mustHex(text string) int {
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		panic(err)
	}
	return int(n)
}

// hex2 reads two hexadecimal digits.
func hex2(high, low byte) (byte, bool) {
	h, l := hexValue[high], hexValue[low]
	return byte(h)<<4 | byte(l), h >= 0 && l >= 0
}

// urlDecodeUni decodes %HH, %uHHHH and +. What is no code stays.
func urlDecodeUni(dst []byte, src string, at int) ([]byte, bool) {
	changed := false
	start := 0 // of what was not copied yet
	for i := at; i < len(src); {
		switch src[i] {
		case '+':
			dst = append(dst, src[start:i]...)
			dst = append(dst, ' ')
			i++
			start, changed = i, true
		case '%':
			code := src[i+1:]
			if len(code) >= 5 && code[0]|caseStep == 'u' {
				high, ok := hex2(code[1], code[2])
				low, also := hex2(code[3], code[4])
				if ok && also {
					if start < i {
						dst = append(dst, src[start:i]...)
					}
					dst = append(dst, percentU[high][low])
					i += 6
					start, changed = i, true
					continue
				}
			} else if len(code) >= 2 {
				if c, ok := hex2(code[0], code[1]); ok {
					if start < i {
						dst = append(dst, src[start:i]...)
					}
					dst = append(dst, c)
					i += 3
					start, changed = i, true
					continue
				}
			}
			i++
		default:
			i++
		}
	}
	return append(dst, src[start:]...), changed
}

// urlDecode decodes %HH and +. What is no code stays, and is reported as a change nevertheless.
func urlDecode(dst []byte, src string, at int) ([]byte, bool) {
	start := 0
	for i := at; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '+':
			dst = append(dst, src[start:i]...)
			dst = append(dst, ' ')
			start = i + 1
		case c == '%' && i+2 < len(src):
			if c, ok := hex2(src[i+1], src[i+2]); ok {
				dst = append(dst, src[start:i]...)
				dst = append(dst, c)
				i += 2
				start = i + 1
			}
		}
	}
	return append(dst, src[start:]...), true
}

// urlEncode leaves letters, digits and * alone, and makes + of a blank.
func urlEncode(dst []byte, src string, at int) ([]byte, bool) {
	const digits = "0123456789abcdef"
	dst = append(dst, src[:at]...)
	for i := at; i < len(src); i++ {
		switch c := src[i]; {
		case c == ' ':
			dst = append(dst, '+')
		case c == '*' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst, true
}
