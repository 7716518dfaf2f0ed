package proof

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// A matcher is the transformations and expressions of some sources.
type matcher struct {
	tree  *transform.Tree
	trees map[string]*transform.Tree // of some of the chains, while compiling
	set   *automaton.Set             // nil where there are no expressions
}

// treeFor returns the part of the tree that some chains need.
func (m *matcher) treeFor(chains transform.Set) *transform.Tree {
	key := fmt.Sprint(chains)
	tree := m.trees[key]
	if tree == nil {
		tree = m.tree.For(chains)
		m.trees[key] = tree
	}
	return tree
}

// sourceLooks is who looks at a source.
type sourceLooks struct {
	matcher *matcher
	byKey   map[string]*view // by name in lower case
	rest    *view            // for other names
	lowers  bool             // names have to be lowered to be looked up or compared
}

// A view is what is to be asked about values of one source and name.
type view struct {
	tree     *transform.Tree       // of the chains that look at such values
	patterns []automaton.Selection // by chain, the expressions that are asked about what it makes
	hits     [][]*boundLook        // by expression, those that fire where it matches
	direct   []*boundLook          // those that have to be asked
	asked    transform.Set         // the chains that these look at
	counts   []int                 // of side.counts
	cache    cache
	late     *view // what is asked of them when everything else has been; nil for nothing (late.go)
}

// A boundLook is a look with the numbers that its matcher gave to its parts.
type boundLook struct {
	rule     int
	bit      uint32
	chain    int
	pattern  int // -1 for a function
	test     *test
	keys     *regexp.Regexp
	exceptRx []*regexp.Regexp
	follow   *follow
	again    []int // the expressions of follow's steps
}

// applies decides what the name alone did not.
func (l *boundLook) applies(key string) bool {
	if l.keys != nil && !l.keys.MatchString(key) {
		return false
	}
	for _, except := range l.exceptRx {
		if except.MatchString(key) {
			return false
		}
	}
	return true
}

// A countLook is a look at how many values there are.
type countLook struct {
	rule   int
	bit    uint32
	target int
	test   *test
	small  [4]bool // whether it fires, for the usual numbers
}

// A sideBuilder collects the rules of one half of an exchange.
type sideBuilder struct {
	rules  []watched
	looks  []look
	places *places
}

// groups are sources that share a matcher: those that mostly the same rules look at.
var groups = [][]source{
	{queryArgs, bodyArgs, queryArgNames, bodyArgNames, cookies, cookieNames, filename, basename, files, fileNames},
	{headers, headerNames, partHeaders},
	{requestLine, requestURI, rawURI, method, protocol, queryString, requestBody, bodyLength, bodyProcessor, clientAddress, serverName},
	{responseBody},
	{responseStatus, responseHeaders, responseHeaderNames, responseType, responseProtocol, responseLength},
}

// build makes the tables. memory is shared out among the groups by the number of their expressions.
func (b *sideBuilder) build(memory int) (side, error) {
	s := side{rules: b.rules, late: lateRules(b.looks)}
	total := 0
	builders := make([]groupBuilder, len(groups))
	for i, group := range groups {
		builders[i].collect(b.looks, group)
		total += len(builders[i].patterns)
	}
	for i := range builders {
		g := &builders[i]
		g.places = b.places
		if len(g.looks) == 0 {
			continue
		}
		if err := g.build(&s, groups[i], memory/max(1, total)*len(g.patterns)); err != nil {
			return side{}, err
		}
	}
	return s, nil
}

type groupBuilder struct {
	looks      []*look
	chains     []transform.Chain
	chainOf    map[string]int
	patterns   []automaton.Pattern
	patternOf  map[string]int
	boundLooks map[*look]*boundLook
	places     *places
}

func (g *groupBuilder) collect(looks []look, group []source) {
	g.chainOf, g.patternOf, g.boundLooks = map[string]int{}, map[string]int{}, map[*look]*boundLook{}
	var member [sourceCount]bool
	for _, s := range group {
		member[s] = true
	}
	for i := range looks {
		l := &looks[i]
		if !member[l.source] {
			continue
		}
		g.looks = append(g.looks, l)
		if l.count {
			continue
		}
		bound := &boundLook{
			rule: l.rule, bit: l.bit, chain: g.chain(l.chain), pattern: g.pattern(l.test), test: l.test,
			keys: l.keys, exceptRx: l.exceptRx, follow: l.follow,
		}
		if l.follow != nil {
			for _, s := range l.follow.steps {
				if s.again != nil {
					bound.again = append(bound.again, g.pattern(s.again))
				} else {
					bound.again = append(bound.again, -1)
				}
			}
		}
		g.boundLooks[l] = bound
	}
}

