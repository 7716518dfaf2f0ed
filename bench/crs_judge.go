package bench

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// crsSeen is what became of one request: what was seen from outside, and what its event says.
type crsSeen struct {
	answered  bool // an answer came back
	status    int
	body      []byte
	inspected bool            // the rules have seen it, and rules tells which of them matched
	rules     []int           // without those of the bench itself
	matches   []sekisho.Match // the same with their evidence
	score     int             // the event's
	cut       bool            // there were more matches than an event holds: what is not listed may have matched all the same
}

// crsRegexps are the compiled expressions of an output.
type crsRegexps struct{ match, lack *regexp.Regexp }

// isSumRule tells the rules that add up what others found. Events give the sum instead of the rule, and the rules of
// phase 5 do not run at all, since Sekisho writes its own record.
func isSumRule(id int) bool {
	return id >= 949000 && id <= 949999 || id >= 959000 && id <= 959999 || id >= 980000 && id <= 980999
}

// prepare compiles the output's expressions, translates its older words and notes why it cannot be judged, if so.
func (o *crsOutput) prepare() {
	compile := func(expression string) *regexp.Regexp {
		if expression == "" {
			return nil
		}
		compiled, err := regexp.Compile(expression)
		if err != nil {
			o.unreadable = "the expression is not one of RE2"
		}
		return compiled
	}
	if o.Log.Match == "" && o.LogContains != "" {
		o.Log.Match = regexp.QuoteMeta(o.LogContains)
	}
	if o.Log.Lack == "" && o.LogLacks != "" {
		o.Log.Lack = regexp.QuoteMeta(o.LogLacks)
	}
	o.regexps = crsRegexps{compile(o.Log.Match), compile(o.Log.Lack)}
	o.named = append(slices.Clone(o.Log.Expect), o.Log.Unwanted...)
	switch {
	case slices.ContainsFunc(o.named, isSumRule):
		o.unreadable = "it is about a rule that adds up, which no event names"
	case strings.Contains(o.Log.Match, "Anomaly Score Exceeded"):
		o.unreadable = "it is about the text of a rule that adds up, which no event names"
	}
}

// met reports whether the output came about. unsure says that the list of matches was cut before the answer could be
// read from it.
func (o *crsOutput) met(seen crsSeen) (met, unsure bool) {
	if o.Error && (!seen.answered || seen.status == 400) {
		return true, false // the request was not to be answered in the ordinary way, whatever rules would say
	}
	if o.Status != 0 && (!seen.answered || seen.status != o.Status) {
		return false, false
	}
	if o.Contains != "" && !strings.Contains(string(seen.body), o.Contains) {
		return false, false
	}
	if !o.asksRules() {
		return true, false
	}
	if !seen.inspected {
		return false, false
	}
	return o.rulesMet(seen)
}

func (o *crsOutput) asksRules() bool {
	return len(o.named) > 0 || o.regexps.match != nil || o.regexps.lack != nil || o.Isolated
}

func (o *crsOutput) rulesMet(seen crsSeen) (met, unsure bool) {
	for _, id := range o.Log.Expect {
		if !slices.Contains(seen.rules, id) {
			return false, seen.cut
		}
	}
	for _, id := range o.Log.Unwanted {
		if slices.Contains(seen.rules, id) {
			return false, false
		}
	}
	if o.Isolated {
		for _, id := range seen.rules {
			if !slices.Contains(o.Log.Expect, id) {
				return false, false
			}
		}
	}
	lines := logLines(seen.matches)
	if o.regexps.lack != nil && o.regexps.lack.MatchString(lines) {
		return false, false
	}
	if o.regexps.match != nil && !o.regexps.match.MatchString(lines) {
		return false, seen.cut
	}
	unsure = seen.cut && (len(o.Log.Unwanted) > 0 || o.Isolated || o.regexps.lack != nil)
	return !unsure, unsure
}

// logLines writes matches as a web server's log would show them, for expressions that are made for one.
func logLines(matches []sekisho.Match) string {
	var b strings.Builder
	for _, m := range matches {
		fmt.Fprintf(&b, "[id \"%d\"] [msg \"%s\"] [data \"Matched Data: %s found within %s: %s\"]\n", m.RuleID, m.Message, m.Data, m.Variable, m.Data)
	}
	return b.String()
}
