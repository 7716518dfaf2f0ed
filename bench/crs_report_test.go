package bench

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/goccy/go-yaml"
)

func tryOf(name string, output crsOutput, seen crsSeen) *crsTry {
	output.prepare()
	return &crsTry{c: &crsCase{name: name, rule: 1, stages: []crsStage{{Output: output}}}, seen: seen}
}

func TestNewCRSReport_addsUp(t *testing.T) {
	wantsOne := crsOutput{Log: crsLog{Expect: []int{1}}}
	passes := tryOf("1-1", wantsOne, sawRules(1))
	passes.compared, passes.underStock = true, sawRules(1)
	missed := tryOf("1-2", wantsOne, sawRules(2))
	missed.compared, missed.underStock, missed.differs = true, sawRules(1, 2), true
	missed.stock.rules = []int{1, 2, markRequest}
	other := tryOf("1-7", wantsOne, sawRules(2))
	other.compared, other.underStock = true, sawRules(1, 2)
	failed := tryOf("1-3", wantsOne, sawRules(2))
	failed.compared, failed.underStock = true, sawRules(2)
	refused := tryOf("1-4", wantsOne, crsSeen{answered: true, status: 400})
	refused.refused = true
	asksRefusal := tryOf("1-5", crsOutput{Status: 400}, crsSeen{answered: true, status: 400})
	asksRefusal.refused = true
	skipped := tryOf("1-6", wantsOne, crsSeen{})
	skipped.skip = "a sum"

	report := newCRSReport(PolicyStock, []*crsTry{passes, missed, other, failed, refused, asksRefusal, skipped}, []crsReason{{Reason: "why", Rules: []int{1}}})
	report.failed, report.refused = nil, nil
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"policy":"stock","total":7,"passed":2,"failed":3,"skipped":1,"refused_before":1,"stock_passed":4,"same_as_stock":false,` +
		`"differences":[{"test":"1-2","kind":"engine","missing":[1],"extra":[],"reason":""},` +
		`{"test":"1-7","kind":"policy","missing":[1],"extra":[],"reason":"why"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNewCRSReport_believesTheSecondRequestWhereTheFirstListWasCut(t *testing.T) {
	try := tryOf("1-1", crsOutput{Log: crsLog{Expect: []int{1}}}, cutList(sawRules(2)))
	if report := newCRSReport(PolicyStock, []*crsTry{try}, nil); report.Failed != 1 {
		t.Errorf("got %+v, want a case that cannot be judged to fail", report)
	}
	again := sawRules(1)
	try.again = &again
	if report := newCRSReport(PolicyStock, []*crsTry{try}, nil); report.Passed != 1 {
		t.Errorf("got %+v, want it passed", report)
	}
}

func TestReasonOf_needsAReasonForEveryRule(t *testing.T) {
	reasons := []crsReason{{Reason: "one", Rules: []int{1}}, {Reason: "two", Rules: []int{2}}, {Reason: "test", Tests: []string{"9-9"}}}
	for _, test := range []struct {
		name string
		d    CRSDifference
		want string
	}{
		{"by rule", CRSDifference{Test: "1-1", Missing: []int{2}}, "two"},
		{"by test", CRSDifference{Test: "9-9", Missing: []int{3}}, "test"},
		{"several", CRSDifference{Test: "1-1", Missing: []int{1}, Extra: []int{2}}, "one"},
		{"one is unexplained", CRSDifference{Test: "1-1", Missing: []int{1, 3}}, ""},
		{"nothing to go by", CRSDifference{Test: "1-1"}, ""},
	} {
		if got := reasonOf(test.d, reasons); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

var (
	directiveStart = regexp.MustCompile(`(?m)^SecRule|^SecAction|^SecMarker`)
	directiveID    = regexp.MustCompile(`["\s]id:([0-9]+)`)
	directiveLevel = regexp.MustCompile(`tag:'paranoia-level/([0-9])'`)
	reasonLevel    = regexp.MustCompile(`^paranoia level ([0-9]):`)
)

// ruleLevels reads the paranoia level of every rule out of the rule set's text.
func ruleLevels(t *testing.T) map[int]string {
	t.Helper()
	levels := map[int]string{}
	err := fs.WalkDir(coreruleset.FS, "@owasp_crs", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".conf") {
			return err
		}
		content, err := fs.ReadFile(coreruleset.FS, path)
		if err != nil {
			return err
		}
		starts := directiveStart.FindAllIndex(content, -1)
		for i, start := range starts {
			end := len(content)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			id, level := directiveID.FindSubmatch(content[start[0]:end]), directiveLevel.FindSubmatch(content[start[0]:end])
			if id == nil || level == nil {
				continue
			}
			number, err := strconv.Atoi(string(id[1]))
			if err != nil {
				return err
			}
			levels[number] = string(level[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return levels
}

func TestReasons_nameRulesOfTheirLevel(t *testing.T) {
	reasons, err := readReasons()
	if err != nil {
		t.Fatal(err)
	}
	levels := ruleLevels(t)
	named := map[int]bool{}
	for _, reason := range reasons {
		for _, rule := range reason.Rules {
			if named[rule] {
				t.Errorf("rule %d has two reasons", rule)
			}
			named[rule] = true
			if level := reasonLevel.FindStringSubmatch(reason.Reason); level != nil && levels[rule] != level[1] {
				t.Errorf("rule %d is of level %q, and its reason says %s", rule, levels[rule], level[1])
			}
			if levels[rule] == "" && rule != 920539 { // which only skips another, and has no level
				t.Errorf("there is no rule %d", rule)
			}
		}
		if reason.Reason == "" || len(reason.Rules)+len(reason.Tests) == 0 {
			t.Errorf("got a reason for nothing, or none: %+v", reason)
		}
	}
	for rule, level := range levels {
		if level > "1" && !named[rule] && !isSumRule(rule) && !slices.Contains([]int{901}, rule/1000) {
			t.Errorf("rule %d of level %s has no reason", rule, level)
		}
	}
}

// The profile is data of its own, with the whole reason for each line. What it takes away must be explained here too,
// and nothing may be explained by a line that is no longer there.
func TestReasons_coverWhatTheProfileTakesAway(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "ruleset", "profile", "small_business.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var profile struct {
		Lines []struct {
			Name   string `yaml:"name"`
			Remove []int  `yaml:"remove"`
		} `yaml:"lines"`
	}
	if err := yaml.Unmarshal(text, &profile); err != nil {
		t.Fatal(err)
	}
	reasons, err := readReasons()
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, line := range profile.Lines {
		lines[line.Name] = true
		for _, rule := range line.Remove {
			if !slices.ContainsFunc(reasons, func(r crsReason) bool { return slices.Contains(r.Rules, rule) }) {
				t.Errorf("the profile's line %s takes rule %d away, and no reason says so", line.Name, rule)
			}
		}
	}
	for _, reason := range reasons {
		if rest, ok := strings.CutPrefix(reason.Reason, "small-business profile, "); ok {
			if name, _, _ := strings.Cut(rest, ":"); !lines[name] {
				t.Errorf("a reason names the profile's line %q, which is not there", name)
			}
		}
	}
}
