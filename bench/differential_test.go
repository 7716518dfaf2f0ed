package bench

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// calling calls everything clean, and knows better where the target has a word in it.
type calling struct{ word string }

func (c calling) Compare(_ context.Context, x *sekisho.Exchange, _ bool) (ruleset.Comparison, error) {
	answer := ruleset.Comparison{Clean: true, Compared: true}
	if strings.Contains(x.Target, c.word) {
		answer.Fault = "the word was said"
	}
	return answer, nil
}

func TestDifferential_keepsEachDisagreement(t *testing.T) {
	cfg := DefaultDifferential()
	cfg.N, cfg.From, cfg.Out = 400, 100, t.TempDir()
	bases, ordinary, err := differentialBases(cfg)
	if err != nil || ordinary < 1000 || ordinary >= len(bases) {
		t.Fatalf("got %d bases, %d of them ordinary, %v", len(bases), ordinary, err)
	}
	ask := func(cfg DifferentialConfig) DifferentialReport {
		report, err := compareAll(t.Context(), cfg, []comparer{calling{"/contact"}, calling{"no such word at all"}}, []string{"a", "b"}, bases, ordinary)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	whole := ask(cfg)
	if whole.Asked != 400 || whole.Clean != 400 || whole.Next != 500 || len(whole.Disagreements) == 0 {
		t.Fatalf("got %+v, want 400 asked and some disagreements", whole)
	}
	d := whole.Disagreements[0]
	file, err := os.Open(d.File)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if line, err := bufio.NewReader(file).ReadString('\n'); err != nil || !strings.Contains(line, "/contact") || d.Policy != "a" {
		t.Errorf("%+v begins with %q (%v), want the request with the word, and policy a", d, line, err)
	}
	// The same request alone, by its number.
	cfg.N, cfg.From = 1, d.Number
	if again := ask(cfg); len(again.Disagreements) != 1 || again.Disagreements[0].File != d.File {
		t.Errorf("asked again: got %+v, want %+v", again.Disagreements, d)
	}
}

func TestDifferential_agreesOnAFew(t *testing.T) {
	cfg := DefaultDifferential()
	cfg.N, cfg.Levels, cfg.Out = 60, []int{1}, t.TempDir()
	report, err := Differential(t.Context(), cfg)
	if err != nil || report.Asked != 60 || report.Clean == 0 || len(report.Disagreements) > 0 {
		t.Errorf("got %+v, %v, want 60 asked, some clean, none disagreed about", report, err)
	}
}

func TestDifferential_saysWhatDoesNotFit(t *testing.T) {
	for name, change := range map[string]func(*DifferentialConfig){
		"n": func(c *DifferentialConfig) { c.N = 0 }, "from": func(c *DifferentialConfig) { c.From = -1 },
		"levels": func(c *DifferentialConfig) { c.Levels = []int{5} }, "slow-every": func(c *DifferentialConfig) { c.SlowEvery = 0 },
	} {
		cfg := DefaultDifferential()
		change(&cfg)
		if err := cfg.Validate(); sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Half of what comes out should still be a request that a server takes, or the comparison looks at nothing but rubbish.
func TestMutator_makesRequestsThatServersTake(t *testing.T) {
	cfg := DefaultDifferential()
	bases, ordinary, err := differentialBases(cfg)
	if err != nil {
		t.Fatal(err)
	}
	taken, seen := 0, map[string]bool{}
	for i := range 500 {
		m := mutator{rand.New(rand.NewPCG(1, uint64(i))), bases, ordinary}
		x := m.next()
		text := fmt.Sprintf("%s %s %s\r\n", x.Method, x.Target, x.Protocol)
		for _, f := range x.Header {
			text += f.Name + ": " + f.Value + "\r\n"
		}
		if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text + "\r\n"))); err == nil {
			taken++
		}
		seen[text+string(x.Body)] = true
	}
	if taken < 250 || len(seen) < 490 {
		t.Errorf("%d of 500 are requests, %d of 500 differ; want half and nearly all", taken, len(seen))
	}
}
