package transform

import (
	"fmt"
	"iter"
	"math/bits"
)

// A Chain is a list of transformations that a rule applies one after the other.
type Chain struct {
	Steps []string
	// MultiMatch makes the rule look at the value as it came and at each step that says it changed something, and not
	// only at the end.
	MultiMatch bool
}

// A Tree applies many chains to one value at once. It is immutable and safe for concurrent use.
type Tree struct {
	root   *node
	chains int
	nodes  int
}

// A node is what some chains have in common: the value after a prefix of their steps.
type node struct {
	step *Transformation // nil at the root
	// honest keeps the value as it was where the step does not report a change: a multiMatch chain does so, the others
	// go on with what they got.
	honest bool
	sees   Set // the chains that look at the value here
	below  Set // the chains that look at it here or at what becomes of it
	// steps are the transformations of the nodes below.
	steps    uint64
	children []*node
	// squeezes says that here and below letters only become small, and characters go that are white space or zero.
	squeezes bool
}

// mostNodes is how many different prefixes chains may have; the Core Rule Set has 59.
const mostNodes = 255

// NewTree puts chains together. The error names the transformation that does not exist, or says that the chains differ
// too much for one tree.
func NewTree(chains []Chain) (*Tree, error) {
	t := &Tree{chains: len(chains)}
	t.root = t.node(nil, false)
	for i, chain := range chains {
		here := t.root
		if chain.MultiMatch || len(chain.Steps) == 0 {
			here.sees.add(i)
		}
		here.below.add(i)
		for j, name := range chain.Steps {
			step, err := Find(name)
			if err != nil {
				return nil, fmt.Errorf("chain %v: %w", chain.Steps, err)
			}
			here = t.child(here, step, chain.MultiMatch && !step.honest)
			if chain.MultiMatch || j == len(chain.Steps)-1 {
				here.sees.add(i)
			}
			here.below.add(i)
		}
	}
	if t.root.collect(); t.nodes > mostNodes {
		return nil, fmt.Errorf("the chains have %d different prefixes; a tree has room for %d", t.nodes, mostNodes)
	}
	return t, nil
}

// For returns a tree of some of the chains, which keep their numbers: it makes what these see, and nothing else.
func (t *Tree) For(chains Set) *Tree {
	narrow := &Tree{chains: t.chains}
	narrow.root = narrow.copy(t.root, chains)
	narrow.root.collect()
	return narrow
}

func (t *Tree) copy(from *node, chains Set) *node {
	n := t.node(from.step, from.honest)
	for i, word := range chains {
		n.sees[i], n.below[i] = from.sees[i]&word, from.below[i]&word
	}
	for _, child := range from.children {
		if child.below.Meets(chains) {
			n.children = append(n.children, t.copy(child, chains))
		}
	}
	return n
}

// Chains returns how many chains the tree was made of; their numbers are their places in the list.
func (t *Tree) Chains() int { return t.chains }

func (t *Tree) node(step *Transformation, honest bool) *node {
	t.nodes++
	return &node{step: step, honest: honest, sees: make(Set, words(t.chains)), below: make(Set, words(t.chains))}
}

func (t *Tree) child(parent *node, step *Transformation, honest bool) *node {
	for _, c := range parent.children {
		if c.step == step && c.honest == honest {
			return c
		}
	}
	c := t.node(step, honest)
	parent.children = append(parent.children, c)
	return c
}

// collect fills in steps.
func (n *node) collect() uint64 {
	n.squeezes = n.step != nil && n.step.bit&squeezing != 0 && !n.honest
	for _, c := range n.children {
		n.steps |= c.step.bit | c.collect()
		n.squeezes = n.squeezes && c.squeezes
	}
	return n.steps
}

// A Set is a set of chains, by number.
type Set []uint64

func words(chains int) int { return (chains + 63) / 64 }

// Has reports whether a chain is in the set.
func (s Set) Has(chain int) bool { return s[chain>>6]&(1<<(chain&63)) != 0 }

// All yields the chains of the set in ascending order.
func (s Set) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(i<<6 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// Len returns how many chains there are in the set.
func (s Set) Len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

func (s Set) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

// Meets reports whether the two sets have a chain in common. They must come from the same tree.
func (s Set) Meets(other Set) bool {
	for i, word := range s {
		if word&other[i] != 0 {
			return true
		}
	}
	return false
}

// NewSet makes a set of chains for comparison with those that a tree yields.
func (t *Tree) NewSet(chains ...int) Set {
	s := make(Set, words(t.chains))
	for _, c := range chains {
		s.add(c)
	}
	return s
}

func (s Set) add(chain int) { s[chain>>6] |= 1 << (chain & 63) }

func (s Set) join(other Set) {
	for i, word := range other {
		s[i] |= word
	}
}
