package proof

import "github.com/sekisho-waf/sekisho/ruleset/seclang"

// A Standing is what the proof makes of a rule.
type Standing string

const (
	Baseline      Standing = "baseline"       // fires on every exchange, with known effects
	Never         Standing = "never"          // cannot fire with the settings of the policy
	Skipped       Standing = "skipped"        // stands in a part that the settings leave out
	Proven        Standing = "proven"         // must not fire, and each exchange is checked for it
	Harmless      Standing = "harmless"       // may fire: nothing comes of it
	Unused        Standing = "unused"         // belongs to a phase that is not run
	NotUnderstood Standing = "not understood" // makes the policy slow
)

// A RuleReport says what the proof makes of one rule.
type RuleReport struct {
	ID       int      `json:"id"`
	Phase    int      `json:"phase"`
	Standing Standing `json:"standing"`
	Reason   string   `json:"reason,omitempty"`
}

// Rules returns what the proof makes of each rule, in the order of evaluation.
func (p *Proof) Rules() []RuleReport { return p.reports }

func (c *compiler) report(rule *seclang.Rule, standing Standing, reason string) {
	if rule.Marker == "" {
		c.reports = append(c.reports, RuleReport{rule.ID, rule.Phase, standing, reason})
	}
}
