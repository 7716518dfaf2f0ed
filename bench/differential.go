package bench

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench/corpora"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// DifferentialConfig says how many requests [Differential] asks about, and of which policies.
type DifferentialConfig struct {
	N        int           // requests
	From     int           // the number of the first one: a run that was ended goes on where its report says
	Seed     uint64        // equal seeds ask about equal requests
	Levels   []int         // paranoia levels
	Duration time.Duration // at most so long; 0 for as long as it takes
	Tests    string        // folder of the rule set's regression tests; "" goes without them
	Out      string        // folder for the requests that are disagreed about

	// SlowEvery is one of how many requests that are not proven clean is asked about too: they take the same rules in
	// both, and the same time twice.
	SlowEvery int

	// Progress, if not nil, gets a line now and then.
	Progress io.Writer
	Command  string
}

// DefaultDifferential is 10,000 requests over every level.
func DefaultDifferential() DifferentialConfig {
	return DifferentialConfig{N: 10000, Seed: 1, Levels: []int{1, 2, 3, 4}, SlowEvery: 4, Out: "differential"}
}

// Validate reports the first setting that cannot work (KindInvalid).
func (c DifferentialConfig) Validate() error {
	switch {
	case c.N < 1 || c.N > 1e9:
		return sekisho.Invalid(fmt.Sprintf("n %d: use 1 to 1000000000", c.N))
	case c.From < 0:
		return sekisho.Invalid(fmt.Sprintf("from %d: use 0 or more", c.From))
	case len(c.Levels) == 0:
		return sekisho.Invalid("levels: name at least one, of 1 to 4")
	case c.SlowEvery < 1:
		return sekisho.Invalid(fmt.Sprintf("slow-every %d: use 1 (all) or more", c.SlowEvery))
	}
	for _, level := range c.Levels {
		if level < 1 || level > 4 {
			return sekisho.Invalid(fmt.Sprintf("levels %d: use 1 to 4", level))
		}
	}
	return nil
}

// A DifferentialReport is what comparing gave. Disagreements are faults: zero is wanted.
type DifferentialReport struct {
	Machine  string        `json:"machine"`
	Commit   string        `json:"commit"`
	Command  string        `json:"command"`
	Seed     uint64        `json:"seed"`
	From     int           `json:"from"`
	Next     int           `json:"next"` // --from of a run that goes on
	Policies []PolicyTally `json:"policies"`
	Bases    int           `json:"bases"` // requests that the others are made of

	Asked    int     `json:"asked"`
	Clean    int     `json:"clean"` // proven clean, and all held against the plain engine
	Slow     int     `json:"slow"`  // not proven clean, and held against the plain engine
	Skipped  int     `json:"skipped"`
	Wavering int     `json:"wavering"` // the plain engine contradicts itself
	Seconds  float64 `json:"seconds"`
	Rate     float64 `json:"per_second"`

	Disagreements []Disagreement `json:"disagreements"`
}

// PolicyTally is one policy's part of a run.
type PolicyTally struct {
	Policy string `json:"policy"`
	Asked  int    `json:"asked"`
	Clean  int    `json:"clean"`
}

// A Disagreement is one request that the two engines do not judge alike.
type Disagreement struct {
	Number int    `json:"number"` // --from NUMBER --n 1 asks again
	Policy string `json:"policy"`
	Clean  bool   `json:"clean"` // called clean: a hole
	Fault  string `json:"fault"`
	File   string `json:"file"`
}

// differentialRules are a customer's: each kind of rule that the proof has to understand, and changes to others.
const differentialRules = `SecRule ARGS:coupon "@streq free" "id:1001,phase:2,deny,log,msg:'coupon'"
SecRule &ARGS:token "@gt 1" "id:1002,phase:2,deny,log,msg:'token twice'"
SecRule REQUEST_FILENAME "@beginsWith /internal" "id:1003,phase:1,deny,log,msg:'internal'"
SecRule ARGS|REQUEST_COOKIES "@rx (?i)関所破り|secret[0-9]" "id:1004,phase:2,t:none,t:urlDecodeUni,deny,log,msg:'word'"
SecRule REQUEST_METHOD "@streq POST" "id:1005,phase:2,deny,log,msg:'mail without @',chain"
SecRule ARGS:mail "!@contains @" "t:none"
SecRule ARGS_NAMES "@pm debug trace xdebug" "id:1006,phase:2,t:none,t:base64Decode,deny,log,msg:'debug'"
SecRule ARGS "@rx ^(?:[a-z]{3}){4,}=$" "id:1007,phase:2,t:none,t:base64Decode,t:hexEncode,t:lowercase,pass,log,msg:'letters'"
SecRuleUpdateTargetById 930120 "!ARGS:memo"
SecRuleRemoveById 920350
`

