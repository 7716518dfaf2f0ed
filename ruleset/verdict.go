package ruleset

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
)

// maxMatches bounds the evidence that one half of an exchange leaves behind.
const maxMatches = 20

// verdict says what the rules that matched in one half of the exchange amount to. In both modes Attack is true exactly
// when block mode ends the exchange: the detecting engine goes on where the blocking one stops, so the first rule that
// would have ended it decides.
func (i *Inspection) verdict(matched []types.MatchedRule, response bool) sekisho.Verdict {
	var v sekisho.Verdict
	v.Score = score(i.tx, "blocking_inbound_anomaly_score")
	if response {
		v.Score = score(i.tx, "blocking_outbound_anomaly_score")
	}
	stopper := firstStop(matched)
	if stopper != nil {
		v.Attack = true
		v.Status = statusOf(i.tx, stopper.Rule().ID())
	}
	weights := map[family]int{}
	var order []family
	for _, m := range matched {
		rule := m.Rule()
		if m.Message() == "" || isSum(rule.ID()) || !recorded(m, stopper) {
			continue
		}
		f := familyOf(rule)
		match := matchOf(i.tx, m)
		if weights[f] == 0 {
			order = append(order, f)
		}
		weights[f] += match.Score + 1 // a rule without a score still names a family
		v.Leak = v.Leak || response && f.leak
		if len(v.Matches) < maxMatches {
			v.Matches = append(v.Matches, match)
		}
	}
	if v.Attack {
		main := mainFamily(order, weights)
		v.Family, v.Class = main.name, main.class
	}
	return v
}

// recorded leaves out rules with a message that neither score nor stop: notes of the rule set to itself.
func recorded(m, stopper types.MatchedRule) bool {
	return m == stopper || ruleScore(m.Rule()) > 0 || disruptionOf(m).stops() || !isCRS(m.Rule())
}

// mainFamily is the one with the most points, among equals the one that would do most ([tieOrder]); how a request is
// made counts only where nothing says what it tries.
func mainFamily(order []family, weights map[family]int) family {
	if len(order) == 0 {
		return customFamily
	}
	return slices.MaxFunc(order, func(a, b family) int {
		if a.weak != b.weak {
			if a.weak {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(weights[a], weights[b]), cmp.Compare(tieRank(b), tieRank(a)))
	})
}

func tieRank(f family) int {
	if i := slices.Index(tieOrder, f.name); i >= 0 {
		return i
	}
	return len(tieOrder)
}

var allowScope = regexp.MustCompile(`(?i)["',\s]allow(?::(phase|request))?\s*[,"']`)

// firstStop returns the first rule at which block mode ends the exchange, or nil. `allow` needs care: the detecting
// engine does not act on it, so what a blocking one would have skipped after it is skipped here.
func firstStop(matched []types.MatchedRule) types.MatchedRule {
	allowedPhase := types.RulePhase(0)
	allowedRequest := false
	for _, m := range matched {
		phase := m.Rule().Phase()
		if allowedRequest && phase <= types.PhaseRequestBody || allowedPhase == phase {
			continue
		}
		switch d := disruptionOf(m); {
		case d.stops():
			return m
		case d == disruptAllow:
			scope := allowScope.FindStringSubmatch(m.Rule().Raw())
			switch {
			case scope == nil || scope[1] == "":
				return nil
			case strings.EqualFold(scope[1], "phase"):
				allowedPhase = phase
			default:
				allowedRequest = true
			}
		}
	}
	return nil
}

// statusOf returns the status that the denying rule asks for, or 0 where that is the ordinary 403 or no refusal at all
// (a redirect has nowhere to go: the block page answers).
func statusOf(tx types.Transaction, rule int) int {
	stop := tx.Interruption()
	if stop == nil {
		stop = wouldBe(tx)
	}
	if stop == nil || stop.RuleID != rule || stop.Status < 400 || stop.Status > 599 || stop.Status == 403 {
		return 0
	}
	return stop.Status
}
