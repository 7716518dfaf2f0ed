package proof

import (
	"math/bits"
	"slices"
	"strings"
)

// Of a rule with several links, one may be cheap to ask and nearly never match, and another dear: an expression over the
// noise that a decoder makes of running Japanese visits new states of its automaton with each text. Such a link is asked
// late, of all values that it sees, and only where the others have left the rule nothing else to fail by.

// noisy is the transformation that makes noise of what is no ASCII, once it is followed by one that reads %u.
const noisy = "utf8tounicode"

// delay chooses the looks of one rule that are asked late. The rule needs the links of need.
func delay(looks []look, need uint32) {
	var early, late uint32
	for i := range looks {
		if looks[i].dear() {
			late |= looks[i].bit
		} else {
			early |= looks[i].bit
		}
	}
	if late&^early == 0 || bits.OnesCount32(need&^late) == 0 {
		return // what is asked late must be a link of its own, and leave one to be asked before
	}
	for i := range looks {
		looks[i].late = looks[i].bit&late&^early != 0
	}
}

// dear reports whether a look is at noise, and at nothing but the value.
func (l *look) dear() bool {
	return !l.count && l.follow == nil && l.keys == nil && len(l.exceptRx) == 0 && l.test.pattern != nil &&
		slices.ContainsFunc(l.chain.Steps, func(step string) bool { return strings.EqualFold(step, noisy) })
}

// lateRules returns the rules of which looks are asked late, by their numbers, with the links that these decide.
func lateRules(looks []look) (rules []lateRule) {
	for _, l := range looks {
		if !l.late {
			continue
		}
		at := slices.IndexFunc(rules, func(r lateRule) bool { return r.rule == l.rule })
		if at < 0 {
			at, rules = len(rules), append(rules, lateRule{rule: l.rule})
		}
		rules[at].links |= l.bit
	}
	return rules
}

// A lateRule is a watched rule, by its number, and the links of it that are asked late.
type lateRule struct {
	rule  int
	links uint32
}

// A lateValue is a value of which something is to be asked late.
type lateValue struct {
	matcher *matcher
	view    *view
	value   string
}

// askLate asks what was left, unless each rule concerned has a link that matched nothing.
func (s *scan) askLate() {
	open := func(r lateRule) bool {
		return (s.fired[r.rule]|r.links)&s.side.rules[r.rule].need == s.side.rules[r.rule].need
	}
	if !s.clean || !slices.ContainsFunc(s.side.late, open) {
		return
	}
	for _, l := range s.late {
		if s.look(l.matcher, l.view, "", l.value); !s.clean {
			return
		}
	}
}
