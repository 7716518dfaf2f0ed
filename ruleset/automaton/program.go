package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
)

// op is what an instruction does.
type op uint8

const (
	opFail   op = iota
	opRune      // consumes one character of the set arg
	opAlt       // goes to out and to arg
	opAssert    // goes to out where the assertions arg hold
	opMatch     // the pattern arg has matched
)

// inst is one instruction of a nondeterministic automaton.
type inst struct {
	op  op
	arg uint32 // what the op says
	out uint32
}

// program is the automaton of several patterns side by side.
type program struct {
	insts  []inst
	bases  []uint32 // the first instruction of each pattern, ascending
	starts []uint32 // the instruction where each pattern begins
	ids    []int    // the number of each pattern in its Set
	sets   [][]rune // the sets that opRune refers to, as pairs of first and last rune
	byText map[string]uint32
}

// add compiles one more pattern into the program.
func (p *program) add(tree *syntax.Regexp, id int) error {
	compiled, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return err
	}
	owner := uint32(len(p.ids))
	base := uint32(len(p.insts))
	p.ids = append(p.ids, id)
	p.bases = append(p.bases, base)
	p.starts = append(p.starts, base+skipNops(compiled, uint32(compiled.Start)))
	for i := range compiled.Inst {
		from := &compiled.Inst[i]
		to := inst{out: base + skipNops(compiled, from.Out)}
		switch from.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			to.op, to.arg = opAlt, base+skipNops(compiled, from.Arg)
		case syntax.InstEmptyWidth:
			to.op, to.arg = opAssert, from.Arg
		case syntax.InstMatch:
			to.op, to.arg = opMatch, owner
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			to.op, to.arg = opRune, p.set(from)
		}
		p.insts = append(p.insts, to)
	}
	return nil
}

// owner returns the pattern that an instruction belongs to, by its place in the program.
func (p *program) owner(pc uint32) int {
	at, exact := slices.BinarySearch(p.bases, pc)
	if !exact {
		at--
	}
	return at
}

func skipNops(prog *syntax.Prog, pc uint32) uint32 {
	for prog.Inst[pc].Op == syntax.InstNop || prog.Inst[pc].Op == syntax.InstCapture {
		pc = prog.Inst[pc].Out
	}
	return pc
}

// set returns the number of the set of runes that an instruction consumes.
func (p *program) set(from *syntax.Inst) uint32 {
	var ranges []rune
	switch {
	case from.Op == syntax.InstRuneAny:
		ranges = []rune{0, unicode.MaxRune}
	case from.Op == syntax.InstRuneAnyNotNL:
		ranges = []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	case len(from.Rune) == 1:
		r := from.Rune[0]
		ranges = []rune{r, r}
		if syntax.Flags(from.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				ranges = append(ranges, f, f)
			}
		}
	default:
		ranges = from.Rune
	}
	var key []byte // not string(ranges), which would make surrogates and U+FFFD one
	for _, r := range ranges {
		key = binary.BigEndian.AppendUint32(key, uint32(r))
	}
	if number, seen := p.byText[string(key)]; seen {
		return number
	}
	if p.byText == nil {
		p.byText = map[string]uint32{}
	}
	number := uint32(len(p.sets))
	p.sets = append(p.sets, ranges)
	p.byText[string(key)] = number
	return number
}
