package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// correlated is what an event's surroundings say about it.
type correlated struct {
	class      sekisho.Class // the event's own, or what it becomes together with what went before
	n          int
	reasons    []correlation
	candidates []sekisho.IncidentID // incidents to join when the event's own key has none, best first
	others     []sekisho.IncidentID // incidents of the same address seen by another sensor: they share the reason
}

// boundHost tells which host an inside address belonged to at a time, by what a sensor on that host said.
func (m *memory) boundHost(at millis) func(string) string {
	return func(address string) string {
		if en := m.known(address); en != nil {
			return en.hostAt(at)
		}
		return ""
	}
}

// correlate counts the event and looks for what ties it to earlier ones. It reads the memory before the event is
// remembered in it.
func (m *memory) correlate(e *sekisho.Event, p parties, class classWeight, outcome sekisho.Outcome, at millis) correlated {
	actor := m.entity(p.actor, at)
	t := actor.track(p.family)
	before := t.Last
	c := correlated{class: e.Class, n: t.count(at, e.Count)}
	rule := func(name correlation) correlationWeight { return m.w.Correlation[name] }
	because := func(name correlation) {
		if !slices.Contains(c.reasons, name) {
			c.reasons = append(c.reasons, name)
		}
	}

	if m.reachesMany(t, p, class, at) {
		because(breadth)
	}
	if class.Hygiene {
		return c
	}
	if !p.outside {
		if before > 0 && at-before > millis(rule(again).Within.Milliseconds()) && within(at, before, countDays*day) {
			because(again)
		}
		if n, variation := t.Beat.tick(p.destination, at, rule(beacon).Within); e.Direction == sekisho.DirectionOutbound &&
			n >= rule(beacon).Count && variation < rule(beacon).Variation {
			because(beacon)
		}
		if class.Chain == "follows" && actor.Opened > 0 && at >= actor.Opened && within(at, actor.Opened, rule(chain).Within) {
			because(chain)
		}
	}
	if class.Login == "success" && outcome == sekisho.OutcomeSucceeded &&
		actor.Failures >= m.w.Guards.LoginFailures && within(at, actor.FailedAt, time.Hour) {
		c.class = sekisho.ClassLoginAfterFailures
	}
	if !m.isEveryday(class, p, outcome) {
		m.seenElsewhere(e, p, at, &c, because)
	}
	return c
}

// isEveryday tells a mistyped password from evidence: what happens to everybody says nothing about anything else.
func (m *memory) isEveryday(class classWeight, p parties, outcome sekisho.Outcome) bool {
	return class.Everyday && !p.outside && m.w.Outcomes[outcome].Harmless
}

// reachesMany reports breadth: 10 or more distinct targets of one actor and family.
func (m *memory) reachesMany(t *track, p parties, class classWeight, at millis) bool {
	rule := m.w.Correlation[breadth]
	return t.reach(p.destination, at, rule.Within) >= rule.Count && !class.Hygiene
}

// seenElsewhere looks for other sensors that saw the same parties.
func (m *memory) seenElsewhere(e *sekisho.Event, p parties, at millis, c *correlated, because func(correlation)) {
	for _, name := range p.ties() {
		en := m.known(name)
		if en == nil {
			continue
		}
		for _, s := range en.sightings(at, joinWithin) {
			other := s.source != sourceOf(e)
			switch {
			case name == p.actor && p.outside:
				if other && within(at, s.At, m.w.Correlation[outsideSensors].Within) {
					because(outsideSensors)
					c.candidates = append(c.candidates, s.Incident)
					c.others = append(c.others, s.Incident)
				}
				continue
			case other && !strings.HasPrefix(name, "hash:") && within(at, s.At, m.w.Correlation[insideSensors].Within):
				because(insideSensors)
			}
			c.candidates = append(c.candidates, s.Incident)
		}
		if !p.outside && en.Attacked > 0 && at >= en.Attacked && within(at, en.Attacked, m.w.Correlation[moved].Within) {
			because(moved)
		}
		for _, on := range en.Spread {
			if !p.outside && on.Host != p.actor && within(at, on.At, m.w.Correlation[moved].Within) {
				because(moved)
			}
		}
	}
}

// flagOthers gives the other incidents of an outside address that two sensors saw their reason, where they stay apart.
func (m *memory) flagOthers(joined *growing, at millis, c correlated) {
	for _, id := range c.others {
		if g := m.open[id]; g != nil && g != joined && g.fits(at) {
			m.rescore(g, []correlation{outsideSensors})
		}
	}
}

// remember notes what later events may want to know of this one.
func (m *memory) remember(e *sekisho.Event, p parties, class classWeight, outcome sekisho.Outcome, at millis, id sekisho.IncidentID) {
	stopped := m.w.Outcomes[outcome].Harmless
	actor := m.entity(p.actor, at)
	if class.Chain == "opens" && !stopped {
		actor.Opened = max(actor.Opened, at)
	}
	if class.Login == "failure" {
		if !within(at, actor.FailedAt, time.Hour) {
			actor.Failures = 0
		}
		actor.Failures += e.Count
		actor.FailedAt = max(actor.FailedAt, at)
	}
	if class.Hygiene || m.isEveryday(class, p, outcome) {
		return
	}
	for _, name := range p.ties() {
		en := m.entity(name, at)
		if en.Seen == nil {
			en.Seen = map[sekisho.Source]*sight{}
		}
		if s := en.Seen[sourceOf(e)]; s == nil || s.At <= at {
			en.Seen[sourceOf(e)] = &sight{at, id}
		}
		if !p.outside && p.named && strings.HasPrefix(name, "hash:") {
			en.spread(p.actor, at)
		}
	}
	if p.victim != "" && p.victim != p.actor && !stopped && class.Impact >= m.w.Guards.SuccessImpact {
		victim := m.entity(p.victim, at)
		victim.Attacked = max(victim.Attacked, at)
	}
}

// spread notes that a host has what this hash names.
func (en *entity) spread(host string, at millis) {
	en.Spread = slices.DeleteFunc(en.Spread, func(on seenOn) bool { return on.Host == host })
	en.Spread = append(en.Spread, seenOn{host, at})
	if len(en.Spread) > maxSpread {
		en.Spread = en.Spread[1:]
	}
}
