package bench

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sekisho-waf/sekisho"
)

// EfficacyReport is the result of [Efficacy]. Stopped is what did not reach the origin: positive. A request that broke
// (5xx, or no answer) is neither positive nor negative, and the rates are of the others.
type EfficacyReport struct {
	Total          int `json:"total"`
	Benign         int `json:"benign"`
	Attacks        int `json:"attacks"`
	TruePositives  int `json:"true_positives"`
	FalsePositives int `json:"false_positives"`
	TrueNegatives  int `json:"true_negatives"`
	FalseNegatives int `json:"false_negatives"`
	Broken         int `json:"broken"`
	// Refused is how many of the positives were turned away without a rule: a request that no server takes.
	Refused int `json:"refused"`

	TPR float64 `json:"tpr"` // stopped attacks, of all attacks
	TNR float64 `json:"tnr"` // passed ordinary requests, of all of these

	ByRule []RuleEfficacy `json:"by_rule"` // most false positives first; empty where events cannot be read
	Wrong  []WrongRequest `json:"wrong"`   // ordinary requests stopped, attacks passed and what broke, up to a bound
	// WrongLeftOut is how many more there are.
	WrongLeftOut int `json:"wrong_left_out"`
	// Skipped are the files that are no recorded requests: hidden, empty, too large, or no regular files.
	Skipped []string `json:"skipped"`
	Commit  string   `json:"commit"`
}

// RuleEfficacy is what one rule took part in.
type RuleEfficacy struct {
	Rule           int    `json:"rule"`
	Message        string `json:"message"`
	FalsePositives int    `json:"false_positives"` // ordinary requests that it helped to stop
	Alone          int    `json:"alone"`           // of these, where no other rule with a score matched
	TruePositives  int    `json:"true_positives"`  // attacks that it helped to stop
}

// WrongRequest is one file that was judged wrongly, or that broke.
type WrongRequest struct {
	File   string `json:"file"`
	What   string `json:"what"`   // "false_positive", "false_negative" or "broken"
	Status int    `json:"status"` // 0: no answer
	Rules  []int  `json:"rules"`
}

const maxWrong = 1000

func newEfficacyReport(sent []*shot) EfficacyReport {
	r := EfficacyReport{ByRule: []RuleEfficacy{}, Wrong: []WrongRequest{}, Skipped: []string{}, Commit: commit()}
	rules := map[int]*RuleEfficacy{}
	for _, s := range sent {
		r.count(s)
		for _, match := range firstOfEach(s.rules) {
			rule := rules[match.RuleID]
			if rule == nil {
				rule = &RuleEfficacy{Rule: match.RuleID, Message: match.Message}
				rules[match.RuleID] = rule
			}
			switch {
			case s.attack:
				rule.TruePositives++
			default:
				rule.FalsePositives++
				if len(firstOfEach(s.rules)) == 1 {
					rule.Alone++
				}
			}
		}
	}
	r.TPR = share(r.TruePositives, r.TruePositives+r.FalseNegatives)
	r.TNR = share(r.TrueNegatives, r.TrueNegatives+r.FalsePositives)
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		r.ByRule = append(r.ByRule, *rules[id])
	}
	slices.SortStableFunc(r.ByRule, func(a, b RuleEfficacy) int {
		return cmp.Or(cmp.Compare(b.FalsePositives, a.FalsePositives), cmp.Compare(b.TruePositives, a.TruePositives))
	})
	return r
}

func (r *EfficacyReport) count(s *shot) {
	r.Total++
	if s.attack {
		r.Attacks++
	} else {
		r.Benign++
	}
	if s.stopped && len(s.rules) == 0 && s.status != 403 {
		r.Refused++
	}
	wrong := ""
	switch {
	case s.broken:
		r.Broken++
		wrong = "broken"
	case s.attack && s.stopped:
		r.TruePositives++
	case s.attack:
		r.FalseNegatives++
		wrong = "false_negative"
	case s.stopped:
		r.FalsePositives++
		wrong = "false_positive"
	default:
		r.TrueNegatives++
	}
	switch {
	case wrong == "":
	case len(r.Wrong) == maxWrong:
		r.WrongLeftOut++
	default:
		entry := WrongRequest{File: s.file, What: wrong, Status: s.status, Rules: []int{}}
		for _, match := range firstOfEach(s.rules) {
			entry.Rules = append(entry.Rules, match.RuleID)
		}
		r.Wrong = append(r.Wrong, entry)
	}
}

// firstOfEach keeps one match of each rule.
func firstOfEach(matches []sekisho.Match) []sekisho.Match {
	var first []sekisho.Match
	for _, match := range matches {
		if !slices.ContainsFunc(first, func(m sekisho.Match) bool { return m.RuleID == match.RuleID }) {
			first = append(first, match)
		}
	}
	return first
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

const (
	shownRules = 30
	shownWrong = 50
)

// WriteTable prints the report for people. File names are quoted: whoever recorded a request named it.
func (r EfficacyReport) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests: %d ordinary, %d attacks; commit %s\n\n", r.Total, r.Benign, r.Attacks, r.Commit)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\tSTOPPED\tPASSED\t\n")
	fmt.Fprintf(table, "attacks\t%d\t%d\t%.2f %% stopped (TPR)\n", r.TruePositives, r.FalseNegatives, 100*r.TPR)
	fmt.Fprintf(table, "ordinary\t%d\t%d\t%.2f %% passed (TNR)\n", r.FalsePositives, r.TrueNegatives, 100*r.TNR)
	_ = table.Flush()
	fmt.Fprintf(&b, "\n%d were refused without a rule, %d broke (5xx or no answer)\n", r.Refused, r.Broken)
	if len(r.Skipped) > 0 {
		fmt.Fprintf(&b, "%d files were skipped (hidden, empty, too large, or no regular files): %q\n", len(r.Skipped), r.Skipped[:min(len(r.Skipped), shownWrong)])
	}
	if len(r.ByRule) > 0 {
		fmt.Fprintf(&b, "\n")
		fmt.Fprintf(table, "RULE\tFALSE POSITIVES\tALONE\tTRUE POSITIVES\tMESSAGE\n")
		for _, rule := range r.ByRule[:min(len(r.ByRule), shownRules)] {
			fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%s\n", rule.Rule, rule.FalsePositives, rule.Alone, rule.TruePositives, rule.Message)
		}
		_ = table.Flush()
	}
	for i, wrong := range r.Wrong {
		if i == 0 {
			b.WriteString("\n")
		}
		if i == shownWrong {
			fmt.Fprintf(&b, "... and %d more\n", len(r.Wrong)-i+r.WrongLeftOut)
			break
		}
		fmt.Fprintf(&b, "%s  %q  status %d  rules %v\n", wrong.What, wrong.File, wrong.Status, wrong.Rules)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
