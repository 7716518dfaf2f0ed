package ruleset

import (
	"context"
	"log/slog"

	"github.com/sekisho-waf/sekisho"
)

// NewStockPool returns a pool of plain engines: every rule is evaluated by its operator alone, without
// anything of ours that proves a rule unnecessary. It fills transactions as [NewPool] does, so that a
// difference between the two is a fault of the faster one. For tests and benchmarks; much slower.
func NewStockPool(log *slog.Logger) *Pool {
	pool := NewPool(log)
	pool.compile = func(policy sekisho.Policy, mode sekisho.Mode) (compiled, error) {
		engine, _, err := compileEngine(policy, mode, func(rules string) string { return rules })
		return compiled{waf: engine}, err
	}
	return pool
}

// A Trace is what the rules did, in numbers: what two ways of inspection are compared by.
type Trace struct {
	Rules             []int // ids of all rules that matched, in order, with those that only count
	Stopped           int   // the rule that ended the exchange, or in detect mode would have; 0 if none
	Status            int   // what that rule answers with
	Inbound, Outbound int   // anomaly scores
}

// Trace returns what the rules did so far; the zero Trace before Request and after Close. Where no rule had to run, they
// run now.
func (i *Inspection) Trace() Trace {
	var t Trace
	if i.clean && i.tx == nil && !i.closed {
		if err := i.replay(context.Background()); err != nil {
			return t
		}
	}
	if i.tx == nil {
		return t
	}
	for _, m := range i.tx.MatchedRules() {
		t.Rules = append(t.Rules, m.Rule().ID())
	}
	t.Inbound = score(i.tx, "blocking_inbound_anomaly_score")
	t.Outbound = score(i.tx, "blocking_outbound_anomaly_score")
	stop := i.tx.Interruption()
	if stop == nil {
		stop = wouldBe(i.tx)
	}
	if stop != nil {
		t.Stopped, t.Status = stop.RuleID, stop.Status
	}
	return t
}
