package bench

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// CRSReport is the result of [CRS]. Passed, Failed, Skipped and RefusedBefore add up to Total.
type CRSReport struct {
	Policy string `json:"policy"`
	Total  int    `json:"total"`
	Passed int    `json:"passed"`
	Failed int    `json:"failed"`
	// Skipped cases are about rules that events do not name, such as the sums.
	Skipped int `json:"skipped"`
	// RefusedBefore are cases whose request was turned away before an inspector saw it, and that ask for more than that.
	RefusedBefore int `json:"refused_before"`
	// StockPassed is how many cases plain Coraza passes, with the stock policy, on the same requests and answers.
	StockPassed int             `json:"stock_passed"`
	SameAsStock bool            `json:"same_as_stock"`
	Differences []CRSDifference `json:"differences"`

	failed, refused []string // by name, for the table
}

// CRSDifference is one request on which the proxy and plain Coraza do not agree.
type CRSDifference struct {
	Test string `json:"test"` // "942100-1"; from the second request of a test on with its number, "942100-1/2"
	// Kind is "engine" where plain Coraza under the proxy's own policy matches other rules or counts another score, which
	// is a fault and has no reason, and "policy" where only the stock policy comes to another result on the test.
	Kind    string `json:"kind"`
	Missing []int  `json:"missing"` // rules that plain Coraza matched and the proxy did not
	Extra   []int  `json:"extra"`   // the other way round
	Reason  string `json:"reason"`  // from crs_differences.yaml; empty: nobody has explained it
}

//go:embed crs_differences.yaml
var reasonsFile []byte

// A crsReason explains differences between the default policy and the stock one.
type crsReason struct {
	Reason string   `yaml:"reason"`
	Rules  []int    `yaml:"rules"` // every difference in which one of these is the missing or extra rule
	Tests  []string `yaml:"tests"` // these alone
}

func readReasons() ([]crsReason, error) {
	var reasons []crsReason
	if err := yaml.UnmarshalWithOptions(reasonsFile, &reasons, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the reasons of differences: %w", err)
	}
	return reasons, nil
}

func newCRSReport(policy string, tried []*crsTry, reasons []crsReason) CRSReport {
	report := CRSReport{Policy: policy, SameAsStock: true, Differences: []CRSDifference{}}
	for _, stages := range byCase(tried) {
		report.count(stages)
		for _, t := range stages {
			if t.skip != "" {
				continue
			}
			switch {
			case t.differs:
				report.differ(t, "engine", t.rules(), slices.Concat(t.stock.rules, t.stockAgain), nil)
			case t.compared && t.met() != t.metByStock():
				report.differ(t, "policy", t.ofInterest(t.rules()), t.ofInterest(t.underStock.rules), reasons)
			}
		}
	}
	return report
}

// count counts one case.
func (r *CRSReport) count(stages []*crsTry) {
	r.Total++
	met, metByStock, refused := true, true, false
	name := stages[0].c.name
	for _, t := range stages {
		if t.skip != "" {
			r.Skipped++
			return
		}
		met = met && t.met()
		metByStock = metByStock && t.metByStock()
		refused = refused || t.refused && !t.met()
	}
	switch {
	case met:
		r.Passed++
	case refused:
		r.RefusedBefore++
		r.refused = append(r.refused, name)
	default:
		r.Failed++
		r.failed = append(r.failed, name)
	}
	if metByStock {
		r.StockPassed++
	}
}

func (r *CRSReport) differ(t *crsTry, kind string, proxy, stock []int, reasons []crsReason) {
	r.SameAsStock = false
	d := CRSDifference{Test: t.c.name, Kind: kind, Missing: not(stock, proxy), Extra: not(proxy, stock)}
	d.Reason = reasonOf(d, reasons)
	if t.stage > 0 {
		d.Test = fmt.Sprintf("%s/%d", t.c.name, t.stage+1)
	}
	r.Differences = append(r.Differences, d)
}

// ofInterest are the rules among ids that the case speaks of; where it speaks of none, those that an event would name.
func (t *crsTry) ofInterest(ids []int) []int {
	named := t.output().named
	if len(named) == 0 {
		for _, match := range slices.Concat(t.seen.matches, t.underStock.matches) {
			named = append(named, match.RuleID)
		}
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return !slices.Contains(named, id) })
}

// reasonOf finds the reason that names the test, else the one that names its first rule, if every other has one too.
func reasonOf(d CRSDifference, reasons []crsReason) string {
	for _, reason := range reasons {
		if slices.Contains(reason.Tests, d.Test) {
			return reason.Reason
		}
	}
	first := ""
	for _, rule := range append(slices.Clone(d.Missing), d.Extra...) {
		at := slices.IndexFunc(reasons, func(reason crsReason) bool { return slices.Contains(reason.Rules, rule) })
		if at < 0 {
			return ""
		}
		first = cmp.Or(first, reasons[at].Reason)
	}
	return first
}

// not returns the ids that are not among others, each once; never nil.
func not(ids, others []int) []int {
	left := []int{}
	for _, id := range ids {
		if !slices.Contains(others, id) && !slices.Contains(left, id) && !isMark(id) {
			left = append(left, id)
		}
	}
	return left
}

// shownDifferences bounds what the table lists; the JSON form has all.
const shownDifferences = 40

// WriteTable prints the report for people.
func (r CRSReport) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "policy %s: %d tests, %d passed, %d failed, %d skipped, %d refused before inspection\n",
		r.Policy, r.Total, r.Passed, r.Failed, r.Skipped, r.RefusedBefore)
	fmt.Fprintf(&b, "plain Coraza with the stock policy passes %d of them; same as stock: %t\n", r.StockPassed, r.SameAsStock)
	byReason, order := map[string]int{}, []string{}
	for _, d := range r.Differences {
		reason := d.Reason
		if reason == "" {
			reason = "unexplained (" + d.Kind + ")"
		}
		if byReason[reason]++; byReason[reason] == 1 {
			order = append(order, reason)
		}
	}
	for _, reason := range order {
		fmt.Fprintf(&b, "%6d  %s\n", byReason[reason], reason)
	}
	shown := 0
	for _, d := range r.Differences {
		if d.Reason != "" || shown == shownDifferences {
			continue
		}
		shown++
		fmt.Fprintf(&b, "        %s: missing %v, extra %v\n", d.Test, d.Missing, d.Extra)
	}
	list := func(what string, names []string) {
		if len(names) > 0 {
			more := ""
			if len(names) > shownDifferences {
				names, more = names[:shownDifferences], " ..."
			}
			fmt.Fprintf(&b, "%s: %s%s\n", what, strings.Join(names, " "), more)
		}
	}
	list("failed", r.failed)
	list("refused before inspection", r.refused)
	_, err := io.WriteString(w, b.String())
	return err
}
