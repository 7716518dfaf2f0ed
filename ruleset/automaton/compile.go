package automaton

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"sync/atomic"
)

// Compile reads the patterns and prepares their automata, whose states come to be as values are scanned.
// The error names the first pattern that cannot be understood.
func Compile(patterns []Pattern, options Options) (*Set, error) {
	s := &Set{
		patterns: slices.Clone(patterns), work: options.MaxWork, budget: &budget{limit: options.MaxMemory},
		own: make([]atomic.Pointer[group], len(patterns)), signs: make([]signs, len(patterns)),
		cut: NewSelection(len(patterns)), filtered: NewSelection(len(patterns)), probed: NewSelection(len(patterns)),
	}
	s.words = make([][]string, len(patterns))
	words := filterWords{}
	parts := map[part][]numbered{}
	for id, pattern := range patterns {
		tree, raw, err := parse(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", id, err)
		}
		tree = trim(tree)
		needs := wordsOf(pattern, tree, raw)
		if shortest(needs) >= gram {
			words.add(id, needs)
			s.filtered.Add(id)
			s.words[id] = needs
			continue
		}
		if text := commonSigns(needs); text != "" {
			s.probes = append(s.probes, probe{id, text, signsOf(text)})
			s.probed.Add(id)
			continue
		}
		s.signs[id] = rareSigns(needs)
		prefix, cut, early := cut(tree)
		if cut {
			s.cut.Add(id)
			tree = trim(prefix)
		}
		at := part{bytes: raw, early: early, signed: s.signs[id] != 0}
		parts[at] = append(parts[at], numbered{once(tree), id})
	}
	s.filter = newFilter(words)
	for _, at := range partsInOrder {
		if len(parts[at]) == 0 {
			continue
		}
		groups, err := s.assemble(parts[at], at.bytes)
		if err != nil {
			return nil, err
		}
		s.union = append(s.union, groups...)
	}
	return s, nil
}

// A part is what runs side by side: patterns with early gaps would multiply the states of the others, and those that
// need a sign are left out where the value has none.
type part struct{ bytes, early, signed bool }

var partsInOrder = []part{
	{false, false, false},
	{false, true, false},
	{false, false, true},
	{false, true, true},
	{true, false, false},
	{true, true, false},
	{true, false, true},
	{true, true, true},
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
		g := newGroup(p, c, s.budget)
		g.members = NewSelection(len(s.patterns))
		for _, id := range p.ids {
			g.members.Add(id)
		}
		return []*group{g}, nil
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
