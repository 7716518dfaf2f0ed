package automaton

import (
	"fmt"
	"regexp/syntax"
)

// Options bound what a Set may spend. The zero value means DefaultOptions.
type Options struct {
	MaxMemory int // bytes of all tables together
	MaxWork   int // transitions that one scan may build, before it gives up
}

// DefaultOptions suit the rules of one CRS policy.
func DefaultOptions() Options { return Options{MaxMemory: 4 << 20, MaxWork: 4096} }

// Set is the union of many patterns. It is safe for concurrent use.
type Set struct {
	patterns int
	groups   []*group
	work     int
}

// Compile reads the patterns and prepares their automata, whose states come to be as values are scanned.
// The error names the first pattern that cannot be understood.
func Compile(patterns []Pattern, options Options) (*Set, error) {
	if options == (Options{}) {
		options = DefaultOptions()
	}
	s := &Set{patterns: len(patterns), work: options.MaxWork}
	var trees [2][]numbered
	for id, pattern := range patterns {
		tree, bytes, err := parse(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", id, err)
		}
		kind := 0
		if bytes {
			kind = 1
		}
		trees[kind] = append(trees[kind], numbered{trim(tree), id})
	}
	for kind, some := range trees {
		if len(some) == 0 {
			continue
		}
		g, err := assemble(some, kind == 1, options.MaxMemory)
		if err != nil {
			return nil, err
		}
		s.groups = append(s.groups, g...)
	}
	return s, nil
}

type numbered struct {
	tree *syntax.Regexp
	id   int
}

func assemble(trees []numbered, bytes bool, limit int) ([]*group, error) {
	p := &program{}
	for _, t := range trees {
		if err := p.add(t.tree, t.id); err != nil {
			return nil, fmt.Errorf("compile pattern %d: %w", t.id, err)
		}
	}
	c, ok := partition(p, bytes)
	if !ok {
		half := len(trees) / 2
		if half == 0 {
			return nil, fmt.Errorf("compile pattern %d: it tells more than %d kinds of characters apart", trees[0].id, maxClasses)
		}
		left, err := assemble(trees[:half], bytes, limit/2)
		if err != nil {
			return nil, err
		}
		right, err := assemble(trees[half:], bytes, limit/2)
		return append(left, right...), err
	}
	return []*group{newGroup(p, c, limit)}, nil
}

// Scan finds which patterns match somewhere in value and leaves them in hits. Where ok is false the budget did not
// suffice and hits says nothing.
func (s *Set) Scan(value string, hits *Hits) (ok bool) {
	hits.Reset(s.patterns)
	for _, g := range s.groups {
		if !g.scan(value, hits, s.work) {
			return false
		}
	}
	return true
}
