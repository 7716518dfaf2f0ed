package automaton

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// signs is a set of what is neither letter nor digit among the ASCII characters. A text holds some of them, and many an
// expression cannot match without one that most texts lack.
type signs uint64

// beyondASCII is in the signs of a text with any other character.
const beyondASCII signs = 1 << 63

var signOf = func() (table [256]signs) {
	next := 0
	for b := range table {
		switch {
		case b >= utf8.RuneSelf:
			table[b] = beyondASCII
		case '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z':
		default:
			table[b] = 1 << min(next, 62)
			if b != 0x00 && b != 0x01 && b != 0x02 && b != 0x03 { // these count as one, for want of room
				next++
			}
		}
	}
	return table
}()

// signsOf returns the signs of a text.
func signsOf(value string) (all signs) {
	bytes := unsafe.Slice(unsafe.StringData(value), len(value))
	i := 0
	for ; len(bytes)-i >= 8; i += 8 {
		if eightBytes(value, i)&eachHigh == eachHigh {
			all |= beyondASCII
			continue
		}
		b := bytes[i : i+8 : i+8]
		all |= signOf[b[0]] | signOf[b[1]] | signOf[b[2]] | signOf[b[3]] | signOf[b[4]] | signOf[b[5]] | signOf[b[6]] | signOf[b[7]]
	}
	for ; i < len(bytes); i++ {
		all |= signOf[bytes[i]]
	}
	return all
}

const eachHigh = 0x8080808080808080

// rareSigns returns signs of which a text must hold one if it holds one of the words: the rarest one of each word. It is
// 0 where a word has none.
func rareSigns(words []string) (all signs) {
	for _, word := range words {
		rarest, rank := signs(0), 0
		for i := range len(word) {
			if sign := signOf[word[i]]; sign != 0 {
				if r := strings.IndexByte(frequentSigns, word[i]) + 1; rarest == 0 || r == 0 || rank != 0 && r > rank {
					rarest, rank = sign, r
				}
				if rank == 0 {
					break
				}
			}
		}
		if rarest == 0 {
			return 0
		}
		all |= rarest
	}
	return all
}

// frequentSigns are those of ordinary texts, the most frequent one first.
const frequentSigns = " .-,/:=\n\r_\"&?;()'+%<>"

// commonSigns returns a text of two signs or more that each of the words holds, or "".
func commonSigns(words []string) string {
	if len(words) == 0 {
		return ""
	}
	best := ""
	for from := range words[0] {
		for to := from + 2; to <= len(words[0]); to++ {
			text := words[0][from:to]
			if onlySigns(text) && len(text) > len(best) && allHold(words, text) {
				best = text
			}
		}
	}
	return best
}

func onlySigns(text string) bool {
	for i := range len(text) {
		if signOf[text[i]]&^beyondASCII == 0 {
			return false
		}
	}
	return true
}

func allHold(words []string, text string) bool {
	for _, word := range words {
		if !strings.Contains(word, text) {
			return false
		}
	}
	return true
}
