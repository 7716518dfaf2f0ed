package app

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/courier"
)

// streams is what a state must offer to carry events between machines: Redis does.
type streams interface {
	courier.Outbox
	courier.Inbox
}

// openCourier lets events go to the worker of their tenant, on whichever machine it is, where machines share both their
// records and their state.
func (h *house) openCourier() {
	through, shared := h.hot.(streams)
	if !shared || h.cfg.DatabaseURL == "" {
		return
	}
	h.sender = courier.NewSender(h.spool, through, h.records, h.aside.Append, h.log)
	h.worker = courier.NewWorker(through, h.records, h.log)
	h.commits.fence = h.worker.Fence
}

// runEvents brings recorded events to the incident engine.
func (h *house) runEvents(ctx context.Context, group *errgroup.Group) {
	if h.sender == nil {
		group.Go(func() error { return h.engine.Run(ctx, h.spool) })
		return
	}
	group.Go(func() error { return h.sender.Run(ctx) })
	group.Go(func() error { return h.worker.Run(ctx, h.engine) })
	group.Go(func() error { return h.hearChanges(ctx) })
}

// topicChanges tells the portals of other processes whose records have changed.
const topicChanges = "changes"

// announce tells every portal that something of a tenant has changed.
func (h *house) announce(tenant sekisho.TenantID) {
	h.changes.publish(tenant)
	if h.sender != nil {
		_ = h.hot.Publish(context.Background(), topicChanges, string(tenant)) // a hint: a page that misses it is old until it is opened anew
	}
}

func (h *house) hearChanges(ctx context.Context) error {
	heard, err := h.hot.Subscribe(ctx, topicChanges)
	if err != nil {
		return err
	}
	for tenant := range heard {
		h.changes.publish(sekisho.TenantID(tenant))
	}
	<-ctx.Done()
	return nil
}

const (
	leaseFor   = 30 * time.Second
	leaseEvery = 5 * time.Second
)

// leased runs what one of several processes should do, for as long as this one is it. For a moment it may be two: what
// runs here does no harm then.
func (h *house) leased(ctx context.Context, name string, run func(context.Context) error) error {
	if h.sender == nil {
		return run(ctx)
	}
	holder := string(sekisho.NewSiteID())
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = h.hot.Unlock(last, name, holder) // else its lease runs out
	}()
	for ctx.Err() == nil {
		if held, err := h.hot.Lock(ctx, name, holder, leaseFor); err != nil || !held {
			pause(ctx, leaseEvery)
			continue
		}
		if err := h.whileHeld(ctx, name, holder, run); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) whileHeld(ctx context.Context, name, holder string, run func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }() // ends with ctx, and is waited for
	until := time.Now().Add(leaseFor)
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
			began := time.Now()
			held, err := h.hot.Lock(ctx, name, holder, leaseFor)
			switch {
			case held:
				until = began.Add(leaseFor)
			case err == nil || time.Now().After(until):
				h.log.WarnContext(ctx, "another process may do this now", slog.String("work", name))
				stop()
				return <-ended
			}
		}
	}
}
