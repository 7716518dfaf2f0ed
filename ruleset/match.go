package ruleset

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
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
func matchOf(tx types.Transaction, m types.MatchedRule) sekisho.Match {
	data, times := evidence(m.MatchedDatas())
	match := sekisho.Match{
		RuleID:  m.Rule().ID(),
		Message: redact.Clip(redact.Text(m.Message()), maxMessage),
		Score:   ruleScore(m.Rule()) * times,
	}
	if data == nil {
		return match
	}
	variable, key := data.Variable(), data.Key()
	where := variable.Name()
	if key != "" {
		where += ":" + key
	}
	if variable == variables.MatchedVars || variable == variables.MatchedVar { // a chain looked at it again
		for again := true; again; { // and again, where a guard did
			key, again = strings.CutPrefix(key, "MATCHED_VARS:")
		}
		where = key
		collection, name, _ := strings.Cut(key, ":")
		key = name
		if parsed, err := variables.Parse(collection); err == nil {
			variable = parsed
		}
	}
	part := matchedPart(m.Data())
	value := original(tx, variable, key, data.Value(), part)
	if variable == variables.RequestCookies {
		key = "Cookie" // cookies go whole: which of them is a session is the application's secret
	}
	match.Variable = redact.Clip(redact.Text(where), maxVariable)
	match.Data = excerpt(redact.Value(key, around(value, part, redact.MaxLen)), part)
	return match
}

// evidence returns the value to show, which is the one that the last link of a chain to look at the exchange itself
// matched first, and how often the last link matched: its actions, which count the score, ran once for each.
func evidence(datas []types.MatchData) (show types.MatchData, times int) {
	last, shown := -1, -1
	for _, d := range datas {
		if d.ChainLevel() > last {
			last, times = d.ChainLevel(), 0
		}
		if d.ChainLevel() == last {
			times++
		}
		if d.ChainLevel() > shown && d.Variable() != variables.Unknown && d.Variable() != variables.TX {
			show, shown = d, d.ChainLevel()
		}
	}
	return show, times
}

// original returns the value as it was sent: what a rule matched has gone through its transformations, which make
// noise of Japanese. Among several of one name it is the first with the part in it.
func original(tx types.Transaction, variable variables.RuleVariable, key, transformed, part string) string {
	state, ok := tx.(plugintypes.TransactionState)
	if !ok {
		return transformed
	}
	var values []string
	switch c := state.Collection(variable).(type) {
	case collection.Keyed:
		if variable != variables.XML && variable != variables.RequestXML {
			values = c.Get(key)
		}
	case collection.Single:
		values = []string{c.Get()}
	}
	for _, value := range values {
		if part != "" && strings.Contains(value, part) {
			return value
		}
	}
	if len(values) == 1 && !strings.Contains(transformed, part) {
		return values[0]
	}
	return transformed
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

// excerpt cuts a value, redacted before, to maxData bytes around the part that matched.
func excerpt(value, part string) string {
	if len(value) <= maxData {
		return redact.Clip(value, maxData)
	}
	const dots = "..."
	shown := around(value, part, maxData-len(dots))
	if !strings.HasPrefix(value, shown) {
		shown = dots + shown
	}
	return redact.Clip(shown, maxData)
}

// around returns at most limit bytes of value with the part in their middle; where the part is not to be found, the
// first character that attacks are made of stands for it.
func around(value, part string, limit int) string {
	if len(value) <= limit {
		return value
	}
	at := strings.Index(value, part)
	if part == "" || at < 0 {
		part = ""
		at = max(0, strings.IndexAny(value, "<>'\"`;|${}\\"))
	}
	start := max(0, at-max(0, limit-len(part))/2)
	return redact.Clip(strings.TrimLeftFunc(value[start:], isHalf), limit)
}

// isHalf tells the bytes of a character whose beginning was cut off.
func isHalf(r rune) bool { return r == utf8.RuneError }

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
