package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	maxFuture = time.Hour // how far a sensor's clock may be ahead of ours and still be believed
	maxPast   = 400 * day // how old the first event of a tenant may be: a log of last year is read in, a dead clock is not
)

// Marks, as stored in Event.Marks.
const (
	MarkTime         = "time"          // the event's time was impossible; the mark goes on with the time as it came
	MarkUnknownClass = "unknown_class" // stored only
	MarkRepeated     = "repeated"      // came over a second relay; not counted again
)

// ours reports whether a mark is one that only the engine gives, by what it knows of other events: whoever hands an event
// over has no say in it.
func ours(mark string) bool {
	return mark == MarkUnknownClass || mark == MarkRepeated || strings.HasPrefix(mark, MarkTime+":")
}

// apply takes one event through the tenant's memory: believe its time, see who it is about, count, correlate, join,
// score. It fills the event's Incident and Marks.
func (m *memory) apply(e *sekisho.Event, now time.Time, bad badness) {
	believed := m.believe(e, now)
	at := millisOf(e.Time)
	e.Count = max(1, e.Count)
	ids := identities(e)
	if believed {
		m.dirtyRecent = true
		if id, again := m.recent.take(ids, m.clock); again {
			e.Marks = append(e.Marks, MarkRepeated)
			e.Incident = id
			return
		}
	}
	if bad.mark != "" && !slices.Contains(e.Marks, bad.mark) {
		e.Marks = append(e.Marks, bad.mark)
	}
	counted := m.lift(e, bad)
	class, known := m.w.Classes[counted]
	switch {
	case e.Family == sekisho.FamilyLease:
		m.heardOf(e, at)
		return // stored only
	case !known && counted != "":
		e.Marks = append(e.Marks, MarkUnknownClass)
		return
	case !known || counted == e.Class && (isMishap(e) || isOrdinary(e)):
		return // stored only
	}
	outcome := e.Outcome
	if _, known := m.w.Outcomes[outcome]; !known {
		outcome = sekisho.OutcomeUnknown
	}
	if !fromOutside(e) { // what runs on the host itself knows its address
		m.heardOf(e, at)
	}
	p := identify(e, counted, class.Hygiene, m.boundHost(at))
	c := m.correlate(e, p, class, outcome, at)
	if c.class == e.Class {
		c.class = counted
	}
	g := m.join(e, p, at, c.candidates)
	m.flagOthers(g, at, c)
	m.grow(g, e, p, outcome, at, c)
	m.remember(e, p, class, outcome, at, g.ID)
	e.Incident = g.ID
	if believed {
		m.recent.joined(ids, g.ID)
	}
}

// believe sets an impossible time to the tenant's clock, which is the order of arrival, and marks it.
func (m *memory) believe(e *sekisho.Event, now time.Time) bool {
	e.Time = e.Time.UTC()
	late := m.clock > 0 && e.Time.Before(m.clock.time().Add(-lateness))
	ancient := m.clock == 0 && e.Time.Before(now.Add(-maxPast))
	if !e.Time.After(now.Add(maxFuture)) && !late && !ancient {
		m.clock = max(m.clock, millisOf(e.Time))
		return true
	}
	e.Marks = append(e.Marks, MarkTime+":"+e.Time.Format(time.RFC3339Nano))
	if m.clock == 0 {
		m.clock = millisOf(now)
	}
	e.Time = m.clock.time()
	return false
}

// isMishap tells requests that were refused or failed without being an attack: an unknown host, an origin that is away;
// and those that passed because somebody said that they are none (Reason "excluded"). They are stored for the operator,
// and no owner hears of an attack that was none.
func isMishap(e *sekisho.Event) bool {
	switch e.Action {
	case sekisho.ActionRefused, sekisho.ActionFailed, sekisho.ActionPassed:
		return e.Class == sekisho.ClassNoise
	}
	return false
}

// isOrdinary tells what sensors log of every day: traffic that passed and in which nothing was found, and records that nobody
// could read. They are kept for whoever looks into an incident, and are none themselves.
func isOrdinary(e *sekisho.Event) bool {
	return e.Class == sekisho.ClassNoise && e.Format != "" && e.Action != sekisho.ActionBlocked
}

// grow adds an event to its incident and scores the incident anew.
func (m *memory) grow(g *growing, e *sekisho.Event, p parties, outcome sekisho.Outcome, at millis, c correlated) {
	a := alert{
		Class: c.class, Family: p.family, Outcome: outcome, Asset: e.Asset, Confidence: e.Confidence, Vendor: clip(e.Severity),
		Outside: p.outside, N: c.n,
	}
	if slices.ContainsFunc(e.Marks, func(mark string) bool { return strings.HasPrefix(mark, MarkKnownBad+":") }) {
		a.Confidence = 1 // a match on a list is no guess, and the vendor's word was about something else
		a.Vendor = ""
	}
	terms := Score(m.w, a.finding())
	if g.Best.Class == "" || weight(terms) > weight(Score(m.w, g.Best.finding())) {
		g.Best = a
		g.Class, g.Family, g.Outcome = a.Class, a.Family, a.Outcome
		g.Track, g.Care = m.w.trackOf(a.Class)
	}
	class := m.w.Classes[c.class]
	g.Harmful = g.Harmful || !m.w.Outcomes[outcome].Harmless
	g.Success = g.Success || class.Cap == "" && m.w.isSuccess(outcome, terms.Confidence, terms.Impact)
	if class.Tactic != "" && !m.isEveryday(class, p, outcome) && !slices.Contains(g.Tactics, class.Tactic) {
		g.Tactics = append(g.Tactics, class.Tactic)
	}
	g.Count += e.Count
	g.Sources[sourceOf(e)] += e.Count
	g.Outcomes[outcome] += e.Count
	if p.outside {
		if g.seen.add(p.actor) {
			m.dirtyActors[g.ID] = true
		}
		g.Actors = g.seen.count()
	}
	if g.SiteID == "" && g.Site == "" {
		g.SiteID, g.Site = e.SiteID, e.Site
	}
	if at < millisOf(g.First) {
		g.First = at.time()
	}
	if at > millisOf(g.Last) {
		g.Last = at.time()
	}
	reasons := c.reasons
	if len(g.Tactics) >= m.w.Correlation[tactics].Count {
		reasons = append(reasons, tactics)
	}
	m.rescore(g, reasons)
}

// weight orders alerts within an incident: by their own score before any cap, a success at least at its guard.
func weight(t sekisho.Terms) float64 {
	own := t.Confidence*t.Asset*t.Impact*t.Outcome + t.Recurrence
	if t.Guard == GuardSuccess {
		own = max(own, float64(t.Score))
	}
	return own
}

// rescore adds reasons to an incident and computes its terms.
func (m *memory) rescore(g *growing, reasons []correlation) {
	kept := g.Terms.Reasons
	for _, reason := range reasons {
		if !slices.Contains(kept, string(reason)) {
			kept = append(slices.Clip(kept), string(reason))
		}
	}
	finding := g.Best.finding()
	finding.Reasons, finding.Harmful, finding.Success = kept, g.Harmful, g.Success
	g.Terms = Score(m.w, finding)
	g.Score, g.Severity = g.Terms.Score, g.Terms.Severity
	m.dirtyOpen[g.ID] = true
	m.changed[g.ID] = g
}
