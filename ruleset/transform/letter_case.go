package transform

import (
	"unicode"
	"unicode/utf8"
)

var (
	toLower = newRuneMap(unicode.ToLower)
	toUpper = newRuneMap(unicode.ToUpper)
	noSpace = newRuneMap(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	})
)

func findUpper(src string) int { return toLower.find(src) }
func findLower(src string) int { return toUpper.find(src) }
func findSpace(src string) int { return noSpace.find(src) }

func lowercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toLower.apply(dst, src, at)
	return out, differs
}

func uppercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toUpper.apply(dst, src, at)
	return out, differs
}

// removeWhitespace drops what Unicode calls a space. It does not report that it replaced what is no UTF-8.
func removeWhitespace(dst []byte, src string, at int) ([]byte, bool) {
	out, dropped, _ := noSpace.apply(dst, src, at)
	return out, dropped
}

// uncalm has a bit for each character of three bytes that one of the three above changes, and for what is no character.
var uncalm = func() (moves [1024]uint64) {
	for i := range moves {
		moves[i] = toLower.moves[i] | toUpper.moves[i] | noSpace.moves[i]
	}
	return moves
}()

// calm reports whether what is not ASCII in a text is characters of three bytes that have no letter case and are no
// white space.
func calm(text string) bool {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		for len(text)-i >= 8 {
			x := eightBytes(text, i)
			if x&twoOfThree != areTwoOfThree {
				break
			}
			if (uncalm[x&15<<6|x>>8&63]>>(x>>16&63)|uncalm[x>>24&15<<6|x>>32&63]>>(x>>40&63))&1 != 0 {
				return false
			}
			i += 6
		}
		c := text[i]
		if c < utf8.RuneSelf {
			continue
		}
		if c&0xF0 != 0xE0 || len(text)-i < 3 || text[i+1]&0xC0 != 0x80 || text[i+2]&0xC0 != 0x80 ||
			uncalm[int(c&0x0F)<<6|int(text[i+1]&0x3F)]>>(text[i+2]&63)&1 != 0 {
			return false
		}
		i += 3
	}
	return true
}
