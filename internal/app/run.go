package app

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho/internal/obs"
)

// run starts every part and stops them from the street inwards: the proxy first, then, once what it recorded has
// reached the records or had its time, the rest.
func (h *house) run(ctx context.Context, ready func(context.Context, Running)) error {
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	group, inner := errgroup.WithContext(inner)
	group.Go(func() error { return h.spool.Run(inner) })
	group.Go(func() error { return h.lane.Run(inner) })
	group.Go(func() error { return h.shadow.Run(inner) })
	group.Go(func() error { return h.aside.Run(inner) })
	group.Go(func() error { return h.sweep(inner) })
	group.Go(func() error { return h.engine.Run(inner, h.spool) })
	group.Go(func() error { return h.exporter.Run(inner) })
	group.Go(func() error { return h.portal.Run(inner) })
	group.Go(func() error { return h.socket.Run(inner, h.control) })
	group.Go(func() error { return h.sites.run(inner) })
	group.Go(func() error { return h.stages(inner) })
	if h.keeper != nil {
		group.Go(func() error { return h.keeper.Run(inner) })
	}
	if h.dns != nil {
		group.Go(func() error { return h.dns.Run(inner) })
	}
	group.Go(func() error { return h.shareLimits(inner) })

	for _, file := range h.watched {
		group.Go(func() error { return file.Run(inner) })
	}

	street, stopStreet := context.WithCancel(ctx)
	defer stopStreet()
	stop := context.AfterFunc(inner, stopStreet) // a part that fails takes the process down, drained
	defer stop()
	group.Go(func() error { return h.bridge.Run(street) })
	group.Go(func() error { return h.serveMetrics(inner) })
	group.Go(func() error {
		defer stopInner()
		err := h.proxy.Run(street)
		h.settle(inner)
		return err
	})
	h.log.InfoContext(ctx, "serving", obs.Addr(h.proxy.HTTPSAddr().String()), slog.String("http", h.proxy.HTTPAddr().String()), slog.String("portal", h.portalURL))
	ready(ctx, Running{
		HTTP: h.proxy.HTTPAddr(), HTTPS: h.proxy.HTTPSAddr(), PortalURL: h.portalURL,
		CAFile: h.authority.CAFile(), Control: h.control,
	})
	return group.Wait()
}

// sweepEvery is how often expired sessions, links and engine memory are deleted.
const sweepEvery = 10 * time.Minute

func (h *house) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if _, err := h.records.DeleteExpired(ctx, now); err != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "expired records not deleted", obs.Err(err))
			}
			h.tidy(ctx, now)
		}
	}
}

// settleTime bounds how long a stop waits for recorded events to reach the records; what is left waits in the spool.
const settleTime = 2 * time.Second

func (h *house) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for h.spool.Pending() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
