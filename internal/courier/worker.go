package courier

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Inbox is the streams, seen from a worker, and the locks that leases are made of.
type Inbox interface {
	Oldest(ctx context.Context, partition, most int) (batch []sekisho.Sent, ids []string, err error)
	TakeAway(ctx context.Context, partition int, ids []string) error
	Lock(ctx context.Context, name, holder string, lease time.Duration) (held bool, err error)
	Unlock(ctx context.Context, name, holder string) error
}

// Engine takes events. What it commits carries [Worker.Fence].
type Engine interface {
	Take(ctx context.Context, batch []sekisho.Sent) error
	ForgetThose(which func(sekisho.TenantID) bool)
}

// Fences are raised in the records: see [sekisho.Fence].
type Fences interface {
	Raise(ctx context.Context, name string) (sekisho.Fence, error)
}

const (
	leaseFor   = 6 * time.Second
	leaseEvery = 2 * time.Second
	idle       = 50 * time.Millisecond
)

// Worker takes partitions on and works through them. Run is for one goroutine.
type Worker struct {
	inbox  Inbox
	fences Fences
	engine Engine
	holder string
	log    *slog.Logger
	held   [Partitions]*sekisho.Fence
	until  [Partitions]time.Time
}

// NewWorker returns a worker with a name of its own.
func NewWorker(inbox Inbox, fences Fences, log *slog.Logger) *Worker {
	return &Worker{inbox: inbox, fences: fences, holder: string(sekisho.NewEventID(time.Now())), log: log}
}

// Fence is what the engine has to commit a tenant's events under. It is for the goroutine of Run.
func (w *Worker) Fence(tenant sekisho.TenantID) *sekisho.Fence { return w.held[PartitionOf(tenant)] }

// Run works until ctx ends and returns nil then. A partition that nobody holds is taken on within two seconds; one
// whose worker died, within eight.
func (w *Worker) Run(ctx context.Context, engine Engine) error {
	w.engine = engine
	defer w.letGo(ctx)
	var leased time.Time
	pause := idle
	for ctx.Err() == nil {
		if time.Since(leased) >= leaseEvery {
			leased = time.Now()
			w.lease(ctx)
		}
		busy := false
		for p := range w.held {
			if w.held[p] == nil {
				continue
			}
			n, err := w.round(ctx, p)
			if err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "events wait for the records or the shared state", slog.Int("partition", p), obs.Err(err))
				sleep(ctx, pause)
				pause = min(2*pause, leaseEvery)
			} else if n > 0 {
				busy, pause = true, idle
			}
		}
		if !busy {
			sleep(ctx, idle)
		}
	}
	return nil
}

// lease keeps what is held and takes on what nobody holds.
func (w *Worker) lease(ctx context.Context) {
	for p := range w.held {
		began := time.Now()
		got, err := w.inbox.Lock(ctx, lockName(p), w.holder, leaseFor)
		switch {
		case err != nil && began.Before(w.until[p]): // Redis is away: ours for as long as it was promised
			continue
		case err != nil || !got:
			w.held[p] = nil
			continue
		}
		w.until[p] = began.Add(leaseFor)
		if w.held[p] != nil {
			continue
		}
		fence, err := w.fences.Raise(ctx, lockName(p))
		if err != nil {
			w.log.WarnContext(ctx, "a partition of events waits for the records", slog.Int("partition", p), obs.Err(err))
			continue
		}
		w.held[p] = &fence
		w.engine.ForgetThose(func(tenant sekisho.TenantID) bool { return PartitionOf(tenant) == p })
	}
}

func lockName(p int) string { return "events-" + string(rune('a'+p)) }

// round takes one batch. It goes from the streams whether its events count or not: whoever sent those that do not sends
// them again. While the records are away it stays, because then none would.
func (w *Worker) round(ctx context.Context, p int) (n int, err error) {
	batch, ids, err := w.inbox.Oldest(ctx, p, 500)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	batch = slices.DeleteFunc(batch, func(s sekisho.Sent) bool { return PartitionOf(s.Event.Tenant) != p }) // nobody of ours sent that
	switch err := w.engine.Take(ctx, batch); sekisho.KindOf(err) {
	case sekisho.KindForbidden: // another worker has it
		w.held[p] = nil
		return 0, err
	case sekisho.KindUnavailable:
		return 0, err
	default:
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err != nil {
			w.log.ErrorContext(ctx, "events refused by the records come again", obs.Err(err))
		}
	}
	return len(ids), w.inbox.TakeAway(ctx, p, ids)
}

// letGo gives leases back, so that the next worker need not wait for their end.
func (w *Worker) letGo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for p := range w.held {
		if w.held[p] != nil {
			_ = w.inbox.Unlock(ctx, lockName(p), w.holder) // else it runs out
			w.held[p] = nil
		}
	}
}
