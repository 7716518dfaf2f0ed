package automaton

import (
	"regexp/syntax"
	"slices"
)

// machine computes the steps of the deterministic automaton of a program, one at a time and only those that a value
// asks for: the subset construction, done lazily. It is not safe for concurrent use; the budget's mutex guards it.
type machine struct {
	prog    *program
	classes *classes
	begin   []*startStep // the first steps of all patterns, by side and class, computed when first needed
	*scratch
}

// scratch is the working memory of a step, which the machines of a Set share.
type scratch struct {
	next    sparse // threads of the state under construction
	walked  sparse // what was reached in front of the character
	arrived sparse // alternatives that were reached behind it
	stack   []uint32
	hit     []bool // patterns that match in this step
	hits    []uint32
}

func (s *scratch) clear() {
	s.next.clear()
	s.walked.clear()
	s.arrived.clear()
	for _, owner := range s.hits {
		s.hit[owner] = false
	}
	s.hits = s.hits[:0]
}

// grow makes room for a program.
func (s *scratch) grow(p *program) {
	if size := len(p.insts); size > len(s.next.place) {
		s.next, s.walked, s.arrived = newSparse(size), newSparse(size), newSparse(size)
	}
	if len(p.ids) > len(s.hit) {
		s.hit = make([]bool, len(p.ids))
	}
}

// startStep is what a class of character makes of the patterns' beginnings.
type startStep struct {
	threads []uint32
	hits    []uint32
}

func newMachine(p *program, c *classes, shared *scratch) *machine {
	shared.grow(p)
	return &machine{prog: p, classes: c, scratch: shared, begin: make([]*startStep, int(sides)*(c.count+1))}
}

// step returns the state that follows from by a character of class, or by the end of the value.
// The slices of the result are the machine's own, until the next call.
func (m *machine) step(from *state, class uint8) state {
	m.clear()
	after := m.classes.side[class]
	holds := assertions(from.before, after)

	begin := m.beginStep(from.before, class, holds)
	for _, pc := range begin.threads {
		m.next.add(pc)
	}
	for _, owner := range begin.hits {
		m.match(owner)
	}
	for _, pc := range from.threads {
		m.walk(pc, class, holds)
	}

	threads := m.next.dense
	if len(m.hits) > 0 {
		// What else a pattern could match in this value is of no interest any more.
		threads = slices.DeleteFunc(threads, func(pc uint32) bool { return m.hit[m.prog.owner(pc)] })
	}
	slices.Sort(threads)
	to := state{threads: threads, before: after}
	if len(m.hits) > 0 {
		slices.Sort(m.hits)
		for _, owner := range m.hits {
			to.hits = append(to.hits, m.prog.ids[owner])
		}
	}
	return to
}

// beginStep returns the step of all patterns' beginnings, which depends on nothing but both sides and the class.
func (m *machine) beginStep(before, class uint8, holds syntax.EmptyOp) *startStep {
	at := int(before)*(m.classes.count+1) + int(class)
	if step := m.begin[at]; step != nil {
		return step
	}
	for _, pc := range m.prog.starts {
		m.walk(pc, class, holds)
	}
	step := &startStep{threads: slices.Clone(m.next.dense), hits: slices.Clone(m.hits)}
	m.begin[at] = step
	m.clear()
	return step
}

// begins reports whether a match may begin with, or end in front of, a character of a class.
func (m *machine) begins(class uint8) bool {
	for before := range sides {
		m.clear()
		step := m.beginStep(before, class, assertions(before, m.classes.side[class]))
		if len(step.threads)+len(step.hits) > 0 {
			return true
		}
	}
	return false
}

// walk follows an instruction through alternatives and through the assertions that hold, and lets what consumes the
// class arrive behind it.
func (m *machine) walk(pc uint32, class uint8, holds syntax.EmptyOp) {
	m.stack = append(m.stack[:0], pc)
	for len(m.stack) > 0 {
		pc := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		in := &m.prog.insts[pc]
		if in.op == opRune { // the usual case; consuming twice does no harm
			if int(class) < m.classes.count && m.classes.members[in.arg][class/64]&(1<<(class%64)) != 0 {
				m.arrive(in.out)
			}
			continue
		}
		if !m.walked.add(pc) {
			continue
		}
		switch in.op {
		case opAlt:
			m.stack = append(m.stack, in.arg, in.out)
		case opAssert:
			if syntax.EmptyOp(in.arg)&^holds == 0 {
				m.stack = append(m.stack, in.out)
			}
		case opMatch:
			m.match(in.arg)
		}
	}
}

// arrive adds an instruction and what it leads to without consuming. Assertions wait for the next character.
func (m *machine) arrive(pc uint32) {
	bottom := len(m.stack)
	m.stack = append(m.stack, pc)
	for len(m.stack) > bottom {
		pc := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		in := &m.prog.insts[pc]
		switch in.op {
		case opAlt:
			if m.arrived.add(pc) {
				m.stack = append(m.stack, in.arg, in.out)
			}
		case opRune, opAssert:
			m.next.add(pc)
		case opMatch:
			m.match(in.arg)
		}
	}
}

func (m *machine) match(owner uint32) {
	if !m.hit[owner] {
		m.hit[owner] = true
		m.hits = append(m.hits, owner)
	}
}

// assertions tells which empty-width conditions hold between two sides.
func assertions(before, after uint8) syntax.EmptyOp {
	var holds syntax.EmptyOp
	switch before {
	case sideText:
		holds |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	case sideNewline:
		holds |= syntax.EmptyBeginLine
	}
	switch after {
	case sideText:
		holds |= syntax.EmptyEndText | syntax.EmptyEndLine
	case sideNewline:
		holds |= syntax.EmptyEndLine
	}
	if (before == sideWord) != (after == sideWord) {
		return holds | syntax.EmptyWordBoundary
	}
	return holds | syntax.EmptyNoWordBoundary
}
