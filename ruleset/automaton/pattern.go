package automaton

import (
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	binary "rsc.io/binaryregexp/syntax"
)

// Kind says what a Pattern means.
type Kind uint8

const (
	// Regexp is an expression of Go's regexp, with Go's runes: a byte that is not UTF-8 counts as U+FFFD.
	Regexp Kind = iota
	// BinaryRegexp is an expression of rsc.io/binaryregexp, where every byte is a character of its own.
	BinaryRegexp
	// Phrases matches where one of Words occurs, upper and lower case of ASCII being the same (@pm, @pmFromFile).
	Phrases
	// Contains, BeginsWith, EndsWith and Equals compare with Expr byte by byte.
	Contains
	BeginsWith
	EndsWith
	Equals
)

// Pattern is one condition on a value.
type Pattern struct {
	Kind  Kind
	Expr  string   // what to look for; not used by Phrases
	Words []string // the words of Phrases
}

// Rx returns the pattern of Coraza's @rx operator: "(?sm)" is put in front, and an expression that names bytes which
// are no UTF-8 is read by binaryregexp, without these flags.
func Rx(expr string) Pattern {
	if namesBytes("(?sm)" + expr) {
		return Pattern{Kind: BinaryRegexp, Expr: expr}
	}
	return Pattern{Kind: Regexp, Expr: "(?sm)" + expr}
}

// namesBytes repeats the decision of Coraza's rx operator, with its corners: an escaped backslash before an x still
// counts as an escape, \x{1F600} counts as the byte 0x1F, and an escape in the last three characters is not seen.
func namesBytes(expr string) bool {
	var decoded []byte
	for i := 0; i < len(expr); i++ {
		if expr[i] == '\\' && i+3 >= len(expr) {
			decoded = append(decoded, expr[i:]...)
			break
		}
		value, width := hexEscape(expr[i:])
		decoded = append(decoded, value)
		i += width - 1
	}
	return !utf8.Valid(decoded)
}

// hexEscape reads \xNN or \x{N...} at the start of text, or else one plain byte.
func hexEscape(text string) (value byte, width int) {
	if !strings.HasPrefix(text, `\x`) {
		return text[0], 1
	}
	digits, width := text[2:], 4
	if len(text) >= 6 && text[2] == '{' {
		if end := strings.IndexByte(text, '}'); end >= 0 {
			digits, width = text[3:end], end+1
		}
	}
	if len(digits) < 2 {
		return text[0], 1
	}
	n, err := strconv.ParseUint(digits[:2], 16, 8)
	if err != nil {
		return text[0], 1
	}
	return byte(n), width
}

// parse turns a pattern into a syntax tree whose leaves are runes, or bytes where the second result is true.
func parse(p Pattern) (tree *syntax.Regexp, bytes bool, err error) {
	switch p.Kind {
	case Regexp:
		tree, err = syntax.Parse(p.Expr, syntax.Perl)
		return tree, false, err
	case BinaryRegexp:
		parsed, err := binary.Parse(p.Expr, binary.Perl)
		if err != nil {
			return nil, true, err
		}
		return fromBinary(parsed), true, nil
	case Phrases:
		tree, bytes := phrases(p.Words)
		return tree, bytes, nil
	case Contains:
		tree, bytes = literal(p.Expr, false)
		return tree, bytes, nil
	case BeginsWith:
		tree, bytes = literal(p.Expr, false)
		return concat(leaf(syntax.OpBeginText), tree), bytes, nil
	case EndsWith:
		tree, bytes = literal(p.Expr, false)
		return concat(tree, leaf(syntax.OpEndText)), bytes, nil
	case Equals:
		tree, bytes = literal(p.Expr, false)
		return concat(leaf(syntax.OpBeginText), tree, leaf(syntax.OpEndText)), bytes, nil
	}
	return nil, false, fmt.Errorf("kind %d is unknown", p.Kind)
}

// fromBinary copies a tree of binaryregexp, whose operators are numbered as Go's are, into one of Go.
func fromBinary(from *binary.Regexp) *syntax.Regexp {
	to := &syntax.Regexp{Op: syntax.Op(from.Op), Min: from.Min, Max: from.Max, Cap: from.Cap, Rune: from.Rune}
	if from.Flags&binary.FoldCase != 0 {
		to.Flags |= syntax.FoldCase
	}
	for _, sub := range from.Sub {
		to.Sub = append(to.Sub, fromBinary(sub))
	}
	return to
}

func leaf(op syntax.Op) *syntax.Regexp { return &syntax.Regexp{Op: op} }

func concat(subs ...*syntax.Regexp) *syntax.Regexp {
	return &syntax.Regexp{Op: syntax.OpConcat, Sub: subs}
}
