package automaton

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// LacksWords reports that each pattern of a selection needs a word that a text does not hold, not even if white space
// and zeros within the word do not count. None of them then matches the text, or what is left of it when any white space
// and zeros have been taken away and capitals have become small letters.
func (s *Set) LacksWords(text string, wanted Selection) bool {
	if !s.filtered.holds(wanted) {
		return false
	}
	for id, words := range s.words {
		if !wanted.has(id) {
			continue
		}
		for _, word := range words {
			if holdsSqueezed(text, word) {
				return false
			}
		}
	}
	return true
}

// holdsSqueezed reports whether a text holds a word in small letters, letter case, white space and zeros apart. It looks
// where the word's rarest byte stands.
func holdsSqueezed(text, word string) bool {
	at := 0
	for i := range len(word) {
		if rareness(word[i]) > rareness(word[at]) {
			at = i
		}
	}
	if c := word[at]; c >= 'a' && c <= 'z' {
		// Only these have other forms beyond ASCII, and are no anchors in a text that has these forms.
		if form := formOf(c); form != "" && strings.Contains(text, form) {
			return true
		}
		return standsAt(text, word, at, c) || standsAt(text, word, at, c-'a'+'A')
	}
	return standsAt(text, word, at, word[at])
}

func formOf(c byte) string {
	switch c {
	case 'i':
		return "\u0130"
	case 'k':
		return "\u212a"
	case 's':
		return "\u017f"
	}
	return ""
}

// standsAt looks for a word at each place of one of its bytes.
func standsAt(text, word string, at int, anchor byte) bool {
	for from := 0; ; {
		next := strings.IndexByte(text[from:], anchor)
		if next < 0 {
			return false
		}
		from += next
		if endsSqueezed(text[:from], word[:at]) && beginsSqueezed(text[from+1:], word[at+1:]) {
			return true
		}
		from++
	}
}

func beginsSqueezed(text, word string) bool {
	for word != "" {
		r, size := utf8.DecodeRuneInString(text)
		if size == 0 {
			return false
		}
		text = text[size:]
		switch {
		case isLetter(r, word[0]):
			word = word[1:]
		case r != 0 && !unicode.IsSpace(r):
			return false
		}
	}
	return true
}

func endsSqueezed(text, word string) bool {
	for word != "" {
		r, size := utf8.DecodeLastRuneInString(text)
		if size == 0 {
			return false
		}
		text = text[:len(text)-size]
		switch {
		case isLetter(r, word[len(word)-1]):
			word = word[:len(word)-1]
		case r != 0 && !unicode.IsSpace(r):
			return false
		}
	}
	return true
}

// isLetter reports whether a character may stand for one of a word.
func isLetter(r rune, c byte) bool { return unicode.ToLower(r) == rune(c) || r == '\u017F' && c == 's' }
