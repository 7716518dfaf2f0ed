package proof

import (
	"fmt"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// judge decides what has to be shown of an exchange so that a rule has no consequences. The links before from always
// match.
//
// A rule is a chain of links. Each that matches acts at once, whether or not those behind it match. So there is a last
// link that may still be reached: the first one with an effect that matters, or the last of all. It is enough to show of
// one link up to there that it does not match. Which one, may differ between exchanges.
func (c *compiler) judge(i, from int) {
	rule := &c.program.Rules[i]
	if p, ok := c.processorRule(rule); ok {
		c.processors = append(c.processors, p)
		c.report(rule, Harmless, "it chooses how the body is read")
		return
	}
	if from == 0 && (c.countsParts(i) || c.namesParts(i)) {
		return
	}
	last, matters := c.lastLink(i, from)
	if matters == "" {
		c.report(rule, Harmless, "nothing comes of it")
		return
	}
	side := &c.requestSide
	if rule.Phase > 2 {
		side = &c.responseSide
	}
	number, need := len(side.rules), uint32(0)
	var looks []look
	named := false // a link before sets a variable whose name must be looked at
	for k := from; k <= last; k++ {
		link := &rule.Links[k]
		if c.readsOwn(i, from, k) {
			continue
		}
		found, never, ok := c.linkLooks(rule, link)
		if times, known := c.known(link); known && times == 0 {
			never = true
		}
		if never && !named {
			c.report(rule, Never, fmt.Sprintf("link %d cannot match", k+1))
			return
		}
		if never || !ok {
			continue
		}
		follow := c.follow(i, k, last)
		named = named || follow != nil && len(follow.forbidden) > 0
		for l := range found {
			found[l].rule, found[l].bit, found[l].follow = number, 1<<k, follow
		}
		need |= 1 << k
		looks = append(looks, found...)
	}
	if need == 0 {
		reason := "no link of it can be shown not to match, and " + matters
		c.report(rule, NotUnderstood, reason)
		c.refuse(rule.Phase, fmt.Sprintf("rule %d: %s", rule.ID, reason))
		return
	}
	delay(looks, need)
	side.rules = append(side.rules, watched{rule.ID, need})
	side.looks = append(side.looks, looks...)
	c.report(rule, Proven, "")
}

// lastLink returns the last link that may be reached, and why it matters that it does not match; "" if it does not.
func (c *compiler) lastLink(i, from int) (last int, matters string) {
	rule := &c.program.Rules[i]
	if len(rule.Links) > 31 {
		return from, "its chain is longer than 31 links"
	}
	for k := from; k < len(rule.Links); k++ {
		end := k == len(rule.Links)-1
		forbidden, reason := c.effects(i, k)
		if reason == "" && len(forbidden) > 0 && (end || !c.followable(rule, k)) {
			reason = "it sets a variable whose name depends on the exchange"
		}
		if reason != "" {
			return k, reason
		}
	}
	last = len(rule.Links) - 1
	if reason := c.consequence(rule); reason != "" {
		return last, reason
	}
	return last, c.skipReason(i)
}

// effects says why what a link does by itself matters; "" if nobody notices. Names that hold one of the forbidden texts
// would be noticed.
func (c *compiler) effects(i, k int) (forbidden []string, reason string) {
	link, here := &c.program.Rules[i].Links[k], place{rule: i, link: k}
	for _, v := range link.SetVars {
		prefix, whole, ok := keyPrefix(v.Key)
		switch {
		case v.Remove:
			return nil, "it removes tx." + v.Key.Text
		case whole:
			if c.readers.readOutside(prefix, here) {
				return nil, "it sets tx." + v.Key.Text + ", which another rule reads"
			}
		case !ok || !link.Capture:
			return nil, "it sets tx." + v.Key.Text + ", whose name depends on the exchange"
		default:
			more, ok := c.readers.readOutsideWithPrefix(prefix, here)
			if !ok {
				return nil, "it sets tx." + v.Key.Text + ", which another rule may read"
			}
			forbidden = append(forbidden, more...)
		}
	}
	for _, ctl := range link.Ctls {
		if reason := c.ctlReason(ctl); reason != "" {
			return nil, reason
		}
	}
	if len(link.Others) > 0 {
		return nil, "it does " + link.Others[0].Name
	}
	return forbidden, ""
}

// keyPrefix returns the text with which the name of a variable that is set begins, in lower case. ok is false when the
// rest is made of anything but captures.
func keyPrefix(m seclang.Macro) (prefix string, whole, ok bool) {
	whole, ok = true, true
	for _, part := range m.Parts {
		switch {
		case part.Variable == "TX" && isCapture(part.Key):
			whole = false
		case part.Variable != "":
			whole, ok = false, false
		case whole:
			prefix += part.Text
		}
	}
	return strings.ToLower(prefix), whole, ok
}

func isCapture(key string) bool { return len(key) == 1 && key[0] >= '0' && key[0] <= '9' }

// ctlReason says why a change to the engine matters. Removing what a rule looks at only takes matches away, unless the
// rule counts. How a body of an unknown kind is read does not matter: requests with one are not proven at all.
func (c *compiler) ctlReason(ctl seclang.Ctl) string {
	switch ctl.Name {
	case "forceRequestBodyVariable":
		return ""
	case "ruleRemoveTargetById", "ruleRemoveTargetByTag", "ruleRemoveTargetByMsg":
		if ctl.Variable == "TX" || strings.HasPrefix(ctl.Variable, "MATCHED_") ||
			ctl.Variable == "REQUEST_HEADERS" && (ctl.Target.IsPattern || ctl.Target.Key == "" || ctl.Target.Key == "content-type") {
			return "it takes " + ctl.Variable + " away from rules"
		}
		for i := range c.program.Rules {
			for _, link := range c.program.Rules[i].Links {
				for _, v := range link.Variables {
					if v.Count && v.Name == ctl.Variable {
						return fmt.Sprintf("it takes %s away from rule %d, which counts", v.Name, c.program.Rules[i].ID)
					}
				}
			}
		}
		return ""
	}
	return "it changes " + ctl.Name
}

// skipReason says why it matters that rules behind this one are skipped: one of them has effects on every exchange.
func (c *compiler) skipReason(i int) string {
	rule := &c.program.Rules[i]
	left := rule.Skip
	if left > 0 && rule.SkipAfter != "" {
		return "it skips twice"
	}
	for j := i + 1; j < len(c.program.Rules) && (left > 0 || rule.SkipAfter != ""); j++ {
		other := &c.program.Rules[j]
		if other.Marker == "" && other.Phase != rule.Phase {
			continue
		}
		left--
		if rule.SkipAfter != "" && other.Marker == rule.SkipAfter {
			return ""
		}
		for _, link := range other.Links {
			for _, ctl := range link.Ctls {
				if ctl.Name == "requestBodyProcessor" {
					return fmt.Sprintf("it skips rule %d, which chooses how the body is read", other.ID)
				}
			}
			if len(link.SetVars) > 0 && onlyTX(&other.Links[0]) {
				return fmt.Sprintf("it skips rule %d, which sets variables", other.ID)
			}
		}
	}
	if rule.SkipAfter != "" {
		return "it skips to a marker that does not come"
	}
	return ""
}

func onlyTX(link *seclang.Link) bool {
	for _, v := range link.Variables {
		if v.Name != "TX" {
			return false
		}
	}
	return true
}

// readsOwn reports whether a link looks at what an earlier link of its chain may have set or captured.
func (c *compiler) readsOwn(i, from, k int) bool {
	rule := &c.program.Rules[i]
	for j := from; j < k; j++ {
		for _, v := range rule.Links[j].SetVars {
			prefix, _, _ := keyPrefix(v.Key)
			for _, target := range rule.Links[k].Variables {
				if target.Name == "TX" && (target.Key == "" || strings.HasPrefix(target.Key, prefix)) {
					return true
				}
			}
			if op := rule.Links[k].Operator; op != nil {
				for _, part := range op.Macro.Parts {
					if part.Variable == "TX" && strings.HasPrefix(part.Key, prefix) {
						return true
					}
				}
			}
		}
	}
	return false
}
