package ruleset

import (
	_ "embed"
	"strconv"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

//go:embed profile/regression.yaml
var regressionData []byte

func TestProfile_losesOnlyWhatIsListed(t *testing.T) {
	var listed []struct {
		Rules  int    `yaml:"rules"`
		Passes int    `yaml:"passes"`
		Reason string `yaml:"reason"`
	}
	if err := yaml.Unmarshal(regressionData, &listed); err != nil {
		t.Fatal(err)
	}
	ours, stock := engine(t, smallBusinessPolicy(), sekisho.ModeBlock), engine(t, stockPolicy(), sekisho.ModeBlock)
	every := 1
	if testing.Short() || raceEnabled {
		every = 40
	}
	lost := map[int]int{}
	for _, c := range regressionSample(t, every) {
		if inspect(t, stock, c.x).Attack && !inspect(t, ours, c.x).Attack {
			rules, err := strconv.Atoi(c.name[:3])
			if err != nil {
				t.Fatal(err)
			}
			lost[rules]++
		}
	}
	for _, l := range listed {
		if l.Reason == "" || lost[l.Rules] > l.Passes {
			t.Errorf("rules %d: %d tests pass, want at most %d, with a reason", l.Rules, lost[l.Rules], l.Passes)
		}
		delete(lost, l.Rules)
	}
	if len(lost) > 0 {
		t.Errorf("not listed: %v", lost)
	}
}
