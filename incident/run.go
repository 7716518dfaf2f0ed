package incident

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Run takes batches from a source until ctx ends, and returns nil then. Nothing is done with the source before it is
// committed.
//
// A tenant whose records refuse a commit is parked: its events wait in memory, in order, and are tried again with growing
// pauses, while the other tenants go on. The source is told to forget only what lies before the oldest parked event, so
// that a crash loses nothing. When Config.MaxParked events wait, nothing more is read until something gives: the records
// recover, or, if other tenants could be committed meanwhile and so it is this tenant that is broken, its events go to
// Config.SetAside. Events that the records refuse for good (no such tenant, for example) go there after a few tries.
func (e *Engine) Run(ctx context.Context, source Source) error {
	r := &run{engine: e, source: source, stream: source.Stream(), parked: map[sekisho.TenantID]*lane{}}
	pause := e.cfg.RetryMin
	for ctx.Err() == nil {
		wait := r.retry(ctx)
		if r.waiting >= e.cfg.MaxParked && !r.giveUp(ctx) {
			sleep(ctx, wait)
			continue
		}
		events, last, err := r.next(ctx, wait)
		switch {
		case err == nil:
			pause = e.cfg.RetryMin
			r.take(ctx, last, events)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded): // time to retry
		default:
			e.log.ErrorContext(ctx, "reading events failed", obs.Err(err))
			sleep(ctx, pause)
			pause = min(2*pause, e.cfg.RetryMax)
		}
	}
	return nil
}

// hopeless is after how many tries an error that says so is believed to be permanent.
const hopeless = 5

// run is the state of one Run.
type run struct {
	engine    *Engine
	source    Source
	stream    string
	parked    map[sekisho.TenantID]*lane
	waiting   int    // events in parked
	read      uint64 // the last sequence number that the source has handed over
	committed uint64 // how many commits have succeeded
}

// lane is a parked tenant.
type lane struct {
	part
	err     error
	tries   int
	pause   time.Duration
	due     time.Time
	healthy uint64 // run.committed when it was parked
}

// next reads a batch, for at most as long as until the next retry.
func (r *run) next(ctx context.Context, wait time.Duration) ([]sekisho.Event, uint64, error) {
	if len(r.parked) > 0 {
		limited, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		ctx = limited
	}
	return r.source.Next(ctx, r.engine.cfg.Batch)
}

// take commits a batch, parks what is refused, and tells the source how far it may forget.
func (r *run) take(ctx context.Context, last uint64, events []sekisho.Event) {
	for _, p := range split(last, events) {
		if l := r.parked[p.tenant]; l != nil { // behind the others, to keep the order
			l.events = append(l.events, p.events...)
			r.waiting += len(p.events)
			continue
		}
		if err := r.engine.commit(ctx, r.stream, p); err != nil {
			r.park(ctx, p, err)
			continue
		}
		r.committed++
	}
	r.read = last
	r.finish(ctx)
}

func (r *run) park(ctx context.Context, p *part, err error) {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	pause := r.engine.cfg.RetryMin
	r.parked[p.tenant] = &lane{part: *p, err: err, pause: pause, due: time.Now().Add(pause), healthy: r.committed}
	r.waiting += len(p.events)
	r.engine.log.ErrorContext(ctx, "events of a tenant wait", obs.Tenant(p.tenant), obs.Count(len(p.events)), obs.Err(err))
}

// retry tries the parked tenants that are due and returns the time until the next one is.
func (r *run) retry(ctx context.Context) (wait time.Duration) {
	wait = r.engine.cfg.RetryMax
	for tenant, l := range r.parked {
		if time.Until(l.due) <= 0 {
			l.tries++
			l.err = r.drain(ctx, l)
			if l.err == nil || l.tries >= hopeless && permanent(l.err) && r.setAside(ctx, l) {
				delete(r.parked, tenant)
				r.finish(ctx)
				continue
			}
			l.pause = min(2*l.pause, r.engine.cfg.RetryMax)
			l.due = time.Now().Add(l.pause)
		}
		wait = min(wait, max(time.Until(l.due), time.Millisecond))
	}
	return wait
}

// drain commits what a lane holds, a batch at a time.
func (r *run) drain(ctx context.Context, l *lane) error {
	for len(l.events) > 0 {
		n := min(len(l.events), r.engine.cfg.Batch)
		if err := r.engine.commit(ctx, r.stream, &part{l.tenant, l.events[:n]}); err != nil {
			return err
		}
		r.committed++
		l.healthy = r.committed // its own success says nothing about the others
		l.events = l.events[n:]
		r.waiting -= n
	}
	return nil
}

// permanent reports whether trying again can never help.
func permanent(err error) bool {
	switch sekisho.KindOf(err) {
	case sekisho.KindInvalid, sekisho.KindNotFound:
		return true
	}
	return false
}

// giveUp makes room when too many events wait: it sets aside what belongs to tenants that are broken while others are
// not. When nobody can be committed, the records are away, and all there is to do is wait.
func (r *run) giveUp(ctx context.Context) bool {
	for tenant, l := range r.parked {
		if r.committed > l.healthy && l.tries >= hopeless && r.setAside(ctx, l) {
			delete(r.parked, tenant)
			r.finish(ctx)
		}
	}
	return r.waiting < r.engine.cfg.MaxParked
}

// setAside hands a lane's events over for good, or reports that this cannot be done.
func (r *run) setAside(ctx context.Context, l *lane) bool {
	if r.engine.cfg.SetAside == nil {
		return false
	}
	for len(l.events) > 0 {
		event := *l.events[0].event
		event.Marks = append(slices.Clone(event.Marks), MarkSetAside+":"+sekisho.KindOf(l.err).String())
		if err := r.engine.cfg.SetAside(event); err != nil {
			r.engine.log.ErrorContext(ctx, "setting events aside failed", obs.Tenant(l.tenant), obs.Err(err))
			return false
		}
		l.events = l.events[1:]
		r.waiting--
		r.engine.setAside.Add(1)
	}
	r.engine.log.ErrorContext(ctx, "events of a tenant set aside", obs.Tenant(l.tenant), obs.Err(l.err))
	return true
}

// finish tells the source how far it may forget.
func (r *run) finish(ctx context.Context) {
	done := r.read
	for _, l := range r.parked {
		if len(l.events) > 0 {
			done = min(done, l.events[0].seq-1)
		}
	}
	if done == 0 {
		return
	}
	if err := r.source.Done(done); err != nil {
		r.engine.log.WarnContext(ctx, "finished events could not be deleted", obs.Err(err))
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
