package seclang_test

import (
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// setup is what a policy puts around the rule set, at a paranoia level.
func setup(level int) string {
	return fmt.Sprintf(`Include @coraza.conf-recommended
Include @crs-setup.conf.example
SecRuleEngine On
SecAuditEngine Off
SecAction "id:9100002,phase:1,pass,nolog,t:none,setvar:tx.blocking_paranoia_level=%d,setvar:tx.detection_paranoia_level=%d"
Include @owasp_crs/*.conf
`, level, level)
}

func TestRead_understandsTheWholeRuleSetAndSeesTheRulesThatCorazaSees(t *testing.T) {
	for level := 1; level <= 4; level++ {
		program := seclang.Read(coreruleset.FS, seclang.Source{Name: "policy.conf", Text: setup(level)})
		for _, u := range program.Unknown {
			t.Errorf("level %d: %s:%d (rule %d): %s", level, u.File, u.Line, u.RuleID, u.Reason)
		}
		seen := observed(t, setup(level))
		if len(program.Rules) != len(seen) {
			t.Fatalf("level %d: %d rules, want %d", level, len(program.Rules), len(seen))
		}
		for i, rule := range program.Rules {
			want := seen[i]
			got := observation{rule.ID, rule.Phase, rule.Severity, rule.Marker, rule.Version, path.Base(rule.File), rule.Tags}
			if rule.Tags == nil {
				got.tags = []string{}
			}
			if got.file == "policy.conf" {
				got.file = "_inline_"
			}
			if want.file == "." { // Coraza forgets the name of a file once it has included another
				want.file = got.file
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("level %d, rule number %d: got %+v, want %+v", level, i, got, want)
			}
		}
	}
}

// An observation is what Coraza's rule observer tells of a rule.
type observation struct {
	id, phase, severity   int
	marker, version, file string
	tags                  []string
}

func observed(t *testing.T, directives string) []observation {
	t.Helper()
	var seen []observation
	config := experimental.WAFConfigWithRuleObserver(coraza.NewWAFConfig().WithRootFS(coreruleset.FS),
		func(rule types.RuleMetadata) {
			seen = append(seen, observation{
				rule.ID(), int(rule.Phase()), rule.Severity().Int(), rule.SecMark(), rule.Version(),
				path.Base(rule.File()), slices.Clone(rule.Tags()),
			})
		})
	if _, err := coraza.NewWAF(config.WithDirectives(directives)); err != nil {
		t.Fatal(err)
	}
	return seen
}
