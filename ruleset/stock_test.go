package ruleset

import (
	"log/slog"
	"reflect"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func traceOf(t *testing.T, e *Engine, x *sekisho.Exchange) Trace {
	t.Helper()
	i := e.Begin(x)
	defer i.Close()
	if _, err := i.Request(t.Context()); err != nil {
		t.Fatal(err)
	}
	return i.Trace()
}

func TestRequest_agreesWithThePlainEngine(t *testing.T) {
	cases := regressionSample(t, 4*sampleEvery())
	for _, level := range []int{1, 4} {
		policy := sekisho.DefaultPolicy()
		policy.ParanoiaLevel = level
		plain, err := NewStockPool(slog.New(slog.DiscardHandler)).Acquire(policy, sekisho.ModeDetect)
		if err != nil {
			t.Fatal(err)
		}
		ours := engine(t, policy, sekisho.ModeDetect)
		differences := 0
		for _, c := range cases {
			if got, want := traceOf(t, ours, c.x), traceOf(t, plain, c.x); !reflect.DeepEqual(got, want) {
				differences++
				t.Errorf("level %d, %s: got %+v, want %+v", level, c.name, got, want)
			}
		}
		t.Logf("level %d: %d cases, %d differences", level, len(cases), differences)
		plain.Release()
	}
}

// Coraza's own prefilter misses this match (see docs/decisions/0007-no-prefilter.md).
func TestRequest_findsWhatAPrefilterMisses(t *testing.T) {
	e := engine(t, stockPolicy(), sekisho.ModeBlock)
	if v := inspect(t, e, exchange("GET", "/get?i=2.2250738585072011e-308")); !v.Attack || len(v.Matches) == 0 || v.Matches[0].RuleID != 942220 {
		t.Errorf("got %+v, want rule 942220", v)
	}
}
