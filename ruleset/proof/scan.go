package proof

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// A scan is what one exchange needs while it is looked at. It is used again.
type scan struct {
	side   *side
	values *transform.Values
	hits   automaton.Hits
	wanted automaton.Selection // the expressions that are asked about the present text
	fired  []uint32            // the links of each watched rule that may match
	counts []int
	marks  []mark // of the present value
	late   []lateValue
	// matcher and view are who asks about the present value, and unless is [scan.nothingIn].
	matcher *matcher
	view    *view
	unless  func(string, transform.Set) bool
	named   bool // what the present value may match depends on its name too
	cause   int  // the rule that could not be excluded, or 0
	clean   bool

	arena []byte // decoded text
	lower []byte // a name in lower case
	keys  []byte // the path of a JSON value
}

func newScan() *scan {
	s := &scan{lower: make([]byte, 0, 64)}
	s.unless = s.nothingIn
	return s
}

// begin makes the scan ready for one side of an exchange of so many bytes.
func (s *scan) begin(side *side, bytes int) {
	s.side, s.cause, s.clean = side, 0, true
	s.fired = zeroed(s.fired, len(side.rules))
	s.counts = zeroed(s.counts, len(side.counts))
	s.arena, s.late = s.arena[:0], s.late[:0]
	s.values = transform.AcquireValues()
	s.hits.Allow(firstWork + bytes/4)
}

// firstWork is how many transitions of the automata one exchange may add. Ordinary traffic needs a few dozen once the
// automata are warm; a flood of odd values must not spend all its time here and then take the slow lane anyway.
const firstWork = 2048

// end gives everything back and reports whether the side is clean.
func (s *scan) end() bool {
	s.askLate()
	s.values.Release()
	clear(s.late) // let go of the request
	s.values, s.side, s.matcher, s.view = nil, nil, nil, nil
	if cap(s.arena) > mostArena {
		s.arena = nil
	}
	return s.clean
}

const mostArena = 1 << 20

