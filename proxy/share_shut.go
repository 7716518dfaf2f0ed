package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho/proxy/limit"
	"github.com/sekisho-waf/sekisho/proxy/pulse"
)

const (
	// shutTurns makes bans and alarms go around once a second: they last for minutes.
	shutTurns = 10
	// alarmFor is how long a node's word that a site is under attack holds on other nodes; it is told anew each second.
	alarmFor = 15 * time.Second
	// shutsTold bounds what one site tells in one turn, toTellMost what waits while nobody listens.
	shutsTold, toTellMost = 500, 10_000
)

// shareShut tells the other nodes whom this node has banned and which sites it found under attack, and brings into force
// what they told. Sites without visitors here are asked about when somebody comes.
func (s *Server) shareShut(ctx context.Context, with Sharing, now time.Time) error {
	var errs []error
	banning := map[trafficKey]*siteCounts{}
	for _, site := range s.current.Load().sites {
		if site.counts != nil && !site.Limits.Bans.IsZero() {
			banning[site.load.key] = site.counts
		}
	}
	for _, load := range s.loads.all() {
		counts := banning[load.key]
		if counts != nil {
			counts.gather(now)
		}
		lively := load.busy.Load() || load.alarm.Load() != nil || counts != nil && (load.asked.Load() > 0 || len(counts.toTell) > 0)
		if !lively {
			continue
		}
		if err := s.shareShutOf(ctx, with, load, counts, now); err != nil {
			errs = append(errs, fmt.Errorf("share the bans of site %s: %w", load.key.site, err))
		}
	}
	return errors.Join(errs...)
}

// gather takes what was shut here among what is to be told. What has ended meanwhile is told to nobody.
func (c *siteCounts) gather(now time.Time) {
	for name, until := range c.toTell {
		if !until.After(now) {
			delete(c.toTell, name)
		}
	}
	for _, shut := range c.table.DrainShut() {
		if len(c.toTell) >= toTellMost {
			return // the address is banned here all the same
		}
		if c.toTell == nil {
			c.toTell = map[string]time.Time{}
		}
		c.toTell[shut.Key.String()] = shut.Until
	}
}

func (s *Server) shareShutOf(ctx context.Context, with Sharing, load *siteLoad, counts *siteCounts, now time.Time) error {
	here := map[string]time.Duration{}
	if counts != nil {
		for name, until := range counts.toTell {
			if len(here) >= shutsTold {
				break
			}
			here[name] = until.Sub(now)
		}
	}
	alarmKey := limit.Of(limit.KindAlarm)
	if load.alarm.Load() != nil {
		here[alarmKey.String()] = alarmFor
	}
	shut, next, err := with.ShareShut(ctx, load.key.site, load.next, here)
	if err != nil {
		return err
	}
	load.next = next
	for name := range here {
		if counts != nil {
			delete(counts.toTell, name)
		}
	}
	for text, left := range shut {
		key, err := limit.ParseKey(text)
		switch {
		case err != nil: // a newer node may have kinds that this one does not
		case key == alarmKey:
			load.hear(now, left, s.counts.need)
		case counts != nil && key.Kind == limit.KindAttack:
			counts.table.AbsorbShut(limit.Shut{Key: key, Until: now.Add(left)})
		}
	}
	return nil
}

// hear notes that a site is under attack elsewhere. Each node tightens the limits of its own visitors; whether all of
// them together are limited is for the node whose origin suffers.
func (l *siteLoad) hear(now time.Time, left time.Duration, counts func(trafficKey) *siteCounts) {
	next := &alarm{state: pulse.Attack, since: now, until: now.Add(left), counts: counts(l.key)}
	if before := l.heard.Load(); before != nil && now.Before(before.until) {
		next.since = before.since
		if before.until.After(next.until) {
			return
		}
	}
	l.heard.Store(next)
}
