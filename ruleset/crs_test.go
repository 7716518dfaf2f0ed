package ruleset

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

// regressionTests is where the Core Rule Set's own tests lie, relative to this folder; they are not part of the project.
var regressionTests = filepath.Join("..", "..", "shared", "data", "crs-tests")

// regressionFile is the part of the tests' format that speaks of requests.
type regressionFile struct {
	RuleID int `yaml:"rule_id"`
	Tests  []struct {
		ID     int `yaml:"test_id"`
		Stages []struct {
			Input struct {
				Headers      map[string]string `yaml:"headers"`
				Method       string            `yaml:"method"`
				URI          string            `yaml:"uri"`
				Version      string            `yaml:"version"`
				Data         string            `yaml:"data"`
				Encoded      string            `yaml:"encoded_request"`
				Autocomplete *bool             `yaml:"autocomplete_headers"`
			} `yaml:"input"`
			Output struct {
				Log struct {
					Expect   []int `yaml:"expect_ids"`
					Unwanted []int `yaml:"no_expect_ids"`
				} `yaml:"log"`
			} `yaml:"output"`
		} `yaml:"stages"`
	} `yaml:"tests"`
}

// A regressionCase is one request and the rules that are to match and not to match.
type regressionCase struct {
	name           string
	x              *sekisho.Exchange
	want, unwanted []int
}

// regressionSample reads one of so many request tests; without the tests it skips the caller.
func regressionSample(t *testing.T, every int) []regressionCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(regressionTests, "REQUEST-9[1-4]*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED: the Core Rule Set's regression tests are not at %s", regressionTests)
	}
	var cases []regressionCase
	number := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var parsed regressionFile
		if err := yaml.Unmarshal(text, &parsed); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, test := range parsed.Tests {
			if number++; number%every != 0 || len(test.Stages) != 1 || test.Stages[0].Input.Encoded != "" {
				continue
			}
			in, out := test.Stages[0].Input, test.Stages[0].Output.Log
			x := &sekisho.Exchange{
				Client: netip.MustParseAddrPort("127.0.0.1:50000"), Server: netip.MustParseAddrPort("127.0.0.1:80"),
				Method: orElse(in.Method, "GET"), Target: orElse(in.URI, "/"), Protocol: orElse(in.Version, "HTTP/1.1"), Body: []byte(in.Data),
			}
			for name, value := range in.Headers {
				withHeader(x, name, value)
			}
			if in.Data != "" && (in.Autocomplete == nil || *in.Autocomplete) {
				for name, value := range map[string]string{"Content-Type": form, "Content-Length": strconv.Itoa(len(in.Data))} {
					if _, has := field(x.Header, name); !has {
						withHeader(x, name, value)
					}
				}
			}
			cases = append(cases, regressionCase{fmt.Sprintf("%d-%d", parsed.RuleID, test.ID), x, out.Expect, out.Unwanted})
		}
	}
	return cases
}

func sampleEvery() int {
	if raceEnabled {
		return 300
	}
	return 10
}

// What this asks is whether fill shows Coraza what the rules need to see; single disagreements (cases that need another
// set-up) are allowed.
func TestRequest_agreesWithTheRuleSetsOwnTests(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.Profile = sekisho.ProfileStock
	policy.ParanoiaLevel = 4
	policy.InboundThreshold = 10000
	cases := regressionSample(t, sampleEvery())
	e := engine(t, policy, sekisho.ModeDetect)
	failed := 0
	for _, c := range cases {
		got := traceOf(t, e, c.x).Rules
		missing, wrong := without(c.want, got), without(c.unwanted, without(c.unwanted, got))
		if len(missing)+len(wrong) > 0 {
			failed++
			t.Logf("%s: missing %v, unwanted %v", c.name, missing, wrong)
		}
	}
	if len(cases) < 10 || failed*50 > len(cases) {
		t.Errorf("%d of %d cases disagree, want at most 2 of 100", failed, len(cases))
	}
}

func TestRequest_detectsExactlyWhatBlockModeStops(t *testing.T) {
	for _, level := range []int{1, 2} {
		policy := sekisho.DefaultPolicy()
		policy.ParanoiaLevel = level
		detect, block := engine(t, policy, sekisho.ModeDetect), engine(t, policy, sekisho.ModeBlock)
		attacks := 0
		for _, c := range regressionSample(t, sampleEvery()) {
			d, b := inspect(t, detect, c.x), inspect(t, block, c.x)
			if d.Attack != b.Attack || d.Status != b.Status || d.Score < b.Score {
				t.Errorf("level %d, %s: detect %v %d (score %d), block %v %d (score %d)", level, c.name, d.Attack, d.Status, d.Score, b.Attack, b.Status, b.Score)
			}
			if b.Attack {
				attacks++
				if b.Class == "" || b.Family == "" || d.Class == "" {
					t.Errorf("level %d, %s: an attack without class or family: %+v", level, c.name, b)
				}
			}
		}
		t.Logf("level %d: %d attacks", level, attacks)
		if attacks == 0 {
			t.Error("nothing was stopped")
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// without returns the ids that are not among others.
func without(ids, others []int) []int {
	return slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return slices.Contains(others, id) })
}
