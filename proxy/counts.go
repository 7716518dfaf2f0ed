package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/limit"
)

// siteCounts is what a site's limits have counted. It outlives snapshots, so that a change of settings empties no
// bucket.
type siteCounts struct {
	site  sekisho.SiteID
	table *limit.Table
	away  map[sekisho.Reason]*atomic.Int64 // never changed after it was made

	toTell map[string]time.Time // shut here and not told yet, until when; used by the goroutine that shares alone
}

// awayReasons are the reasons for which a visitor may be turned away.
var awayReasons = []sekisho.Reason{
	sekisho.ReasonDenied, sekisho.ReasonBanned, sekisho.ReasonLoginLimit, sekisho.ReasonAddressLimit,
	sekisho.ReasonPathLimit, sekisho.ReasonSessionLimit, sekisho.ReasonSiteLimit, sekisho.ReasonUnderAttack,
}

func newSiteCounts(site sekisho.SiteID) *siteCounts {
	c := &siteCounts{site: site, table: limit.NewTable(), away: map[sekisho.Reason]*atomic.Int64{}}
	for _, reason := range awayReasons {
		c.away[reason] = new(atomic.Int64)
	}
	return c
}

func (c *siteCounts) turnedAway(reason sekisho.Reason) { c.away[reason].Add(1) }

// countsBook holds the counts of the sites that have limits.
type countsBook struct {
	mu    sync.Mutex
	sites map[trafficKey]*siteCounts
}

// of returns a site's counts, nil for a site without limits.
func (b *countsBook) of(site *sekisho.Site) *siteCounts {
	if site.Limits.IsZero() {
		return nil
	}
	return b.need(trafficKey{site.Tenant, site.ID})
}

// need returns a site's counts whatever its settings are.
func (b *countsBook) need(key trafficKey) *siteCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := b.sites[key]
	if counts == nil {
		if b.sites == nil {
			b.sites = map[trafficKey]*siteCounts{}
		}
		counts = newSiteCounts(key.site)
		b.sites[key] = counts
	}
	return counts
}

// keep drops the counts of sites that are no longer served.
func (b *countsBook) keep(served map[string]*site) {
	b.mu.Lock()
	defer b.mu.Unlock()
	living := make(map[*siteCounts]bool, len(b.sites))
	for _, site := range served {
		living[site.counts] = true
		for _, alarm := range []*alarm{site.load.alarm.Load(), site.load.heard.Load()} {
			if alarm != nil {
				living[alarm.counts] = true
			}
		}
	}
	maps.DeleteFunc(b.sites, func(_ trafficKey, counts *siteCounts) bool { return !living[counts] })
}

func (b *countsBook) all() []*siteCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.sites))
}

// TurnedAway returns how many requests each site's limits have turned away since the start, in detect mode how many
// they would have, and for how many there was no room, by reason; sites and reasons without any are left out.
func (s *Server) TurnedAway() map[sekisho.SiteID]map[sekisho.Reason]int64 {
	all := map[sekisho.SiteID]map[sekisho.Reason]int64{}
	add := func(site sekisho.SiteID, reason sekisho.Reason, n int64) {
		if n == 0 {
			return
		}
		if all[site] == nil {
			all[site] = map[sekisho.Reason]int64{}
		}
		all[site][reason] += n
	}
	for _, counts := range s.counts.all() {
		for reason, n := range counts.away {
			add(counts.site, reason, n.Load())
		}
	}
	for _, load := range s.loads.all() {
		for i, reason := range shedReasons {
			add(load.key.site, reason, load.sheds[i].Load())
		}
	}
	return all
}

// Sharing tells other nodes what happened to the buckets of a site here, and answers what happened to them elsewhere. A
// single node has none.
type Sharing interface {
	// ShareUse tells what was taken, and answers what others took since the last call.
	ShareUse(ctx context.Context, site sekisho.SiteID, here map[string]int) (elsewhere map[string]int, err error)
	// ShareShut tells what was shut and for how long yet, and answers what any node told since next of the last call.
	ShareShut(ctx context.Context, site sekisho.SiteID, since int64, here map[string]time.Duration) (shut map[string]time.Duration, next int64, err error)
}

const (
	shareInterval = 100 * time.Millisecond
	// sharedKeys bounds what one site may tell in one turn: the most used buckets, which are those that matter.
	sharedKeys = 500
)

// Share brings the buckets of all nodes together until ctx ends. No request waits for it. While sharing fails, this node
// limits alone; what it has not told is told later, as far as it still matters.
func (s *Server) Share(ctx context.Context, with Sharing, failed func(error)) error {
	tick := time.NewTicker(shareInterval)
	defer tick.Stop()
	for turn := 1; ; turn++ {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			err := s.shareOnce(ctx, with, now)
			if turn%shutTurns == 0 {
				err = errors.Join(err, s.shareShut(ctx, with, now))
			}
			if err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

func (s *Server) shareOnce(ctx context.Context, with Sharing, now time.Time) error {
	var errs []error
	for _, counts := range s.counts.all() {
		uses := counts.table.Drain(sharedKeys)
		if len(uses) == 0 {
			continue
		}
		here := make(map[string]int, len(uses))
		for _, use := range uses {
			here[use.Key.String()] = use.N
		}
		elsewhere, err := with.ShareUse(ctx, counts.site, here)
		if err != nil {
			errs = append(errs, fmt.Errorf("share the limits of site %s: %w", counts.site, err))
			continue
		}
		for text, n := range elsewhere {
			if key, err := limit.ParseKey(text); err == nil { // a newer node may have kinds that this one does not
				counts.table.Absorb(limit.Use{Key: key, N: n}, now)
			}
		}
	}
	return errors.Join(errs...)
}
