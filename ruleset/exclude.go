package ruleset

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// An exclusion belongs to one site and engines to many, so it is applied when a request runs and never compiled. The rules
// run as they are; only where a rule that is excluded on this path has matched, the exchange is shown to them once more,
// with those targets taken away as ctl:ruleRemoveTargetById would. So a site pays for its exclusions on the requests that
// they are about, whatever follows from a match (chains, captures, later rules, scores) follows from its absence too, and
// both answers are there to be compared: docs/decisions/0009.
//
// The proof leaves exclusions out of account: a rule that matches nothing matches nothing of less either.

// settled is the verdict once the exclusions of the site have been heard. matched are the rules of this half.
func (i *Inspection) settled(verdict sekisho.Verdict, matched []types.MatchedRule, again func() (sekisho.Verdict, error)) (sekisho.Verdict, error) {
	if len(i.exchange.Exclusions) == 0 || i.targets != nil {
		return verdict, nil
	}
	covering, decisive := exclusionsFor(i.exchange, matched, time.Now())
	if len(decisive) == 0 {
		return verdict, nil
	}
	targets := make([]target, 0, len(covering))
	for _, e := range covering {
		t, err := parseTarget(e.Parameter)
		if err != nil {
			continue // stored by another version: it excludes nothing
		}
		t.rule = e.Rule
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return verdict, nil
	}
	i.targets = targets
	i.giveBack()
	without, err := again()
	if err != nil {
		return sekisho.Verdict{}, err
	}
	if verdict.Attack && !without.Attack {
		for _, e := range decisive {
			without.Excluded = append(without.Excluded, e.ID)
		}
		without.Spared = verdict.Matches
	}
	return without, nil
}

// exclusionsFor returns the exclusions that hold on the exchange's path now, and those of them whose rule has matched.
func exclusionsFor(x *sekisho.Exchange, matched []types.MatchedRule, now time.Time) (covering, decisive []sekisho.Exclusion) {
	for _, e := range x.Exclusions {
		if e.ExpiredAt(now) || !e.CoversPath(x.Target) {
			continue
		}
		covering = append(covering, e)
		if slices.ContainsFunc(matched, func(m types.MatchedRule) bool { return m.Rule().ID() == e.Rule }) {
			decisive = append(decisive, e)
		}
	}
	return covering, decisive
}

// A target is what a rule does not look at: a collection, and in it one name, or names of one form, or all.
type target struct {
	rule     int
	counted  bool // the rule counts and looks at nothing: without what it counts it would always find none
	variable variables.RuleVariable
	name     string
	pattern  *regexp.Regexp
}

// parseTarget reads a parameter as events name it, "ARGS:body". A * stands for a number, or for itself.
func parseTarget(parameter string) (target, error) {
	looked, counted := strings.CutPrefix(parameter, "&")
	collection, name, _ := strings.Cut(looked, ":")
	variable, err := variables.Parse(collection)
	if err != nil {
		return target{}, sekisho.Invalid(fmt.Sprintf("parameter %q: rules know no %s; use it as an event shows it, such as ARGS:body", parameter, collection))
	}
	t := target{variable: variable, name: name, counted: counted}
	if strings.Contains(name, "*") {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.ToLower(name)), `\*`, `(?:[0-9]+|\*)`)
		if t.pattern, err = regexp.Compile(`^(?s:` + pattern + `)$`); err != nil {
			return target{}, fmt.Errorf("parameter %q: %w", parameter, err)
		}
		t.name = ""
	}
	return t, nil
}

// removeTargets takes the targets away before any rule has run.
func removeTargets(tx types.Transaction, targets []target) error {
	remover, ok := tx.(interface {
		RemoveRuleTargetByID(id int, variable variables.RuleVariable, key string, keyRx *regexp.Regexp)
		RemoveRuleByID(id int)
	})
	if !ok {
		return errors.New("this Coraza cannot take a target away from a rule")
	}
	for _, t := range targets {
		if t.counted {
			remover.RemoveRuleByID(t.rule)
			continue
		}
		remover.RemoveRuleTargetByID(t.rule, t.variable, t.name, t.pattern)
	}
	return nil
}

// CheckExclusion refuses, as KindInvalid and with what fits, an exclusion that could not do under a policy what it says: one
// of a rule that is not there, of one that only counts or steers, or of a parameter that the rule does not look at.
func CheckExclusion(policy sekisho.Policy, e sekisho.Exclusion) error {
	if err := e.Validate(); err != nil {
		return err
	}
	t, err := parseTarget(e.Parameter)
	if err != nil {
		return err
	}
	program, err := readRules(policy, sekisho.ModeBlock)
	if err != nil {
		return fmt.Errorf("check an exclusion: %w", err)
	}
	for i := range program.Rules {
		rule := &program.Rules[i]
		if rule.ID != e.Rule || rule.Marker != "" {
			continue
		}
		if isSum(rule.ID) || !records(rule) && rule.Disruptive.Name != "deny" && rule.Disruptive.Name != "drop" {
			return sekisho.Invalid(fmt.Sprintf("rule %d finds nothing by itself, it prepares or sums up for others; exclude the rule that an event names", e.Rule))
		}
		return t.fits(rule, e.Parameter)
	}
	return sekisho.Invalid(fmt.Sprintf("rule %d: the site's policy has no such rule; events name the rules that matched", e.Rule))
}

// fits reports whether a rule looks at the target, or counts it where the target is one that is counted.
func (t target) fits(rule *seclang.Rule, parameter string) error {
	looks, counts := false, false
	var all []string
	for _, link := range rule.Links {
		for _, v := range link.Variables {
			written := v.Name
			if v.Count {
				written = "&" + written
			}
			if v.Key != "" {
				written += ":" + v.Key
			}
			if !slices.Contains(all, written) {
				all = append(all, written)
			}
			if strings.EqualFold(v.Name, t.variable.Name()) {
				looks, counts = looks || !v.Count, counts || v.Count
			}
		}
	}
	head := rule.Links[0].Variables
	switch onlyCounts := len(head) > 0 && !slices.ContainsFunc(head, func(v seclang.Variable) bool { return !v.Count }); {
	case t.counted && counts && onlyCounts, !t.counted && looks && !counts:
		return nil
	case !t.counted && counts && onlyCounts:
		return sekisho.Invalid(fmt.Sprintf("parameter %q: rule %d does not look at it, it counts; write &%s", parameter, rule.ID, parameter))
	case counts:
		return sekisho.Invalid(fmt.Sprintf("parameter %q: rule %d counts it and looks at it; without it the rule would find too few", parameter, rule.ID))
	}
	return sekisho.Invalid(fmt.Sprintf("parameter %q: rule %d does not look there, but at %s", parameter, rule.ID, strings.Join(all, ", ")))
}
