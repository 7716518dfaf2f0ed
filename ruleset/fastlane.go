package ruleset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// readRules reads the rules of a policy in our own way, to be held against what Coraza made of them.
func readRules(policy sekisho.Policy, mode sekisho.Mode) (*seclang.Program, error) {
	custom, err := parseCustom(policy.CustomRules)
	if err != nil {
		return nil, err
	}
	rules, err := versionOf(policy.Version)
	if err != nil {
		return nil, err
	}
	// One rule has an action of our own, which changes no value that the rules could tell from what was there: unshare.go.
	var text strings.Builder
	for line := range strings.Lines(directives(policy, mode)) {
		if !strings.HasPrefix(line, "SecAction") || !strings.Contains(line, ownValuesAction) {
			text.WriteString(line)
		}
	}
	sources := []seclang.Source{{Name: "policy", Text: text.String()}}
	for _, d := range custom {
		sources = append(sources, seclang.Source{Name: fmt.Sprintf("custom/line-%d", d.line), Text: d.text})
	}
	return seclang.Read(rules.under(policy.Profile), sources...), nil
}

// compileProof reads the rules of a policy for the fast lane. It never fails: where it does not understand, the proof
// says so and proves nothing.
func compileProof(program *seclang.Program, policy sekisho.Policy) *proof.Proof {
	setting := func(name string) int { // 0 where it is not set: the proof then takes no arguments and no JSON
		n, err := strconv.Atoi(program.Settings[name])
		if err != nil {
			return 0
		}
		return n
	}
	return proof.Compile(program, proof.Options{
		DetectSQLi:        mayBeSQLi,
		DetectSpelledSQLi: mayBeSpelledSQLi,
		DetectXSS:         mayBeXSS,
		Operators:         readings,
		Recorded: map[string]string{
			"blocking_inbound_anomaly_score":  "0",
			"blocking_outbound_anomaly_score": "0",
		},
		Records:   records,
		BodyLimit: policy.BodyLimit, ResponseBodyLimit: policy.ResponseBodyLimit,
		ArgumentLimit: setting("secargumentslimit"), JSONDepth: setting("secrequestbodyjsondepthlimit"),
		ResponseTypes: responseTypes,
	})
}

// records says of a rule that only has a message what [recorded] says of its match.
func records(rule *seclang.Rule) bool {
	scores := slices.ContainsFunc(rule.Links, func(link seclang.Link) bool {
		return slices.ContainsFunc(link.SetVars, func(v seclang.SetVar) bool {
			return strings.Contains(v.Key.Text+v.Value.Text, "_anomaly_score_pl")
		})
	})
	return !isSum(rule.ID) && (scores || !slices.Contains(rule.Tags, "OWASP_CRS"))
}

// sameRules reports whether our reading of the rules has the ids that Coraza has, in its order. Coraza reports rules as
// they are read, also those that a later directive removes; then ours are some of them.
func sameRules(program *seclang.Program, observed []int) bool {
	observed = slices.DeleteFunc(slices.Clone(observed), func(id int) bool { return id == ruleOwnValues || id == 0 })
	at, count := 0, 0
	for i := range program.Rules {
		if program.Rules[i].Marker != "" {
			continue
		}
		count++
		for at < len(observed) && observed[at] != program.Rules[i].ID {
			at++
		}
		if at == len(observed) {
			return false
		}
		at++
	}
	return count > 0
}