func (g *groupBuilder) chain(chain transform.Chain) int {
	name := fmt.Sprint(chain.MultiMatch, chain.Steps)
	n, ok := g.chainOf[name]
	if !ok {
		n = len(g.chains)
		g.chainOf[name], g.chains = n, append(g.chains, chain)
	}
	return n
}

func (g *groupBuilder) pattern(t *test) int {
	if t.pattern == nil {
		return -1
	}
	name := fmt.Sprint(t.pattern.Kind, "\x00", t.pattern.Expr, "\x00", strings.Join(t.pattern.Words, "\x00"))
	n, ok := g.patternOf[name]
	if !ok {
		n = len(g.patterns)
		g.patternOf[name], g.patterns = n, append(g.patterns, *t.pattern)
	}
	return n
}

func (g *groupBuilder) build(s *side, group []source, memory int) error {
	m := &matcher{trees: map[string]*transform.Tree{}}
	var err error
	if m.tree, err = transform.NewTree(g.chains); err != nil {
		return err
	}
	if len(g.patterns) > 0 {
		options := automaton.DefaultOptions()
		options.MaxMemory = max(memory, 256<<10)
		if m.set, err = sharedSet(g.patterns, options); err != nil {
			return err
		}
	}
	s.matchers = append(s.matchers, m)
	counts := map[*look]int{}
	for _, from := range group {
		looks := &sourceLooks{matcher: m, byKey: map[string]*view{}}
		any := false
		for _, l := range g.looks {
			if l.source != from {
				continue
			}
			any = true
			looks.lowers = looks.lowers || l.keys != nil || len(l.exceptRx) > 0
			for _, key := range append([]string{l.key}, l.except...) {
				if key != "" && from.keyed() {
					looks.byKey[key] = nil
				}
			}
			if l.count {
				counts[l] = s.count(l)
			}
		}
		if !any {
			continue
		}
		for key := range looks.byKey {
			looks.byKey[key] = g.views(m, from, key, counts)
			looks.lowers = true
		}
		looks.rest = g.views(m, from, "", counts)
		s.sources[from] = looks
	}
	m.trees = nil
	return nil
}

// count returns the number of a look at how many values there are. Looks that differ in their source alone count
// together: ARGS is all arguments.
func (s *side) count(l *look) int {
	for i, c := range s.counts {
		if c.rule == l.rule && c.bit == l.bit && c.target == l.target {
			return i
		}
	}
	c := countLook{rule: l.rule, bit: l.bit, target: l.target, test: l.test}
	for n := range c.small {
		c.small[n] = l.test.fires(fmt.Sprint(n))
	}
	s.counts = append(s.counts, c)
	return len(s.counts) - 1
}

// views collects what is to be asked about values with a name, "" standing for any that no rule names.
func (g *groupBuilder) views(m *matcher, from source, key string, counts map[*look]int) *view {
	var asked, late []*look
	for _, l := range g.looks {
		switch {
		case l.source != from || !l.sees(key) || key == "" && l.key != "":
		case l.late:
			late = append(late, l)
		default:
			asked = append(asked, l)
		}
	}
	v := g.view(m, asked, counts)
	if len(late) > 0 {
		v.late = g.view(m, late, counts)
	}
	return v
}

func (g *groupBuilder) view(m *matcher, looks []*look, counts map[*look]int) *view {
	v := &view{patterns: make([]automaton.Selection, len(g.chains)), cache: cache{places: g.places}}
	var chains, direct []int
	for _, l := range looks {
		if l.count {
			v.counts = append(v.counts, counts[l])
			continue
		}
		bound := g.boundLooks[l]
		chains = append(chains, bound.chain)
		for _, pattern := range append([]int{bound.pattern}, bound.again...) {
			if pattern < 0 {
				continue
			}
			if v.patterns[bound.chain] == nil {
				v.patterns[bound.chain] = automaton.NewSelection(len(g.patterns))
			}
			v.patterns[bound.chain].Add(pattern)
		}
		if bound.pattern < 0 || bound.test.negated {
			v.direct = append(v.direct, bound)
			direct = append(direct, bound.chain)
			continue
		}
		if v.hits == nil {
			v.hits = make([][]*boundLook, len(g.patterns))
		}
		v.hits[bound.pattern] = append(v.hits[bound.pattern], bound)
	}
	v.tree, v.asked = m.treeFor(m.tree.NewSet(chains...)), m.tree.NewSet(direct...)
	return v
}
