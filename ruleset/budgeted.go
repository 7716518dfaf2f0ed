package ruleset

import (
	"context"
	"sync"
	"time"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// Coraza looks at no context while it evaluates, but it calls our @rx some thousand times for each request. So that is
// where an inspection that has taken all it may is ended: by a panic, which [Inspection.guard] turns into the error in
// it. The transaction is not used again; nothing in it is locked.

// meters are the meters of the transactions that run in a lane, by transaction.
var meters sync.Map // plugintypes.TransactionState -> *metered

// A metered transaction looks at the clock after so many bytes of evaluation, not at each.
type metered struct {
	meter *slowlane.Meter
	bytes int
}

// checkEvery is a few ten microseconds of evaluation; an evaluation counts evaluationBytes beside its value.
const (
	checkEvery      = 64 << 10
	evaluationBytes = 256
)

// A cutShort is the panic that ends an inspection.
type cutShort struct{ err error }

// spend notes an evaluation, and ends the inspection when it has taken all that it may.
func spend(tx plugintypes.TransactionState, bytes int) {
	held, ok := meters.Load(tx)
	if !ok {
		return
	}
	m := held.(*metered)
	if m.bytes += bytes + evaluationBytes; m.bytes < checkEvery {
		return
	}
	m.bytes = 0
	if err := m.meter.Check(); err != nil {
		panic(cutShort{err})
	}
}

// metering puts a transaction under a meter until it is called back.
func metering(tx types.Transaction, meter *slowlane.Meter) (end func()) {
	state, ok := tx.(plugintypes.TransactionState)
	if !ok || meter == nil {
		return func() {}
	}
	meters.Store(state, &metered{meter: meter})
	return func() { meters.Delete(state) }
}

// inLane runs what the rules do for one half of an exchange, in the pool's lane if it has one.
func (i *Inspection) inLane(ctx context.Context, cost time.Duration, run func() (sekisho.Verdict, error)) (verdict sekisho.Verdict, err error) {
	lane := i.engine.pool.lane
	if lane == nil {
		return run()
	}
	stopped := lane.Do(ctx, string(i.exchange.Site), cost, func(meter *slowlane.Meter) {
		i.meter = meter
		verdict, err = i.safely(run)
		i.meter = nil
	})
	if stopped != nil {
		return sekisho.Verdict{}, stopped
	}
	return verdict, err
}
