package automaton

import (
	"fmt"
	"regexp/syntax"
)

// Compile reads the patterns and prepares their automata, whose states come to be as values are scanned.
// The error names the first pattern that cannot be understood.
func Compile(patterns []Pattern, options Options) (*Set, error) {
	s := &Set{
		patterns: len(patterns), work: options.MaxWork,
		second: map[int]*group{}, cut: make([]uint64, (len(patterns)+63)/64),
		budget: &budget{limit: options.MaxMemory},
	}
	// What runs side by side: patterns with early gaps would multiply the states of the calm ones.
	var calm, gaps, calmBytes, gapBytes []numbered
	for id, pattern := range patterns {
		tree, raw, err := parse(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", id, err)
		}
		tree = trim(tree)
		prefix, cut, early := cut(tree)
		if cut {
			whole, err := s.assemble([]numbered{{tree, id}}, raw)
			if err != nil {
				return nil, err
			}
			s.second[id] = whole[0]
			s.cut[id/64] |= 1 << (id % 64)
			tree = trim(prefix)
		}
		tree = once(tree)
		switch {
		case raw && early:
			gapBytes = append(gapBytes, numbered{tree, id})
		case raw:
			calmBytes = append(calmBytes, numbered{tree, id})
		case early:
			gaps = append(gaps, numbered{tree, id})
		default:
			calm = append(calm, numbered{tree, id})
		}
	}
	for _, part := range []struct {
		trees []numbered
		bytes bool
	}{{calm, false}, {gaps, false}, {calmBytes, true}, {gapBytes, true}} {
		if len(part.trees) == 0 {
			continue
		}
		groups, err := s.assemble(part.trees, part.bytes)
		if err != nil {
			return nil, err
		}
		s.union = append(s.union, groups...)
	}
	return s, nil
}

// numbered is a tree with the number of its pattern.
type numbered struct {
	tree *syntax.Regexp
	id   int
}

// assemble makes one group of the trees, or several where they tell too many characters apart for one table.
func (s *Set) assemble(trees []numbered, bytes bool) ([]*group, error) {
	p := &program{}
	for _, t := range trees {
		if err := p.add(t.tree, t.id); err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", t.id, err)
		}
	}
	p.byText = nil // of use only while instructions are added
	if c, ok := partition(p, bytes); ok {
		return []*group{newGroup(p, c, s.budget)}, nil
	}
	half := len(trees) / 2
	if half == 0 {
		return nil, fmt.Errorf("compile pattern %d: it tells more than %d kinds of characters apart", trees[0].id, maxClasses)
	}
	left, err := s.assemble(trees[:half], bytes)
	if err != nil {
		return nil, err
	}
	right, err := s.assemble(trees[half:], bytes)
	return append(left, right...), err
}
