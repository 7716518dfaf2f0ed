package corpora

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// The share of ordinary requests that no rule has to run for, of those that the rules have nothing against: the others
// need the rules for their findings. The figures of docs/benchmarks.md are what this test logs with SEKISHO_TEST_ALL=1; else
// it takes one request of seven.
func TestFastLane_sharesOfOrdinaryRequests(t *testing.T) {
	thin := 7 // prime to the number of kinds, so that each of them is there
	if os.Getenv("SEKISHO_TEST_ALL") != "" {
		thin = 1
	}
	for _, tt := range []struct {
		profile sekisho.Profile
		level   int
		least   float64 // percent
	}{{sekisho.ProfileStock, 1, 99.7}, {sekisho.ProfileStock, 2, 75}, {sekisho.ProfileSmallBusiness, 1, 55}} {
		name := fmt.Sprintf("%s, level %d", tt.profile, tt.level)
		t.Run(name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.Profile, policy.ParanoiaLevel = tt.profile, tt.level
			pool := ruleset.NewPool(slog.New(slog.DiscardHandler))
			engine, err := pool.Acquire(policy, sekisho.ModeBlock)
			if err != nil {
				t.Fatal(err)
			}
			defer engine.Release()
			clean, silent := 0, 0
			missed := map[string]int{}
			for n, r := range Benign(1) {
				if n%thin != 0 {
					continue
				}
				before := pool.Stats().Clean
				i := engine.Begin(exchange(t, r))
				verdict, err := i.Request(t.Context())
				i.Close()
				switch proven := pool.Stats().Clean > before; {
				case err != nil:
					t.Fatal(err)
				case len(verdict.Matches) > 0 || verdict.Score > 0:
					continue
				case proven:
					clean++
				default:
					missed[r.Kind]++
				}
				silent++
			}
			share := 100 * float64(clean) / float64(silent)
			t.Logf("%d of %d that no rule has anything against were proven clean (%.1f %%)", clean, silent, share)
			for _, kind := range slices.Sorted(maps.Keys(missed)) {
				t.Logf("%5d not proven: %s", missed[kind], kind)
			}
			if share < tt.least {
				t.Errorf("got %.1f %%, want at least %.1f", share, tt.least)
			}
		})
	}
}
