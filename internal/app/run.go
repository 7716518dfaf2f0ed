package app

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// run starts every part and stops them from the street inwards: the proxy first, then, once what it recorded has
// reached the records or had its time, the rest. When another process takes over, it is the other way round: first
// everything that only one process may do, then, once the other serves, the requests that were under way.
func (h *house) run(ctx context.Context, ready func(context.Context, Running)) error {
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	group, inner := errgroup.WithContext(inner)
	street, stopStreet := context.WithCancel(ctx)
	defer stopStreet()
	defer context.AfterFunc(inner, stopStreet)() // a part that fails takes the process down, drained

	// What only one process may do ends with alone.
	lonely, stopLonely := context.WithCancel(inner)
	defer stopLonely()
	bridge, stopBridge := context.WithCancel(street)
	defer stopBridge()
	alone, lonely := errgroup.WithContext(lonely)
	h.runAlone(lonely, alone)
	alone.Go(func() error { return h.bridge.Run(bridge) })
	group.Go(alone.Wait)

	// What requests that are under way need ends with the last of them.
	group.Go(func() error { return h.lane.Run(inner) })
	group.Go(func() error { return h.shadow.Run(inner) })
	group.Go(func() error { return h.portal.Run(lonely) }) // a page may take its time: the records allow for two
	group.Go(func() error { return h.serveMetrics(lonely) })
	group.Go(func() error { return h.serveAdmin(lonely) })
	group.Go(func() error {
		defer stopInner()
		err := h.proxy.Run(street)
		if h.recorder.ours() {
			h.settle(inner)
		}
		return err
	})
	group.Go(func() error { return h.tookOver(inner) })
	group.Go(func() error { return h.restartOnSignal(lonely) })
	group.Go(func() error {
		select {
		case <-street.Done():
			return nil
		case next := <-h.next:
			began := time.Now()
			h.proxy.Leave()
			stopBridge()
			stopLonely()
			if err := alone.Wait(); err != nil {
				h.log.ErrorContext(ctx, "a part failed while another process takes over", obs.Err(err))
			}
			if err := h.handOver(inner, next, began); err != nil {
				return err
			}
			pause(street, lingering)
			stopStreet()
			return nil
		}
	})
	if err := handover.Notify("READY=1"); err != nil {
		h.log.WarnContext(ctx, "systemd does not know that we serve", obs.Err(err))
	}
	h.log.InfoContext(ctx, "serving", obs.Addr(h.proxy.HTTPSAddr().String()), slog.String("http", h.proxy.HTTPAddr().String()), slog.String("portal", h.portalURL))
	ready(ctx, Running{
		HTTP: h.proxy.HTTPAddr(), HTTPS: h.proxy.HTTPSAddr(), PortalURL: h.portalURL,
		CAFile: h.authority.CAFile(), Control: h.control,
	})
	return group.Wait()
}

// runAlone starts what only one process may do.
func (h *house) runAlone(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return h.spool.Run(ctx) })
	group.Go(func() error { return h.aside.Run(ctx) })
	h.runEvents(ctx, group)
	group.Go(func() error { return h.leased(ctx, "sweep", h.sweep) })
	group.Go(func() error { return h.leased(ctx, "exporter", h.exporter.Run) })
	group.Go(func() error { return h.socket.Run(ctx, h.control) })
	group.Go(func() error { return h.sites.run(ctx) })
	group.Go(func() error { return h.stages(ctx) })
	if h.keeper != nil {
		group.Go(func() error { return h.keeper.Run(ctx) })
	}
	if h.dns != nil {
		group.Go(func() error { return h.dns.Run(ctx) })
	}
	group.Go(func() error { return h.shareLimits(ctx) })
	for _, file := range h.watched {
		group.Go(func() error { return file.Run(ctx) })
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
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
			h.closeQuiet(ctx, now)
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