// differentialExclusions hold on every path, so that they can be compiled in.
func differentialExclusions() []sekisho.Exclusion {
	var list []sekisho.Exclusion
	for _, e := range []struct {
		rule      int
		parameter string
	}{
		{942100, "ARGS:q"},
		{941100, "ARGS"},
		{932160, "ARGS:body"},
		{930120, "ARGS"},
		{920300, "&REQUEST_HEADERS:Accept"},
		{942440, "REQUEST_COOKIES"},
		{920273, "ARGS:memo"},
		{921110, "REQUEST_BODY"},
		{932130, "ARGS_NAMES"},
	} {
		list = append(list, sekisho.Exclusion{
			ID: "bench", Rule: e.rule, Path: "/*", Parameter: e.parameter, Reason: "bench", Author: "bench", Expires: time.Now().Add(1000 * time.Hour),
		})
	}
	return list
}

// Differential makes requests and asks of each whether what serves agrees with plain Coraza. It returns what it has when
// ctx ends.
func Differential(ctx context.Context, cfg DifferentialConfig) (DifferentialReport, error) {
	if err := cfg.Validate(); err != nil {
		return DifferentialReport{}, fmt.Errorf("differential: %w", err)
	}
	bases, ordinary, err := differentialBases(cfg)
	if err != nil {
		return DifferentialReport{}, fmt.Errorf("differential: %w", err)
	}
	policies, names, closeAll, err := differentialPolicies(cfg.Levels)
	if err != nil {
		return DifferentialReport{}, fmt.Errorf("differential: %w", err)
	}
	defer closeAll()
	return compareAll(ctx, cfg, policies, names, bases, ordinary)
}

// A comparer asks one policy twice; see [ruleset.Differential].
type comparer interface {
	Compare(ctx context.Context, x *sekisho.Exchange, slowToo bool) (ruleset.Comparison, error)
}

func compareAll(ctx context.Context, cfg DifferentialConfig, policies []comparer, names []string, bases []*sekisho.Exchange, ordinary int) (DifferentialReport, error) {
	report := DifferentialReport{
		Machine: cpuName(), Commit: commit(), Command: cfg.Command, Seed: cfg.Seed, From: cfg.From, Next: cfg.From,
		Policies: make([]PolicyTally, len(policies)), Bases: len(bases), Disagreements: []Disagreement{},
	}
	for i, name := range names {
		report.Policies[i].Policy = name
	}
	began, told := time.Now(), time.Now()
	for number := cfg.From; number < cfg.From+cfg.N; number++ {
		if ctx.Err() != nil || cfg.Duration > 0 && time.Since(began) > cfg.Duration {
			break
		}
		source := mutator{rand.New(rand.NewPCG(cfg.Seed, uint64(number))), bases, ordinary}
		x := source.next()
		which := number % len(policies)
		answer, err := policies[which].Compare(ctx, x, source.IntN(cfg.SlowEvery) == 0)
		if err != nil && ctx.Err() != nil {
			break
		}
		if err != nil {
			answer = ruleset.Comparison{Compared: true, Fault: err.Error()}
		}
		report.count(answer)
		report.Policies[which].Asked++
		if answer.Clean {
			report.Policies[which].Clean++
		}
		report.Next = number + 1
		if answer.Fault != "" {
			d := Disagreement{Number: number, Policy: names[which], Clean: answer.Clean, Fault: answer.Fault}
			if d.File, err = writeDisagreement(cfg.Out, cfg.Seed, number, x); err != nil {
				return report, err
			}
			report.Disagreements = append(report.Disagreements, d)
		}
		if cfg.Progress != nil && time.Since(told) > 30*time.Second {
			told = time.Now()
			_, _ = fmt.Fprintf(cfg.Progress, "%d asked, %d clean, %d slow, %d disagreements; go on with --seed %d --from %d\n",
				report.Asked, report.Clean, report.Slow, len(report.Disagreements), cfg.Seed, report.Next)
		}
	}
	report.Seconds = time.Since(began).Seconds()
	report.Rate = float64(report.Asked) / max(report.Seconds, 1e-9)
	return report, nil
}

func (r *DifferentialReport) count(answer ruleset.Comparison) {
	r.Asked++
	switch {
	case !answer.Compared:
		r.Skipped++
	case answer.Clean:
		r.Clean++
	default:
		r.Slow++
	}
	if answer.Wavering {
		r.Wavering++
	}
}

// mixes is how many times the requests of `bench load` are among the bases, each time with other words: they are what the
// fast lane is for.
const mixes = 16

// largestBase keeps single comparisons short: plain Coraza reads 64 KB of Japanese text in a quarter of a second.
const largestBase = 6 << 10

