package automaton

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Most expressions cannot match a value that lacks certain words: "select.*from" needs "select" and "from". The words
// of a pattern are such that whatever it matches holds one of them at least. They are in small letters and may be looked
// for in a value without regard to the case of ASCII letters.
//
// One thing is left to those who look: where case does not matter, Go's regexp takes U+017F for s and U+212A for k. A
// value that holds one of these may match without a factor.

const (
	mostFactors = 400 // words of one expression; with more, others are looked for
	mostExact   = 64  // texts that a part may be spelled out to
)

// needs is what is known of the texts that a tree matches.
type needs struct {
	exact []string // all of them; nil where they are many
	words []string // one of these is in each; nil where nothing is known
}

// wordsOf returns words of which each value that matches a pattern holds one; nil where there are none. A short one is
// of little use.
func wordsOf(p Pattern, tree *syntax.Regexp, bytes bool) []string {
	var words []string
	if p.Kind == Phrases {
		for _, word := range p.Words {
			words = append(words, longestASCII(word))
		}
	} else {
		n := factory{bytes: bytes}.of(tree)
		words = slices.Clone(better(n.exact, n.words))
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// longestASCII returns the longest part of a word that is ASCII, in small letters.
func longestASCII(word string) string {
	best, from := "", 0
	for i := 0; i <= len(word); i++ {
		if i == len(word) || word[i] >= utf8.RuneSelf {
			if i-from > len(best) {
				best = word[from:i]
			}
			from = i + 1
		}
	}
	return strings.Map(func(r rune) rune { return rune(lowerByte(byte(r))) }, best)
}

type factory struct {
	bytes bool // characters are bytes
}

func (f factory) of(re *syntax.Regexp) needs {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return needs{exact: []string{""}}
	case syntax.OpLiteral:
		var parts []needs
		for _, r := range re.Rune {
			parts = append(parts, f.class([]rune{r, r}))
		}
		return concatenate(parts)
	case syntax.OpCharClass:
		return f.class(re.Rune)
	case syntax.OpCapture:
		return f.of(re.Sub[0])
	case syntax.OpConcat:
		var parts []needs
		for _, sub := range re.Sub {
			parts = f.spread(parts, sub)
		}
		return concatenate(parts)
	case syntax.OpAlternate:
		return f.alternate(re.Sub)
	case syntax.OpQuest:
		if n := f.of(re.Sub[0]); n.exact != nil && len(n.exact) < mostExact {
			return needs{exact: append([]string{""}, n.exact...)}
		}
	case syntax.OpPlus, syntax.OpRepeat:
		return concatenate(f.spread(nil, re))
	}
	return needs{}
}

// spread appends the parts that a member of a sequence stands for. What is repeated stands next to both neighbours,
// even if it is there once only.
func (f factory) spread(parts []needs, re *syntax.Regexp) []needs {
	least, most := 0, 0
	switch re.Op {
	case syntax.OpCapture:
		return f.spread(parts, re.Sub[0])
	case syntax.OpPlus:
		least = 1
	case syntax.OpRepeat:
		least, most = min(re.Min, 8), re.Max
	default:
		return append(parts, f.of(re))
	}
	if least == 0 {
		return append(parts, needs{})
	}
	one := f.of(re.Sub[0])
	for range least {
		parts = append(parts, one)
	}
	if most == least {
		return parts
	}
	parts = append(parts, needs{})
	for range least {
		parts = append(parts, one)
	}
	return parts
}

// class returns the needs of one character.
func (f factory) class(ranges []rune) needs {
	var texts []string
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if r >= utf8.RuneSelf {
				if f.bytes || r != '\u017F' && r != '\u212A' { // see above
					return needs{}
				}
				continue
			}
			if text := string(rune(lowerByte(byte(r)))); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
			if len(texts) > mostOfClass {
				return needs{}
			}
		}
	}
	if len(texts) == 0 {
		return needs{}
	}
	return needs{exact: texts}
}

// mostOfClass is how many characters a class may have to be spelled out.
const mostOfClass = 10

func lowerByte(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

func (f factory) alternate(branches []*syntax.Regexp) needs {
	all := needs{exact: []string{}, words: []string{}}
	for _, branch := range branches {
		n := f.of(branch)
		if all.exact != nil && n.exact != nil && len(all.exact)+len(n.exact) <= mostFactors {
			all.exact = append(all.exact, n.exact...)
		} else {
			all.exact = nil
		}
		words := better(n.exact, n.words)
		if all.words != nil && words != nil && len(all.words)+len(words) <= mostFactors {
			all.words = append(all.words, words...)
		} else {
			all.words = nil
		}
	}
	return all
}

// concatenate joins parts that follow each other: texts grow as long as they are few.
func concatenate(parts []needs) needs {
	exact, whole := []string{""}, true
	var best []string
	for _, part := range parts {
		if part.exact != nil && len(exact)*len(part.exact) <= mostExact {
			longer := make([]string, 0, len(exact)*len(part.exact))
			for _, begin := range exact {
				for _, end := range part.exact {
					longer = append(longer, begin+end)
				}
			}
			exact = longer
			continue
		}
		whole = false
		best = better(best, exact)
		best = better(best, part.words)
		exact = []string{""}
		if part.exact != nil {
			exact = part.exact
		}
	}
	if whole {
		return needs{exact: exact}
	}
	return needs{words: better(best, exact)}
}

// better returns the words that are rarer: the longer ones, or else the fewer ones.
func better(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		if len(a) == 0 {
			return b
		}
		return a
	}
	if x, y := weight(a), weight(b); x > y || x == y && len(a) <= len(b) {
		return a
	}
	return b
}

// weight says how rare words are, by the most frequent one.
func weight(words []string) int {
	least := enough
	for _, word := range words {
		n := min(len(word), enough)
		if n == enough && strings.Contains(ordinary, word) {
			n--
		}
		least = min(least, n)
	}
	return least
}

// ordinary holds words of most pages and requests.
const ordinary = "<!doctype html>\n<html>\n<head>\r\n<title></title></head><body><h1></h1><script src= type=text/javascript></script> http:// " +
	"https:// application/json content-type: error exception warning function select "

// enough is the length from which on fewer words are better than longer ones.
const enough = 5

func shortest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	n := len(words[0])
	for _, word := range words {
		n = min(n, len(word))
	}
	return n
}
