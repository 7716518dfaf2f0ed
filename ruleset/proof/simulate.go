package proof

import (
	"fmt"
	"slices"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A compiler goes through the rules once, in the order in which Coraza does for a clean exchange.
type compiler struct {
	program *seclang.Program
	options Options

	state   *state
	readers *readers

	slow, slowResponse        string
	slowParts                 string // why no request in parts can be proven, or ""
	reports                   []RuleReport
	processors                []processor
	requestSide, responseSide sideBuilder
}

// simulate runs the phases. What does not depend on the exchange is carried out on the state, for the rules behind it;
// everything else goes to judge.
func (c *compiler) simulate() {
	c.state = newState()
	c.slow = settingsReason(c.program.Settings)
	var err error
	if c.readers, err = findReaders(c.program, c.options.Recorded); err == nil {
		err = c.readers.checkCaptures(c.program)
	}
	if err != nil {
		c.refuse(1, err.Error())
		return
	}
	after := ""
	for phase := 1; phase <= 4; phase++ {
		skip := 0
		for i := range c.program.Rules {
			rule := &c.program.Rules[i]
			switch {
			case rule.Marker == "" && rule.Phase != phase:
			case after != "":
				if rule.Marker == after {
					after = ""
				}
				c.report(rule, Skipped, "")
			case skip > 0:
				skip--
				c.report(rule, Skipped, "")
			case rule.Marker == "":
				if c.rule(i) {
					skip, after = rule.Skip, rule.SkipAfter
				}
			}
		}
	}
	for key, want := range c.options.Recorded {
		if got, ok := c.state.values[key]; !ok || got != want {
			c.refuse(1, fmt.Sprintf("tx.%s is %q after every request, not %q", key, got, want))
		}
	}
	for i := range c.program.Rules {
		if rule := &c.program.Rules[i]; rule.Marker == "" && rule.Phase == 5 {
			c.report(rule, Unused, "its phase is not run")
		}
	}
}

// refuse makes all requests, or all responses, take the slow lane. The first reason stays.
func (c *compiler) refuse(phase int, reason string) {
	if phase <= 2 && c.slow == "" {
		c.slow = reason
	}
	if phase > 2 && c.slowResponse == "" {
		c.slowResponse = reason
	}
}

// rule looks at one rule and reports whether it fires on every clean exchange.
func (c *compiler) rule(i int) (always bool) {
	rule := &c.program.Rules[i]
	for j := range rule.Links {
		link := &rule.Links[j]
		times, ok := c.known(link)
		if !ok {
			c.judge(i, j)
			return false
		}
		if times == 0 {
			c.report(rule, Never, "")
			return false
		}
		for range times {
			if reason := c.carryOut(link); reason != "" {
				c.report(rule, NotUnderstood, reason)
				c.refuse(rule.Phase, fmt.Sprintf("rule %d fires on every exchange: %s", rule.ID, reason))
				return true
			}
		}
	}
	if reason := c.consequence(rule); reason != "" {
		c.report(rule, NotUnderstood, reason)
		c.refuse(rule.Phase, fmt.Sprintf("rule %d fires on every exchange: %s", rule.ID, reason))
	} else {
		c.report(rule, Baseline, "")
	}
	return true
}

// consequence says why a rule must not fire on a clean exchange, apart from what it sets; "" if it may.
func (c *compiler) consequence(rule *seclang.Rule) string {
	recorded := rule.Msg.Text != "" || slices.ContainsFunc(rule.Links, func(l seclang.Link) bool { return l.Msg.Text != "" })
	if recorded && c.options.Records != nil {
		recorded = c.options.Records(rule)
	}
	switch {
	case rule.Disruptive.Name != "" && rule.Disruptive.Name != "pass" && rule.Disruptive.Name != "block":
		return "it answers with " + rule.Disruptive.Name
	case rule.Log || rule.AuditLog:
		return "it logs"
	case recorded:
		return "it has a message, which is recorded"
	}
	return ""
}

// carryOut does what a link that always matches does, on the state.
func (c *compiler) carryOut(link *seclang.Link) (reason string) {
	for _, v := range link.SetVars {
		if !c.state.set(v) {
			return "it sets a variable whose name depends on the exchange"
		}
	}
	if len(link.Ctls) > 0 {
		return "it changes " + link.Ctls[0].Name
	}
	if len(link.Others) > 0 {
		return "it does " + link.Others[0].Name
	}
	return ""
}

// known returns how often a link matches that looks at nothing but TX variables with known values. ok is false for a link
// that depends on the exchange.
func (c *compiler) known(link *seclang.Link) (times int, ok bool) {
	if link.Operator == nil {
		return 1, true
	}
	if link.Operator.Name == "noMatch" && !link.Operator.Negated {
		return 0, true
	}
	var values []string
	for _, v := range link.Variables {
		if v.Name != "TX" {
			return 0, false
		}
		found, ok := c.state.find(v)
		if !ok {
			return 0, false
		}
		values = append(values, found...)
	}
	if len(values) == 0 {
		return 0, true
	}
	t := c.test(link.Operator)
	if t == nil || link.MultiMatch || link.Capture {
		return 0, false
	}
	for _, value := range values {
		value, ok := applyAll(link.Transformations, value)
		if !ok {
			return 0, false
		}
		if t.fires(value) {
			times++
		}
	}
	return times, true
}

// settingsReason says which setting the proof is not made for.
func settingsReason(settings map[string]string) string {
	for name, fits := range map[string][]string{
		"secruleengine":        {"on", "detectiononly"},
		"secrequestbodyaccess": {"on"},
		"secauditengine":       {"off"},
		"secargumentseparator": nil,
		"seccookieformat":      nil,
		"secunicodemap":        nil,
	} {
		value, set := settings[name]
		if set && !slices.Contains(fits, lowerASCII(value)) {
			return fmt.Sprintf("%s %s is not understood", name, value)
		}
	}
	return ""
}
