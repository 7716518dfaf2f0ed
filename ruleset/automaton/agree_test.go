package automaton

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"rsc.io/binaryregexp"
)

// oracle is what a pattern must agree with.
func oracle(t testing.TB, p Pattern) func(string) bool {
	t.Helper()
	switch p.Kind {
	case Regexp:
		return regexp.MustCompile(p.Expr).MatchString
	case BinaryRegexp:
		return binaryregexp.MustCompile(p.Expr).MatchString
	case Contains:
		return func(value string) bool { return strings.Contains(value, p.Expr) }
	case BeginsWith:
		return func(value string) bool { return strings.HasPrefix(value, p.Expr) }
	case EndsWith:
		return func(value string) bool { return strings.HasSuffix(value, p.Expr) }
	case Equals:
		return func(value string) bool { return value == p.Expr }
	}
	t.Fatalf("no oracle for kind %d", p.Kind)
	return nil
}

// checkAgree scans value and compares the answer for each of the given patterns with its oracle's.
func checkAgree(t testing.TB, set *Set, hits *Hits, patterns []Pattern, oracles []func(string) bool, value string, which ...int) {
	t.Helper()
	if !set.Scan(value, hits) {
		return
	}
	for _, i := range which {
		if got, want := hits.Has(i), oracles[i](value); got != want {
			t.Errorf("pattern %d %.300q on %q: got %v, want %v", i, patterns[i].Expr, value, got, want)
		}
	}
}

func TestScan_agreesWithRegexpOnEveryExpressionOfTheCoreRuleSet(t *testing.T) {
	patterns := rxPatterns(crsExpressions(t, 0, false))
	oracles := make([]func(string) bool, len(patterns))
	samplers := make([]func() string, len(patterns))
	random := rand.New(rand.NewPCG(1, 2))
	for i, p := range patterns {
		oracles[i] = oracle(t, p)
		tree, bytes, err := parse(p)
		if err != nil {
			t.Fatal(err)
		}
		s := &sampler{random: random, bytes: bytes}
		samplers[i] = func() string { return s.text(tree) }
	}
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for name, options := range map[string]Options{
		"with room":    {MaxMemory: 16 << 20, MaxWork: 1 << 20},
		"with resets":  {MaxMemory: 1500 << 10, MaxWork: 1 << 20},
		"with nothing": {MaxMemory: 0, MaxWork: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, patterns, options)
			var hits Hits
			matched := 0
			for i := range patterns {
				for range rounds {
					value := samplers[i]()
					if random.IntN(4) == 0 {
						value += samplers[random.IntN(len(patterns))]()
					}
					checkAgree(t, set, &hits, patterns, oracles, value, i, random.IntN(len(patterns)))
					if hits.Has(i) {
						matched++
					}
				}
			}
			t.Logf("%d patterns, %d of %d samples matched theirs, %+v", len(patterns), matched, rounds*len(patterns), set.Stats())
		})
	}
}
