package ruleset

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho-waf/sekisho"
)

const guardedRule = `SecRule ARGS "@rx a" \
    "id:932999,\
    phase:2,\
    tag:'paranoia-level/1',\
    setvar:'tx.rce_score=+%{tx.critical_anomaly_score}',\
    setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
`

func TestGuardRules_asksInALastLinkAndScoresThere(t *testing.T) {
	got, err := guardRules("# SecRule\n"+guardedRule, []guard{{Families: []int{932}, Only: "@sekishoTerse"}}, map[int]bool{})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(guardedRule, ",\\\n    setvar:'tx.rce_score=+%{tx.critical_anomaly_score}',\\\n    setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'\"\n",
		",chain\"\n    SecRule MATCHED_VARS \"@sekishoTerse\" \"t:none,    setvar:'tx.rce_score=+%{tx.critical_anomaly_score}',    setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'\"\n", 1)
	if got != "# SecRule\n"+want {
		t.Errorf("got  %q\nwant %q", got, "# SecRule\n"+want)
	}
}

func TestGuardFiles_refusesWhatItCannotGuard(t *testing.T) {
	tests := []struct {
		name, rules string
		guard       guard
	}{
		{"a rule that is not there", guardedRule, guard{Rules: []int{1}, Only: "@sekishoTerse"}},
		{"a rule without a score", `SecRule ARGS "@rx a" "id:932999,phase:2"` + "\n", guard{Rules: []int{932999}, Only: "@sekishoTerse"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := fstest.MapFS{"@owasp_crs/a.conf": {Data: []byte(test.rules)}}
			if _, err := guardFiles(files, []guard{test.guard}); err == nil {
				t.Error("got no error")
			}
		})
	}
}

// The guard takes a word's say away in text, and only there; the proof knows of it.
func TestGuard_isSilentInTextOnly(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for text, want := range map[string]bool{
		"Could you tell me the\ntime when you open, please": false, "127.0.0.1\nwho": true,
	} {
		x := profileSample{Text: text}.request(t)
		if v := inspect(t, e, x); v.Attack != want {
			t.Errorf("%q: got attack %t with %v, want %t", text, v.Attack, v.Matches, want)
		}
		if !want && !e.proof.Request(x).Clean {
			t.Errorf("%q: got the slow lane, because of rule %d", text, e.proof.Request(x).Rule)
		}
	}
}
