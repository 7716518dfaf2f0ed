package automaton

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// literal returns a tree that matches text byte for byte, or with either case of each ASCII letter. The second result
// tells that the text can only be found among bytes: it is no UTF-8, or it holds U+FFFD, which as a rune would also
// stand for every broken byte. All other text begins and ends between runes wherever it occurs.
func literal(text string, fold bool) (*syntax.Regexp, bool) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return rawLiteral(text, fold), true
	}
	return sequence([]rune(text), fold), false
}

func rawLiteral(text string, fold bool) *syntax.Regexp {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return sequence(runes, fold)
}

func sequence(runes []rune, fold bool) *syntax.Regexp {
	re := leaf(syntax.OpConcat)
	for _, r := range runes {
		one := &syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{r, r}}
		if lower := r | 0x20; fold && 'a' <= lower && lower <= 'z' {
			one.Rune = []rune{lower - 0x20, lower - 0x20, lower, lower}
		}
		re.Sub = append(re.Sub, one)
	}
	if len(re.Sub) == 0 {
		return leaf(syntax.OpEmptyMatch)
	}
	return re
}

// manyRunes is the number of characters beyond ASCII from which on a list of phrases is searched for among bytes: a
// table has no column for each kanji of a long list.
const manyRunes = 64

// phrases returns a tree that matches each of the words in either case of ASCII; all of them are bytes where one is.
func phrases(words []string) (tree *syntax.Regexp, bytes bool) {
	runes := map[rune]bool{}
	trees := make([]*syntax.Regexp, len(words))
	for i, word := range words {
		var raw bool
		trees[i], raw = literal(word, true)
		bytes = bytes || raw
		for _, r := range word {
			if r >= utf8.RuneSelf {
				runes[r] = true
			}
		}
	}
	if bytes = bytes || len(runes) > manyRunes; bytes {
		for i, word := range words {
			trees[i] = rawLiteral(word, true)
		}
	}
	return trie(trees), bytes
}

// trie joins literals so that words with a common beginning share it, as the goto function of Aho and Corasick does;
// their failure function is what the set of live threads in a state amounts to.
func trie(words []*syntax.Regexp) *syntax.Regexp {
	type branch struct {
		first *syntax.Regexp
		rest  []*syntax.Regexp
	}
	var branches []*branch
	byFirst := map[string]*branch{}
	for _, word := range words {
		if word.Op == syntax.OpEmptyMatch {
			return word // an empty word occurs everywhere
		}
		first, rest := word.Sub[0], leaf(syntax.OpEmptyMatch)
		if len(word.Sub) > 1 {
			rest = concat(word.Sub[1:]...)
		}
		key := string(first.Rune)
		b, seen := byFirst[key]
		if !seen {
			b = &branch{first: first}
			byFirst[key] = b
			branches = append(branches, b)
		}
		b.rest = append(b.rest, rest)
	}
	if len(branches) == 0 {
		return leaf(syntax.OpNoMatch)
	}
	join := leaf(syntax.OpAlternate)
	for _, b := range branches {
		one := b.first
		if rest := trie(b.rest); rest.Op != syntax.OpEmptyMatch {
			one = concat(b.first, rest)
		}
		join.Sub = append(join.Sub, one)
	}
	if len(join.Sub) == 1 {
		return join.Sub[0]
	}
	return join
}
