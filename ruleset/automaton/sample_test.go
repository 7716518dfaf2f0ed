package automaton

import (
	"math/rand/v2"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// traps are pieces of text on which automata that run on bytes, or fold case by hand, go wrong.
var traps = []string{
	"K", "ſ", "İ", "ı", "ß", "é", "É", "\u00b5", "\u03bc", "\ufffd", "\u2028", "\u0085", "ー", "ー/あ>", "日本", "😀", "\U0010ffff",
	"\n", "\r\n", "\r", "\x00", "\x0b", " ", "_", "-", "'", `"`, "a", "k", "s", "S", "0", "<", ">", "=", "$", "`", ";", ")", "(",
	"\xff", "\xbc", "\xbe", "\xe3\x81", "\xe3", "\x81", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", "\xf0\x9f\x98", "\xc3",
}

// sampler draws texts that an expression is likely to match, or to miss by little.
type sampler struct {
	random *rand.Rand
	bytes  bool
}

func (s *sampler) text(re *syntax.Regexp) string {
	text := s.walk(nil, re)
	for s.random.IntN(3) == 0 {
		text = s.mutate(text)
	}
	switch s.random.IntN(5) {
	case 0:
		text = append([]byte(s.trap()), text...)
	case 1:
		text = append(text, s.trap()...)
	case 2:
		text = append(append([]byte(s.trap()+s.trap()), text...), s.trap()...)
	}
	return string(text)
}

func (s *sampler) trap() string { return traps[s.random.IntN(len(traps))] }

func (s *sampler) mutate(text []byte) []byte {
	if len(text) == 0 {
		return []byte(s.trap())
	}
	at := s.random.IntN(len(text))
	switch s.random.IntN(4) {
	case 0:
		return append(text[:at:at], text[at+1:]...)
	case 1:
		return append(append(text[:at:at], s.trap()...), text[at:]...)
	case 2:
		return append(append(text[:at:at], s.trap()...), text[at+1:]...)
	}
	return text[:at]
}

func (s *sampler) walk(text []byte, re *syntax.Regexp) []byte {
	rounds := 1
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				for range s.random.IntN(3) {
					r = unicode.SimpleFold(r)
				}
			}
			text = s.put(text, r)
		}
		return text
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return text
		}
		pair := s.random.IntN(len(re.Rune)/2) * 2
		first, last := re.Rune[pair], re.Rune[pair+1]
		if last > 0x3000 && s.random.IntN(2) == 0 {
			last = min(last, max(first, 0x7E))
		}
		return s.put(text, first+rune(s.random.IntN(int(last-first)+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return append(text, s.trap()...)
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		if s.random.IntN(4) == 0 {
			text = append(text, s.trap()...)
		}
		return text
	case syntax.OpAlternate:
		return s.walk(text, re.Sub[s.random.IntN(len(re.Sub))])
	case syntax.OpStar:
		rounds = s.random.IntN(3)
	case syntax.OpQuest:
		rounds = s.random.IntN(2)
	case syntax.OpPlus:
		rounds = 1 + s.random.IntN(2)
	case syntax.OpRepeat:
		rounds = max(0, re.Min-1+s.random.IntN(3))
	}
	for range rounds {
		for _, sub := range re.Sub {
			text = s.walk(text, sub)
		}
	}
	return text
}

func (s *sampler) put(text []byte, r rune) []byte {
	if s.bytes {
		return append(text, byte(r))
	}
	return utf8.AppendRune(text, r)
}
