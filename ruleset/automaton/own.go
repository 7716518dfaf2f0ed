package automaton

// Most patterns wait in no automaton: the value has to hold a word of theirs first. One that it may match gets an
// automaton of its own, made when it is needed for the first time.

// ownWork is what making an automaton counts for in transitions, for each instruction.
const ownWork = 1.0 / 8

// ownBytes is the most that the table of a new automaton takes.
const ownBytes = 4*(4*(maxClasses+1)+stateCost) + 64

// automatonOf returns the automaton of the whole of one pattern, or nil where the budget does not suffice for it.
func (s *Set) automatonOf(id int, work *int) *group {
	if g := s.own[id].Load(); g != nil {
		return g
	}
	s.budget.mutex.Lock()
	defer s.budget.mutex.Unlock()
	if g := s.own[id].Load(); g != nil {
		return g
	}
	if *work <= 0 || !s.budget.makeRoom(ownBytes) {
		return nil
	}
	tree, raw, err := parse(s.patterns[id])
	if err != nil {
		return nil
	}
	groups, err := s.assemble([]numbered{{once(trim(tree)), id}}, raw)
	if err != nil {
		return nil // nothing that has characters of so many kinds
	}
	*work -= int(ownWork * float64(len(groups[0].machine.prog.insts)))
	s.own[id].Store(groups[0])
	return groups[0]
}
