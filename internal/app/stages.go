package app

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	stagesEvery = 15 * time.Second
	// namesEvery is how often DNS is asked where live sites lead: an answer is remembered for a minute or more anyway.
	namesEvery = time.Minute
	// probesEvery keeps every look younger than what it may be believed for.
	probesEvery = 4 * time.Minute
	lookups     = 8 // at once
	// awayTwice is how many times in a row a name must lead elsewhere before we say so: DNS has its moments.
	awayTwice = 2
)

// stages takes sites on as things happen: a certificate is there, the name leads here, the name leads elsewhere. It also
// looks at origins, where visitors could be led past us. One process of all does the work.
func (h *house) stages(ctx context.Context) error {
	w := stageWork{house: h, away: map[sekisho.SiteID]int{}, holder: string(sekisho.NewSiteID())}
	tick := time.NewTicker(stagesEvery)
	defer tick.Stop()
	for {
		if held, err := h.hot.Lock(ctx, "stages", w.holder, 4*stagesEvery); err == nil && held {
			w.round(ctx)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = h.hot.Unlock(last, "stages", w.holder) // else its lease runs out
			return nil
		case <-tick.C:
		case <-h.sites.news:
		}
	}
}

// stageWork is what one round tells the next.
type stageWork struct {
	*house
	holder string
	away   map[sekisho.SiteID]int // how often in a row a live site's name led elsewhere
	names  time.Time              // the last round that asked DNS about live sites
	probes time.Time
}

func (w *stageWork) round(ctx context.Context) {
	all := w.sites.now()
	now := time.Now()
	askNames, look := now.Sub(w.names) >= namesEvery, w.dns != nil && now.Sub(w.probes) >= probesEvery
	if askNames {
		w.names = now
	}
	if look {
		w.probes = now
		w.prober.Keep(all)
	}
	var group errgroup.Group
	group.SetLimit(lookups)
	steps := make([]sekisho.Stage, len(all))
	for i := range all {
		site := all[i]
		steps[i] = site.Stage
		group.Go(func() error {
			steps[i] = w.next(ctx, site, askNames)
			if look && site.Stage == sekisho.StageLive {
				w.prober.Look(ctx, site)
			}
			return nil
		})
	}
	_ = group.Wait() // the lookups deal with their own failures
	for i, site := range all {
		if ctx.Err() != nil {
			return
		}
		wanted := steps[i]
		if site.Stage == sekisho.StageLive && wanted == sekisho.StageMoved {
			if w.away[site.ID]++; w.away[site.ID] < awayTwice {
				wanted = sekisho.StageLive
			}
		} else if askNames {
			delete(w.away, site.ID)
		}
		if wanted == site.Stage {
			continue
		}
		if err := w.control.Advance(ctx, site.Host, wanted); err != nil {
			w.log.WarnContext(ctx, "site not taken on", obs.Site(site.Host), obs.Err(err))
			continue
		}
		w.log.InfoContext(ctx, "site taken on", obs.Site(site.Host), obs.Stage(wanted))
	}
}

// next is the stage that a site should be at. One step at a time: the next round takes the next.
func (w *stageWork) next(ctx context.Context, site sekisho.Site, askNames bool) sekisho.Stage {
	watched := len(w.cfg.EdgeAddresses) > 0
	switch site.Stage {
	case sekisho.StageVerified:
		if w.authority.Ready(site.Host) {
			return sekisho.StageReady
		}
	case sekisho.StageReady:
		if !watched || w.leadsHere(ctx, site.Host, false) {
			return sekisho.StageLive
		}
	case sekisho.StageLive:
		if watched && askNames && len(site.BypassTo) == 0 && !w.leadsHere(ctx, site.Host, true) {
			return sekisho.StageMoved
		}
	case sekisho.StageMoved:
		if !watched || askNames && w.leadsHere(ctx, site.Host, false) {
			return sekisho.StageLive
		}
	case sekisho.StageDraft, sekisho.StagePaused, sekisho.StageRemoved:
	}
	return site.Stage
}

// leadsHere reports whether DNS leads visitors of a host to us; unknown is the answer when DNS does not say.
func (w *stageWork) leadsHere(ctx context.Context, host string, unknown bool) bool {
	addrs, err := w.resolver.Addresses(ctx, host)
	if err != nil {
		return unknown
	}
	return slices.ContainsFunc(addrs, func(addr netip.Addr) bool { return slices.Contains(w.cfg.EdgeAddresses, addr) })
}
