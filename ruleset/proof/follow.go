package proof

import (
	"regexp"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A follow says what has to be asked about a value that a link matched, because links behind it look at what it matched,
// captured or set. Where one of them cannot match for the value, the value does not count as matched.
//
// Coraza asks those links once, when all values have been matched: what was captured is then of the last one, and any
// may be the last. So either all the steps are about what the last match left (lasting), or there is only one.
type follow struct {
	captures  *regexp.Regexp  // of the link's own operator; nil where nothing depends on captures
	names     []seclang.Macro // of the variables that it sets, where they depend on captures
	forbidden []string        // what these names must not hold, for other rules would read them
	steps     []step
	base      map[string]string
	options   Options
}

// A step is a link that looks at what was matched.
type step struct {
	// again asks about the value itself.
	again *test
	// matched looks at what the transformations of the step make of the value.
	matched bool
	// value is what is looked at otherwise: a capture, or what was set of captures.
	value    seclang.Macro
	prepare  []string
	operator *seclang.Operator
	fixed    *test // what the operator asks, where that does not depend on captures
}

// goPattern returns an expression of @rx for Go; nil where it is one on bytes.
func goPattern(expr string) *regexp.Regexp {
	pattern := automaton.Rx(expr)
	if pattern.Kind != automaton.Regexp {
		return nil
	}
	compiled, err := regexp.Compile(pattern.Expr)
	if err != nil {
		return nil
	}
	return compiled
}

// followable reports whether the captures of a link can be computed.
func (c *compiler) followable(rule *seclang.Rule, k int) bool {
	op := rule.Links[k].Operator
	if op == nil || op.Name != "rx" || op.Negated || !rule.Links[k].Capture || goPattern(op.Argument) == nil {
		return false
	}
	looks, _, ok := c.linkLooks(rule, &rule.Links[k])
	return ok && len(looks) > 0
}

// follow returns what to ask when link k has matched, of the links up to last; nil for nothing.
func (c *compiler) follow(i, k, last int) *follow {
	if k == last {
		return nil
	}
	rule := &c.program.Rules[i]
	head := &rule.Links[k]
	f := &follow{base: map[string]string{}, options: c.options}
	for key, value := range c.state.values {
		f.base[key] = value
	}
	captures := c.followable(rule, k)
	if captures {
		f.captures = goPattern(head.Operator.Argument)
		if forbidden, reason := c.effects(i, k); reason == "" && len(forbidden) > 0 {
			f.forbidden = forbidden
			for _, v := range head.SetVars {
				f.names = append(f.names, v.Key)
			}
		}
	}
	lasting := true
	matchedOnly := true // the links so far looked at the matched values only
	for m := k + 1; m <= last; m++ {
		link := &rule.Links[m]
		if link.Operator == nil || len(link.Variables) != 1 || link.MultiMatch {
			break
		}
		v := link.Variables[0]
		s, isLasting, ok := step{operator: link.Operator, prepare: link.Transformations}, true, false
		if c.readsOwnMacro(rule, k, m) {
			break
		}
		switch {
		case (v.Name == "MATCHED_VARS" || v.Name == "MATCHED_VAR") && !v.Count && v.Selector == (seclang.Selector{}) && matchedOnly:
			if len(link.Transformations) == 0 {
				s.again = c.test(link.Operator)
				ok = s.again != nil
			} else if c.matchedOnce(rule.Phase) {
				s.matched, ok = true, c.fix(&s) && s.fixed != nil
			}
			isLasting = v.Name == "MATCHED_VAR"
		case v.Name == "TX" && !v.Count && len(v.Except) == 0 && captures:
			s.value, isLasting, ok = c.ownValue(head, v, f.captures.NumSubexp())
			ok = ok && c.fix(&s)
			matchedOnly = false
		default:
			matchedOnly = false
		}
		if ok && isLasting == lasting && (lasting || len(f.steps) == 0) {
			f.steps = append(f.steps, s)
		} else if ok && len(f.steps) == 0 {
			f.steps, lasting = append(f.steps, s), false
		}
		if link.Capture { // behind it, captures are its own
			break
		}
	}
	if len(f.steps) == 0 && len(f.forbidden) == 0 {
		return nil
	}
	return f
}

// fix prepares the operator of a step, and reports whether it is understood.
func (c *compiler) fix(s *step) bool {
	if s.operator.Name == "rx" {
		pattern := goPattern(s.operator.Argument)
		if pattern == nil {
			return false
		}
		s.fixed = &test{negated: s.operator.Negated, matches: pattern.MatchString}
		return true
	}
	if t := c.test(s.operator); t != nil {
		s.fixed = t
		t.fires("") // compiles its expression
		return true
	}
	t := newTest(s.operator, c.options, func(seclang.Macro) (string, bool) { return "", true })
	return t != nil && t.pattern == nil
}

// readsOwnMacro reports whether the operator of link m has a macro of what links from k on set.
func (c *compiler) readsOwnMacro(rule *seclang.Rule, k, m int) bool {
	for j := k; j < m; j++ {
		for _, v := range rule.Links[j].SetVars {
			prefix, _, _ := keyPrefix(v.Key)
			for _, part := range rule.Links[m].Operator.Macro.Parts {
				if part.Variable == "TX" && strings.HasPrefix(part.Key, prefix) {
					return true
				}
			}
		}
	}
	return false
}

// matchedOnce reports whether no more than one link of a phase transforms matched values. Coraza remembers the outcome by
// the name of what was matched, so that a second link could be shown what the first one saw.
func (c *compiler) matchedOnce(phase int) bool {
	count := 0
	for i := range c.program.Rules {
		for _, link := range c.program.Rules[i].Links {
			for _, v := range link.Variables {
				if c.program.Rules[i].Phase == phase && strings.HasPrefix(v.Name, "MATCHED_VAR") && len(link.Transformations) > 0 {
					count++
				}
			}
		}
	}
	return count <= 1
}

// ownValue returns what a TX target holds when the head has matched, in terms of its captures.
func (c *compiler) ownValue(head *seclang.Link, v seclang.Variable, groups int) (value seclang.Macro, lasting, ok bool) {
	if v.IsPattern {
		found := 0
		pattern, err := regexp.Compile(v.Pattern)
		if err != nil {
			return value, false, false
		}
		for _, set := range head.SetVars {
			prefix, whole, ok := keyPrefix(set.Key)
			if ok && !whole && pattern.MatchString(prefix) {
				value = set.Value
				found++
			}
		}
		others, ok := c.state.find(v)
		if found != 1 || !ok || len(others) > 0 || !capturesOnly(value, groups) || !plain(value) {
			return value, false, false
		}
		return value, false, true
	}
	if isCapture(v.Key) {
		value = seclang.Macro{Parts: []seclang.MacroPart{{Text: "tx." + v.Key, Variable: "TX", Key: v.Key}}}
		return value, true, capturesOnly(value, groups)
	}
	found := 0
	for _, set := range head.SetVars {
		prefix, whole, _ := keyPrefix(set.Key)
		if whole && prefix == v.Key && !set.Remove {
			value = set.Value
			found++
		} else if !whole && strings.HasPrefix(v.Key, prefix) {
			return value, false, false
		}
	}
	if found != 1 || !capturesOnly(value, groups) || !plain(value) {
		return value, false, false
	}
	return value, true, true
}

// capturesOnly reports whether a text is made of captures that the expression has. Coraza keeps the first nine; others
// would be left from an earlier rule.
func capturesOnly(m seclang.Macro, groups int) bool {
	for _, part := range m.Parts {
		if part.Variable == "" {
			continue
		}
		if part.Variable != "TX" || !isCapture(part.Key) || int(part.Key[0]-'0') > min(groups, 8) {
			return false
		}
	}
	return true
}

// plain reports whether a value that is set begins with text that makes it no sum.
func plain(m seclang.Macro) bool {
	return len(m.Parts) > 0 && m.Parts[0].Variable == "" && m.Parts[0].Text[0] != '+' && m.Parts[0].Text[0] != '-'
}

// may reports whether the links behind may match for a value, and whether another rule would notice what the link sets.
// hit tells whether the test of a step matches the value itself.
func (f *follow) may(value string, hit func(step int) bool) (may, noticed bool) {
	var found []string
	if f.captures != nil {
		if found = f.captures.FindStringSubmatch(value); found == nil {
			return true, true // the automaton disagrees: nothing is certain
		}
	}
	for _, name := range f.names {
		key, ok := f.expand(name, found)
		if !ok {
			return true, true
		}
		key = strings.ToLower(key)
		for _, forbidden := range f.forbidden {
			if strings.Contains(key, forbidden) {
				return true, true
			}
		}
	}
	for i := range f.steps {
		if !f.stepMay(i, value, found, hit) {
			return false, false
		}
	}
	return true, false
}

func (f *follow) stepMay(i int, value string, found []string, hit func(step int) bool) bool {
	s := &f.steps[i]
	if s.again != nil {
		return hit(i)
	}
	text, ok := value, true
	if !s.matched {
		text, ok = f.expand(s.value, found)
	}
	if !ok {
		return true
	}
	if text, ok = applyAll(s.prepare, text); !ok {
		return true
	}
	t := s.fixed
	if t == nil {
		t = newTest(s.operator, f.options, func(m seclang.Macro) (string, bool) { return f.expand(m, found) })
	}
	return t == nil || t.fires(text)
}

// expand replaces macros by captures and by what every exchange has.
func (f *follow) expand(m seclang.Macro, found []string) (string, bool) {
	var out strings.Builder
	for _, part := range m.Parts {
		switch {
		case part.Variable == "":
			out.WriteString(part.Text)
		case part.Variable != "TX":
			return "", false
		case isCapture(part.Key):
			n := int(part.Key[0] - '0')
			if n > 8 || n >= len(found) {
				return "", false
			}
			out.WriteString(found[n])
		default:
			value, ok := f.base[part.Key]
			if !ok {
				return "", false
			}
			out.WriteString(value)
		}
	}
	return out.String(), true
}
