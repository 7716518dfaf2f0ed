package bench

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func sawRules(ids ...int) crsSeen {
	seen := crsSeen{answered: true, status: 200, inspected: true, rules: ids}
	for _, id := range ids {
		seen.matches = append(seen.matches, sekisho.Match{RuleID: id, Message: "m", Variable: "ARGS:x", Data: "<b>"})
	}
	return seen
}

func cutList(seen crsSeen) crsSeen { seen.cut = true; return seen }

func TestMet_judgesWhatACaseAsks(t *testing.T) {
	refused := crsSeen{answered: true, status: 400}
	tests := []struct {
		name        string
		output      crsOutput
		seen        crsSeen
		met, unsure bool
	}{
		{"expected rule", crsOutput{Log: crsLog{Expect: []int{1}}}, sawRules(2, 1), true, false},
		{"expected rule is missing", crsOutput{Log: crsLog{Expect: []int{1}}}, sawRules(2), false, false},
		{"expected rule may be behind the end", crsOutput{Log: crsLog{Expect: []int{1}}}, cutList(sawRules(2)), false, true},
		{"unwanted rule", crsOutput{Log: crsLog{Unwanted: []int{1}}}, sawRules(1), false, false},
		{"no unwanted rule", crsOutput{Log: crsLog{Unwanted: []int{1}}}, sawRules(2), true, false},
		{"unwanted rule may be behind the end", crsOutput{Log: crsLog{Unwanted: []int{1}}}, cutList(sawRules(2)), false, true},
		{"a refusal proves nothing about rules", crsOutput{Log: crsLog{Unwanted: []int{1}}}, refused, false, false},
		{"status", crsOutput{Status: 400}, refused, true, false},
		{"other status", crsOutput{Status: 200}, refused, false, false},
		{"status and rule", crsOutput{Status: 200, Log: crsLog{Expect: []int{1}}}, sawRules(1), true, false},
		{"an error is no answer", crsOutput{Error: true}, crsSeen{}, true, false},
		{"an error is a bad request", crsOutput{Error: true}, refused, true, false},
		{"an error did not happen", crsOutput{Error: true, Status: 400}, sawRules(), false, false},
		{"body", crsOutput{Contains: "x"}, crsSeen{answered: true, status: 200, body: []byte("axb")}, true, false},
		{"body without it", crsOutput{Contains: "y"}, crsSeen{answered: true, status: 200, body: []byte("axb")}, false, false},
		{"alone", crsOutput{Isolated: true, Log: crsLog{Expect: []int{1}}}, sawRules(1), true, false},
		{"not alone", crsOutput{Isolated: true, Log: crsLog{Expect: []int{1}}}, sawRules(1, 2), false, false},
		{"no rule at all", crsOutput{Log: crsLog{Lack: `\[id "\d+"\]`}}, sawRules(), true, false},
		{"some rule", crsOutput{Log: crsLog{Lack: `\[id "\d+"\]`}}, sawRules(1), false, false},
		{"line", crsOutput{Log: crsLog{Match: `<b> found within ARGS:x`}}, sawRules(1), true, false},
		{"older words", crsOutput{LogContains: `id "12"`}, sawRules(12), true, false},
		{"older words, not met", crsOutput{LogLacks: `id "12"`}, sawRules(12), false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.output.prepare()
			met, unsure := test.output.met(test.seen)
			if met != test.met || unsure != test.unsure {
				t.Errorf("got met %t, unsure %t, want %t, %t", met, unsure, test.met, test.unsure)
			}
		})
	}
}

func TestPrepare_saysWhyACaseCannotBeJudged(t *testing.T) {
	for _, output := range []crsOutput{
		{Log: crsLog{Expect: []int{949110}}},
		{Log: crsLog{Match: `Inbound Anomaly Score Exceeded`}},
		{Log: crsLog{Match: `(?=x)`}},
	} {
		output.prepare()
		if output.unreadable == "" {
			t.Errorf("%+v: got no reason to skip it", output.Log)
		}
	}
}

func TestTake_knowsACutListByTheMissingMark(t *testing.T) {
	list := func(n int, marked bool) (matches []sekisho.Match) {
		for i := range n {
			matches = append(matches, sekisho.Match{RuleID: i + 1})
		}
		if marked {
			matches = append(matches, sekisho.Match{RuleID: markRequest}, sekisho.Match{RuleID: markResponse})
		}
		return matches
	}
	for _, test := range []struct {
		name    string
		matches []sekisho.Match
		rules   int
		cut     bool
	}{
		{"whole", list(3, true), 3, false},
		{"full and whole", list(19, true), 19, false},
		{"cut", list(20, false), 20, true},
		{"of a site without marks", list(3, false), 3, false},
	} {
		var seen crsSeen
		seen.take(test.matches)
		if len(seen.rules) != test.rules || seen.cut != test.cut || !seen.inspected {
			t.Errorf("%s: got %d rules, cut %t", test.name, len(seen.rules), seen.cut)
		}
	}
}
