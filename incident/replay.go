package incident

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Replay runs events through an engine of its own, on a clock that the events set: for scoring a file, for asking what
// other weights would have made of last month, and for simulations. Nothing is stored.
//
// Each tenant has its clock, which stands at the median of its next few events and never goes back. So one event with an
// impossible time is told from the others around it, as it would have been on the day.
type Replay struct {
	engine *Engine
	notes  *notebook
	lanes  map[sekisho.TenantID]*replayLane
	order  []*replayLane // in which tenants first came
	now    time.Time     // of the lane whose batch is with the engine
}

// replayLane is what waits of one tenant.
type replayLane struct {
	ahead []sekisho.Event // taken, but not yet in a batch
	batch []sekisho.Event
	begun time.Time // the clock when the batch began
	now   time.Time
	seq   uint64
}

const (
	lookAhead    = 9           // events that a clock is told by
	batchWithin  = time.Second // a batch is what comes within a second, as on a running system
	replayStream = "replay"
)

// NewReplay returns a replay under the scale and bounds of cfg; its clock and retries are not used.
func NewReplay(cfg Config, log *slog.Logger) (*Replay, error) {
	r := &Replay{notes: newNotebook(), lanes: map[sekisho.TenantID]*replayLane{}}
	cfg.replay = true
	cfg.Now = func() time.Time { return r.now }
	engine, err := New(cfg, r.notes, nil, log)
	if err != nil {
		return nil, err
	}
	r.engine = engine
	return r, nil
}

// Add takes the next event, in the order of arrival. An event without a tenant is of the default one, an event without
// an id gets one that depends on its place. What a former engine noted on it is forgotten.
func (r *Replay) Add(ctx context.Context, e sekisho.Event) error {
	if e.Tenant == "" {
		e.Tenant = sekisho.DefaultTenant
	}
	l := r.lanes[e.Tenant]
	if l == nil {
		l = &replayLane{}
		r.lanes[e.Tenant] = l
		r.order = append(r.order, l)
	}
	l.seq++
	if e.ID == "" {
		e.ID = placeID(replayStream, l.seq, e.Time)
	}
	e.Incident = ""
	l.ahead = append(l.ahead, e)
	if len(l.ahead) < lookAhead {
		return nil
	}
	return r.step(ctx, l)
}

// End hands over what is left. The results are whole behind it; no event may follow.
func (r *Replay) End(ctx context.Context) error {
	for _, l := range r.order {
		for len(l.ahead) > 0 {
			if err := r.step(ctx, l); err != nil {
				return err
			}
		}
		if err := r.flush(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// step moves a clock and puts its oldest event into the batch.
func (r *Replay) step(ctx context.Context, l *replayLane) error {
	if at := clockOf(l.ahead); at.After(l.now) {
		l.now = at
	}
	if len(l.batch) >= r.engine.cfg.Batch || l.now.Sub(l.begun) >= batchWithin {
		if err := r.flush(ctx, l); err != nil {
			return err
		}
	}
	if len(l.batch) == 0 {
		l.begun = l.now
	}
	l.batch = append(l.batch, l.ahead[0])
	l.ahead = l.ahead[:copy(l.ahead, l.ahead[1:])]
	return nil
}

func (r *Replay) flush(ctx context.Context, l *replayLane) error {
	if len(l.batch) == 0 {
		return nil
	}
	r.now = l.begun
	last := l.seq - uint64(len(l.ahead))
	err := r.engine.Process(ctx, replayStream, last, l.batch)
	l.batch = l.batch[:0]
	if err != nil {
		return fmt.Errorf("replaying up to event %d: %w", last, err)
	}
	return nil
}

// clockOf is the median of the times that a calendar can show; zero when none can.
func clockOf(events []sekisho.Event) time.Time {
	var times []time.Time
	for _, e := range events {
		if year := e.Time.Year(); year >= 2000 && year < 2100 {
			times = append(times, e.Time)
		}
	}
	if len(times) == 0 {
		return time.Time{}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[len(times)/2].UTC()
}

// Incidents returns every incident of every tenant, the worst first, of equals the newest.
func (r *Replay) Incidents() (all []sekisho.Incident) {
	for _, p := range r.notes.tenants {
		for _, i := range p.incidents {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b sekisho.Incident) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), b.Last.Compare(a.Last), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Case returns the case that answers for an incident.
func (r *Replay) Case(i sekisho.Incident) (sekisho.Case, bool) {
	c, ok := r.notes.page(i.Tenant).cases[i.Case]
	return c, ok
}

// Changes returns what happened to the cases of all tenants, oldest first.
func (r *Replay) Changes() []sekisho.Change { return r.notes.changes }

// Stats returns what the engine counted.
func (r *Replay) Stats() Stats { return r.engine.Stats() }

// placeID makes an id for an event that has none, from where it stood: the same each time it is handed over.
func placeID(stream string, seq uint64, at time.Time) sekisho.EventID {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, stream, "/", seq)
	return sekisho.EventID(derivedID(at, h.Sum64()))
}
