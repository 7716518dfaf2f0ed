package proof

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// squeezed returns @contains for a link that looks at a text in small letters, without its white space, as a function of
// the text as it came; nil where it is another kind of link. Making that text of each page costs several times what
// looking for the word does: it begins with a sign, and behind most of these another word stands.
func squeezed(link *seclang.Link, word string) func(string) bool {
	if link.MultiMatch || len(link.Transformations) == 0 || word == "" || link.Operator.Name != "contains" {
		return nil
	}
	spaces, cases := false, false
	for _, step := range link.Transformations {
		switch strings.ToLower(step) {
		case "removewhitespace":
			spaces = true
		case "lowercase":
			cases = true
		default:
			return nil
		}
	}
	for i := range len(word) {
		if c := word[i]; c >= utf8.RuneSelf || c <= ' ' || c >= 'A' && c <= 'Z' {
			return nil
		}
	}
	if c := word[0]; c >= 'a' && c <= 'z' || !spaces || !cases {
		return nil
	}
	return func(value string) bool {
		for {
			at := strings.IndexByte(value, word[0])
			if at < 0 {
				return false
			}
			if value = value[at+1:]; beginsSqueezed(value, word[1:]) {
				return true
			}
		}
	}
}

// beginsSqueezed reports whether a text begins with a word, letter case and white space apart.
func beginsSqueezed(text, word string) bool {
	for word != "" {
		r, size := utf8.DecodeRuneInString(text)
		if size == 0 {
			return false
		}
		text = text[size:]
		if unicode.IsSpace(r) {
			continue
		}
		if unicode.ToLower(r) != rune(word[0]) {
			return false
		}
		word = word[1:]
	}
	return true
}
