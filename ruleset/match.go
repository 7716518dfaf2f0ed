package ruleset

import (
	"slices"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/redact"
)

const (
	maxMessage  = 200
	maxVariable = 100
	maxData     = 200
)

// matchOf turns a matched rule into evidence: what matched, where, redacted and short.
func matchOf(m types.MatchedRule) sekisho.Match {
	data, times := lastLink(m.MatchedDatas())
	match := sekisho.Match{
		RuleID:  m.Rule().ID(),
		Message: redact.Clip(redact.Text(m.Message()), maxMessage),
		Score:   ruleScore(m.Rule()) * times,
	}
	if data == nil || data.Variable() == variables.Unknown {
		return match
	}
	match.Variable = data.Variable().Name()
	if data.Key() != "" {
		match.Variable += ":" + data.Key()
	}
	match.Variable = redact.Clip(redact.Text(match.Variable), maxVariable)
	match.Data = excerpt(redactValue(data), matchedPart(m.Data()))
	return match
}

// lastLink returns the value on which the last link of a chain matched first, and how many values it matched: its
// actions, which count the score, ran once for each.
func lastLink(datas []types.MatchData) (first types.MatchData, times int) {
	level := -1
	for _, d := range datas {
		if d.ChainLevel() > level {
			first, times, level = d, 0, d.ChainLevel()
		}
		if d.ChainLevel() == level {
			times++
		}
	}
	return first, times
}

// redactValue hides what nobody may keep. Cookies go whole: which of them is a session is the application's secret.
func redactValue(data types.MatchData) string {
	name := data.Key()
	switch data.Variable() {
	case variables.RequestCookies:
		name = "Cookie"
	case variables.MatchedVar, variables.MatchedVars:
		_, name, _ = strings.Cut(data.Key(), ":")
		if strings.HasPrefix(data.Key(), "REQUEST_COOKIES") {
			name = "Cookie"
		}
	}
	return redact.Value(name, data.Value())
}

// matchedPart takes what matched out of the rule set's log line, "Matched Data: X found within ARGS:q: ...".
func matchedPart(logdata string) string {
	part, ok := strings.CutPrefix(logdata, "Matched Data: ")
	if !ok {
		return ""
	}
	part, _, ok = strings.Cut(part, " found within ")
	if !ok {
		return ""
	}
	return part
}

// excerpt cuts a value, redacted before, to maxData bytes around the part that matched, or from the beginning.
func excerpt(value, part string) string {
	if len(value) <= maxData {
		return redact.Clip(value, maxData)
	}
	at := strings.Index(value, part)
	if at <= 0 {
		return redact.Clip(value, maxData)
	}
	before := max(0, (maxData-len(part))/2)
	return redact.Clip("..."+redact.Valid(value[max(0, at-before):]), maxData)
}

// ruleScore is what one match of a rule adds to the anomaly score.
func ruleScore(rule types.RuleMetadata) int {
	if !strings.Contains(rule.Raw(), "_anomaly_score_pl") {
		return 0
	}
	switch rule.Severity() {
	case types.RuleSeverityCritical:
		return 5
	case types.RuleSeverityError:
		return 4
	case types.RuleSeverityWarning:
		return 3
	case types.RuleSeverityNotice:
		return 2
	}
	return 0
}

func isCRS(rule types.RuleMetadata) bool {
	return slices.Contains(rule.Tags(), "OWASP_CRS")
}
