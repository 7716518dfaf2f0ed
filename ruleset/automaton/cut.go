package automaton

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// A gap is a repetition of almost any character, the .* of "select.*from". Behind the first half of such an expression
// a thread lives on to the end of the value, and each of them doubles the states of a union: with twenty in one
// automaton an English text of 64 KB asked for 20,000 states. So an expression whose gap comes after something that
// ordinary text seldom holds is cut there: the union looks for "select" alone, and only a value that holds it is read
// once more, by the automaton of the whole expression.

const (
	// rareEnough is the number of letters that must come before a gap for the cut: with fewer, most values would be
	// read twice.
	rareEnough = 3
	// commonUntil is the number of letters below which most values open the gap.
	commonUntil = 2
	// narrowClass is the number of ASCII characters up to which a class counts as a letter.
	narrowClass = 4
)

// cut returns a tree that matches whatever the given one matches, and ends before each gap that comes late enough.
// It tells whether anything was cut off, and whether a gap stayed that ordinary text opens all the time.
func cut(re *syntax.Regexp) (prefix *syntax.Regexp, cut, early bool) {
	var c cutter
	prefix = c.join(re, 0)
	return prefix, c.cut, c.early
}

// cutter walks a tree from its beginning. Both its functions are told how rare the text is that must have come before:
// about the number of letters, at least.
type cutter struct {
	cut   bool // something was cut off
	early bool // a gap came before commonUntil
}

// join returns the tree with its tails cut off.
func (c *cutter) join(re *syntax.Regexp, rare int) *syntax.Regexp {
	switch re.Op {
	case syntax.OpAlternate:
		branches := make([]*syntax.Regexp, len(re.Sub))
		for i, sub := range re.Sub {
			branches[i] = c.join(sub, rare)
		}
		return alternate(branches...)
	case syntax.OpConcat:
		for i, sub := range re.Sub {
			ended, open, after := c.split(sub, rare)
			rare = after
			if ended == nil {
				continue
			}
			before := re.Sub[:i:i]
			if open == nil {
				return concat(append(before, ended)...)
			}
			rest := c.join(concat(re.Sub[i+1:]...), rare)
			return concat(append(before, alternate(ended, concat(open, rest)))...)
		}
		return re
	}
	ended, open, _ := c.split(re, rare)
	return alternateOf(ended, open)
}

// split returns apart what ends at a gap and what passes the tree without meeting one; either may be nil.
// It also returns how rare the latter is at least.
func (c *cutter) split(re *syntax.Regexp, rare int) (ended, open *syntax.Regexp, after int) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			rare += rarity([]rune{r, r})
		}
	case syntax.OpCharClass:
		rare += rarity(re.Rune)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return c.splitRepeat(re, rare)
	case syntax.OpAlternate:
		after = -1
		for _, sub := range re.Sub {
			e, o, least := c.split(sub, rare)
			ended, open = alternateOf(ended, e), alternateOf(open, o)
			if o != nil && (after < 0 || least < after) {
				after = least
			}
		}
		return ended, open, max(after, rare)
	case syntax.OpConcat:
		for i, sub := range re.Sub {
			e, o, least := c.split(sub, rare)
			rare = least
			if e == nil {
				continue
			}
			before := re.Sub[:i:i]
			ended = concat(append(before, e)...)
			if o == nil {
				return ended, nil, rare
			}
			e, rest, after := c.split(concat(re.Sub[i+1:]...), rare)
			before = append(before, o)
			if e != nil {
				ended = alternate(ended, concat(append(before[:i+1:i+1], e)...))
			}
			if rest == nil {
				return ended, nil, after
			}
			return ended, concat(append(before[:i+1:i+1], rest)...), after
		}
	}
	return nil, re, rare
}

// splitRepeat splits a repetition: what passes n rounds of it, passed each of them, and what ends in it passed some
// rounds before.
func (c *cutter) splitRepeat(re *syntax.Regexp, rare int) (ended, open *syntax.Regexp, after int) {
	many := re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && (re.Max < 0 || re.Max > 8)
	if many && isWide(re.Sub[0]) {
		if rare >= rareEnough {
			c.cut = true
			return leaf(syntax.OpEmptyMatch), nil, rare
		}
		c.early = c.early || rare < commonUntil
		return nil, re, rare
	}
	e, o, least := c.split(re.Sub[0], rare)
	after = rare
	if re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Min > 0 {
		after = least
	}
	if e == nil {
		return nil, re, after
	}
	mayPass := re.Op == syntax.OpStar || re.Op == syntax.OpQuest || re.Op == syntax.OpRepeat && re.Min == 0
	switch {
	case o == nil && mayPass:
		return e, leaf(syntax.OpEmptyMatch), rare
	case o == nil:
		return e, nil, rare
	}
	round := *re
	round.Sub = []*syntax.Regexp{o}
	if re.Op == syntax.OpQuest {
		return e, &round, after
	}
	rounds := &syntax.Regexp{Op: syntax.OpStar, Sub: round.Sub}
	return concat(rounds, e), &round, after
}

func alternateOf(a, b *syntax.Regexp) *syntax.Regexp {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return alternate(a, b)
}

func alternate(subs ...*syntax.Regexp) *syntax.Regexp {
	if len(subs) == 1 {
		return subs[0]
	}
	return &syntax.Regexp{Op: syntax.OpAlternate, Sub: subs}
}

func isWide(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCharClass:
		return holds(re.Rune, 'e') && holds(re.Rune, 't') && holds(re.Rune, 'o') && holds(re.Rune, ' ')
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if isWide(sub) {
				return true
			}
		}
	}
	return false
}

// once rewrites an expression that matches almost any character, "." or nothing at all, so that its match is reported
// when it first occurs and not at each character of the value.
func once(re *syntax.Regexp) *syntax.Regexp {
	if re.Op == syntax.OpEmptyMatch || isWide(re) {
		anything := &syntax.Regexp{Op: syntax.OpStar, Sub: []*syntax.Regexp{leaf(syntax.OpAnyChar)}}
		return concat(leaf(syntax.OpBeginText), anything, re)
	}
	return re
}

// rarity is 0 for a class that most texts hold, 1 for a letter, 2 for a sign that is rare in ordinary text.
func rarity(class []rune) int {
	ascii, rare := 0, true
	for i := 0; i < len(class); i += 2 {
		for r := class[i]; r <= class[i+1] && r < utf8.RuneSelf; r++ {
			ascii++
			rare = rare && strings.ContainsRune("!#$%*<>@[\\]^`{|}~", r)
		}
	}
	switch {
	case ascii > narrowClass:
		return 0
	case rare:
		return 2
	}
	return 1
}
