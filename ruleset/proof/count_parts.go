package proof

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// Two rules of the Core Rule Set (922140 and 922150) fire on every request in parts: they number the media types of the parts
// and keep them in TX variables, which a third one (922110) looks at. What they do is followed here: the third rule is
// watched as if it looked at the parts itself. Rules that do the same are recognised by what they are, not by number.

// refuseParts makes all requests in parts take the slow lane. The first reason stays.
func (c *compiler) refuseParts(rule *seclang.Rule, reason string) {
	if c.slowParts == "" {
		c.slowParts = "rule " + strconv.Itoa(rule.ID) + ": " + reason
	}
}

// countsParts recognises the rule that sets the number to nothing where there are parts.
func (c *compiler) countsParts(i int) bool {
	rule := &c.program.Rules[i]
	link := &rule.Links[0]
	if !c.alone(rule) || !readsParts(link, true) || link.Operator.Name != "gt" || link.Operator.Argument != "0" || link.Operator.Negated ||
		len(link.SetVars) != 1 || link.Capture {
		return false
	}
	counter, whole, _ := keyPrefix(link.SetVars[0].Key)
	if !whole || link.SetVars[0].Remove || !c.onlyNumbers(counter) {
		return false
	}
	c.report(rule, Harmless, "it counts parts")
	return true
}

// namesParts recognises the rule that keeps what it captured of a part under a number, and watches those that look at it.
func (c *compiler) namesParts(i int) bool {
	rule := &c.program.Rules[i]
	if !c.keepsParts(rule) {
		return false
	}
	link := &rule.Links[0]
	prefix, _ := numberedName(link)
	readers, ok := c.readersOf(prefix)
	looks, never, understood := c.linkLooks(rule, link)
	if !ok || never || !understood {
		return false
	}
	captured := seclang.Macro{Parts: []seclang.MacroPart{{Text: "tx.1", Variable: "TX", Key: "1"}}}
	var follows []*follow
	for _, reader := range readers {
		then := &c.program.Rules[reader].Links[0]
		s := step{operator: then.Operator, prepare: then.Transformations, value: captured}
		if reader <= i || c.program.Rules[reader].Phase != rule.Phase || len(c.program.Rules[reader].Links) != 1 ||
			len(then.Variables) != 1 || then.MultiMatch || !c.fix(&s) || s.fixed == nil {
			return false
		}
		follows = append(follows, &follow{captures: goPattern(link.Operator.Argument), steps: []step{s}, base: map[string]string{}, options: c.options})
	}
	for n, reader := range readers {
		for _, l := range looks {
			l.rule, l.bit, l.follow = len(c.requestSide.rules), 1, follows[n]
			c.requestSide.looks = append(c.requestSide.looks, l)
		}
		c.requestSide.rules = append(c.requestSide.rules, watched{c.program.Rules[reader].ID, 1})
	}
	c.report(rule, Harmless, "it keeps what other rules look at, and these are watched")
	return true
}

// keepsParts reports whether a rule is one link that matches a part, and keeps its first capture under the next number.
func (c *compiler) keepsParts(rule *seclang.Rule) bool {
	link := &rule.Links[0]
	if !c.alone(rule) || rule.Phase != 2 || !readsParts(link, false) || link.Operator.Name != "rx" || link.Operator.Negated ||
		!link.Capture || link.MultiMatch || len(link.SetVars) != 2 {
		return false
	}
	pattern := goPattern(link.Operator.Argument)
	_, counter := numberedName(link)
	if pattern == nil || pattern.NumSubexp() < 1 || counter == "" {
		return false
	}
	kept, next := link.SetVars[0], link.SetVars[1]
	key, whole, _ := keyPrefix(next.Key)
	return !kept.Remove && !next.Remove && whole && key == counter && next.Value.Text == "+1" &&
		len(kept.Value.Parts) == 1 && kept.Value.Parts[0].Variable == "TX" && kept.Value.Parts[0].Key == "1"
}

// numberedName takes apart the name under which a rule keeps something: what it begins with, and the variable that
// numbers it; "" where it is no such name.
func numberedName(link *seclang.Link) (prefix, counter string) {
	if len(link.SetVars) == 0 {
		return "", ""
	}
	parts := link.SetVars[0].Key.Parts
	if len(parts) != 2 || parts[0].Variable != "" || parts[1].Variable != "TX" || parts[1].Key == "" || isCapture(parts[1].Key) {
		return "", ""
	}
	return strings.ToLower(parts[0].Text), parts[1].Key
}

// alone reports whether a rule is one link without consequences but the variables that it sets.
func (c *compiler) alone(rule *seclang.Rule) bool {
	link := &rule.Links[0]
	return len(rule.Links) == 1 && link.Operator != nil && len(link.Ctls)+len(link.Others) == 0 && rule.Skip == 0 && rule.SkipAfter == "" &&
		c.consequence(rule) == ""
}

func readsParts(link *seclang.Link, count bool) bool {
	if len(link.Variables) != 1 {
		return false
	}
	v := link.Variables[0]
	return v.Name == "MULTIPART_PART_HEADERS" && v.Count == count && v.Selector == (seclang.Selector{}) && len(v.Except) == 0
}

// onlyNumbers reports whether a variable is read by nobody but rules that number parts with it.
func (c *compiler) onlyNumbers(counter string) bool {
	if len(c.readers.all) > 0 || slices.ContainsFunc(c.readers.patterns, func(r patternReader) bool { return mayName(r, counter) }) {
		return false
	}
	for _, p := range c.readers.byKey[counter] {
		if p.rule < 0 || !c.keepsParts(&c.program.Rules[p.rule]) {
			return false
		}
	}
	return true
}

// readersOf returns the rules that read a variable whose name begins with a text and goes on in digits.
func (c *compiler) readersOf(prefix string) (rules []int, ok bool) {
	if len(c.readers.all) > 0 {
		return nil, false
	}
	for key := range c.readers.byKey {
		if strings.HasPrefix(key, prefix) {
			return nil, false
		}
	}
	for _, r := range c.readers.patterns {
		if !mayName(r, prefix) {
			continue
		}
		if r.late || r.link != 0 {
			return nil, false
		}
		rules = append(rules, r.rule)
	}
	return rules, true
}

var digits = regexp.MustCompile(`[0-9]`)

// mayName reports whether a reader by an expression may read a name that begins with a text and may go on in digits.
func mayName(r patternReader, prefix string) bool {
	switch begins, literal := strings.ToLower(r.begins), strings.ToLower(r.literal); {
	case begins != "":
		return strings.HasPrefix(begins, prefix) || strings.HasPrefix(prefix, begins)
	case literal != "" && !digits.MatchString(literal):
		return strings.Contains(prefix, literal)
	}
	return true
}