// differentialBases reads the requests that the others are made of; the first of them are ordinary ones.
func differentialBases(cfg DifferentialConfig) (bases []*sekisho.Exchange, ordinary int, err error) {
	add := func(raw []byte) {
		x, err := exchangeOf(raw, &rawAnswer{}, sekisho.DefaultPolicy())
		if err != nil || len(x.Body) > largestBase || len(x.Target) > largestBase {
			return // what net/http refuses reaches no inspector
		}
		x.Client, x.Server = netip.MustParseAddrPort("203.0.113.7:50123"), netip.MustParseAddrPort("192.0.2.10:443")
		bases = append(bases, x)
	}
	var attacks []corpora.Request
	for _, name := range corpora.Names() {
		benign, stopped, _ := corpora.Set(name, cfg.Seed)
		for _, r := range benign {
			add(r.Raw)
		}
		attacks = append(attacks, stopped...)
	}
	for i := range uint64(mixes) {
		wire, err := onWire(NewMix(cfg.Seed+i), "www.example.co.jp")
		if err != nil {
			return nil, 0, err
		}
		for _, raw := range wire {
			add(raw)
		}
	}
	ordinary = len(bases)
	for _, r := range attacks {
		add(r.Raw)
	}
	if cfg.Tests == "" {
		return bases, ordinary, nil
	}
	cases, err := readCRSCases(cfg.Tests)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range cases {
		for i := range c.stages {
			if raw, err := c.stages[i].Input.wire(); err == nil {
				add(raw)
			}
		}
	}
	return bases, ordinary, nil
}

// differentialPolicies compiles both profiles at every level, as they come and with a customer's rules and exclusions.
func differentialPolicies(levels []int) (policies []comparer, names []string, closeAll func(), err error) {
	var open []*ruleset.Differential
	closeAll = func() {
		for _, d := range open {
			d.Close()
		}
	}
	for _, level := range levels {
		for _, profile := range []sekisho.Profile{sekisho.ProfileStock, sekisho.ProfileSmallBusiness} {
			for _, own := range []bool{false, true} {
				policy := sekisho.DefaultPolicy()
				policy.ParanoiaLevel, policy.Profile = level, profile
				name := fmt.Sprintf("%s, level %d", profile, level)
				var exclusions []sekisho.Exclusion
				if own {
					policy.CustomRules, exclusions = differentialRules, differentialExclusions()
					name += ", own rules and exclusions"
				}
				d, err := ruleset.NewDifferential(policy, exclusions)
				if err != nil {
					closeAll()
					return nil, nil, nil, fmt.Errorf("%s: %w", name, err)
				}
				open, policies, names = append(open, d), append(policies, d), append(names, name)
			}
		}
	}
	return policies, names, closeAll, nil
}

// writeDisagreement writes a request in the form that `sekisho ruleset trace` reads.
func writeDisagreement(dir string, seed uint64, number int, x *sekisho.Exchange) (string, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", x.Method, x.Target, x.Protocol)
	for _, f := range x.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
	b.Write(x.Body)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("keep a disagreement: %w", err)
	}
	sum := fnv.New32a()
	_, _ = sum.Write(b.Bytes())
	file := filepath.Join(dir, fmt.Sprintf("%d-%d-%08x.http", seed, number, sum.Sum32()))
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return "", fmt.Errorf("keep a disagreement: %w", err)
	}
	return file, nil
}

// WriteTable prints the report for people.
func (r DifferentialReport) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests of seed %d (from %d), made of %d, over %d policies, in %.0f s (%.0f a second)\n",
		r.Asked, r.Seed, r.From, r.Bases, len(r.Policies), r.Seconds, r.Rate)
	fmt.Fprintf(&b, "proven clean and held against plain Coraza: %d\nnot proven clean, and compared: %d; not compared: %d\nplain Coraza contradicts itself: %d\n",
		r.Clean, r.Slow, r.Skipped, r.Wavering)
	for _, p := range r.Policies {
		fmt.Fprintf(&b, "  %-50s %8d asked, %5.1f %% clean\n", p.Policy, p.Asked, 100*share(p.Clean, p.Asked))
	}
	fmt.Fprintf(&b, "disagreements: %d\n", len(r.Disagreements))
	for _, d := range r.Disagreements {
		what := "judged otherwise"
		if d.Clean {
			what = "called clean"
		}
		fmt.Fprintf(&b, "  %d (%s): %s: %s\n    %s\n", d.Number, d.Policy, what, d.Fault, d.File)
	}
	fmt.Fprintf(&b, "go on with --seed %d --from %d\n", r.Seed, r.Next)
	_, err := io.WriteString(w, b.String())
	return err
}