func zeroed[T int | uint32](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// slow gives up: a rule cannot be excluded, or, with 0, the exchange is of a kind that is not understood.
func (s *scan) slow(rule int) {
	if s.clean {
		s.clean, s.cause = false, rule
	}
}

// value looks at one value of a source. Nothing is looked at any more once the scan gave up.
func (s *scan) value(from source, key, value string) {
	looks := s.side.sources[from]
	if looks == nil || !s.clean {
		return
	}
	v := looks.rest
	if looks.lowers {
		key = s.lowered(key)
		if named := looks.byKey[key]; named != nil {
			v = named
		}
	}
	for _, n := range v.counts {
		s.counts[n]++
	}
	if v.late != nil {
		s.late = append(s.late, lateValue{looks.matcher, v.late, value})
	}
	s.look(looks.matcher, v, key, value)
}

// look asks a view about a value, unless it is remembered.
func (s *scan) look(m *matcher, v *view, key, value string) {
	if held := v.cache.find(value); held != nil {
		for _, m := range held.marks {
			s.mark(m)
		}
		return
	}
	s.marks, s.named = s.marks[:0], false
	s.ask(m, v, key, value)
	if s.clean && !s.named {
		v.cache.add(value, s.marks)
	}
}

// lowered returns a name in lower case, which is good until the next one.
func (s *scan) lowered(key string) string {
	low := s.lower[:0]
	for i := range len(key) {
		c := key[i]
		if c >= 0x80 {
			return strings.ToLower(key)
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		low = append(low, c)
	}
	s.lower = low
	return unsafe.String(unsafe.SliceData(low), len(low))
}

// ask evaluates a view.
func (s *scan) ask(m *matcher, v *view, key, value string) {
	s.matcher, s.view = m, v
	v.tree.ApplyUnless(s.values, value, s.unless)
	for i := range s.values.Len() {
		if source, chains, ok := s.values.Spelled(i); ok && s.harmlessSpelled(m, v, chains, source) {
			continue
		}
		text, chains := s.values.At(i)
		if m.set != nil {
			if !s.scanFor(m, v, chains, text) {
				s.slow(0)
				return
			}
			if v.hits != nil && !s.hits.Empty() {
				for pattern := range s.hits.All() {
					for _, l := range v.hits[pattern] {
						if chains.Has(l.chain) {
							s.fire(l, key, text)
						}
					}
				}
			}
		}
		for _, l := range v.direct {
			if chains.Has(l.chain) && s.fires(l, text) {
				s.fire(l, key, text)
			}
		}
		if !s.clean {
			return
		}
	}
}

// scanFor looks for the expressions that are asked about a text that some chains see.
func (s *scan) scanFor(m *matcher, v *view, chains transform.Set, text string) bool {
	if !s.want(v, chains) {
		s.hits.Reset()
		return true
	}
	return m.set.ScanFor(text, s.wanted, &s.hits)
}

// want notes the expressions that are asked about what some chains see, and reports whether there are any.
func (s *scan) want(v *view, chains transform.Set) bool {
	s.wanted = s.wanted[:0]
	for chain := range chains.All() {
		asked := v.patterns[chain]
		if asked == nil {
			continue
		}
		if len(s.wanted) == 0 {
			s.wanted = append(s.wanted, asked...)
		} else {
			s.wanted.Join(asked)
		}
	}
	return len(s.wanted) > 0
}

// harmlessSpelled reports whether it shows in a text that no link fires for what utf8toUnicode makes of it. That is
// twice as long, and says the same again.
func (s *scan) harmlessSpelled(m *matcher, v *view, chains transform.Set, source string) bool {
	for _, l := range v.direct {
		if chains.Has(l.chain) && (l.test.spelled == nil || l.test.negated || l.pattern >= 0 || l.test.spelled(source)) {
			return false
		}
	}
	return !s.want(v, chains) || m.set.LacksSigns(source, s.wanted, "%")
}

// nothingIn reports whether it shows in a text that no link fires for what some chains make of it by taking white space,
// zeros and capitals away.
func (s *scan) nothingIn(text string, chains transform.Set) bool {
	return s.matcher.set != nil && !chains.Meets(s.view.asked) &&
		(!s.want(s.view, chains) || s.matcher.set.LacksWords(text, s.wanted))
}

// fires evaluates the test of a look at a text that has been scanned.
func (s *scan) fires(l *boundLook, text string) bool {
	if l.pattern >= 0 {
		return s.hits.Has(l.pattern) != l.test.negated
	}
	return l.test.matches(text) != l.test.negated
}

// fire notes that a link may match.
func (s *scan) fire(l *boundLook, key, text string) {
	s.named = s.named || l.keys != nil || len(l.exceptRx) > 0
	if !l.applies(key) {
		return
	}
	if l.follow != nil {
		may, noticed := l.follow.may(text, func(step int) bool {
			t := l.follow.steps[step].again
			if n := l.again[step]; n >= 0 {
				return s.hits.Has(n) != t.negated
			}
			return t.matches(text) != t.negated
		})
		if noticed {
			s.slow(s.side.rules[l.rule].id)
		}
		if !may {
			return
		}
	}
	m := mark{l.rule, l.bit}
	s.marks = append(s.marks, m)
	s.mark(m)
}

func (s *scan) mark(m mark) {
	s.fired[m.rule] |= m.bit
	if watched := &s.side.rules[m.rule]; s.fired[m.rule] == watched.need {
		s.slow(watched.id)
	}
}

// count looks at how many values there were.
func (s *scan) count() {
	for i := range s.side.counts {
		c := &s.side.counts[i]
		n, fires := s.counts[i], false
		if n < len(c.small) {
			fires = c.small[n]
		} else {
			fires = c.test.fires(strconv.Itoa(n))
		}
		if fires {
			s.mark(mark{c.rule, c.bit})
		}
	}
}
