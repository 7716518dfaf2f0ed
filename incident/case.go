package incident

import (
	"time"

	"github.com/sekisho-waf/sekisho"
)

// caseWithin is how long a quiet story stays one case: an incident that begins later is told anew.
const caseWithin = 7 * day

// settle turns what a batch changed into the life of cases: the new ones are opened, the others move only when a rank
// rises or an outcome is worse than before. It asks nobody and is deterministic; now is the clock that suppressions run
// by. It sets which case an incident belongs to.
func (m *memory) settle(changed []*growing, desk sekisho.Desk, now time.Time) (cases []sekisho.Case, changes []sekisho.Change) {
	now = now.UTC().Truncate(time.Microsecond) // as the records keep it
	known := map[sekisho.CaseID]sekisho.Case{}
	for _, c := range desk.Cases {
		known[c.ID] = c
	}
	for _, g := range changed {
		before, there := known[g.caseAsked()]
		begins := g.Case == ""
		if begins {
			g.Case = sekisho.CaseID(g.ID)
			if there && before.State != sekisho.CaseClosed {
				g.Case = before.ID
			} else {
				there = false
			}
		}
		var c sekisho.Case
		var kind sekisho.ChangeKind
		tell := sekisho.TellOf(g.Severity)
		if there {
			c, kind = m.turn(before, g, begins, now)
			if kind == "" {
				continue
			}
			if !loud(kind) {
				tell = sekisho.TellNobody
			}
		} else {
			c, kind = m.opened(g, now), sekisho.ChangeOpened
			if until := m.hushed(g, desk.Suppressions); !until.IsZero() {
				c.QuietUntil, tell = until, sekisho.TellNobody
			}
		}
		c, change := c.Turn(kind, tell, now)
		known[c.ID] = c
		changes = append(changes, change)
		cases = replaceCase(cases, c)
	}
	return cases, changes
}

// caseAsked names the case to look up for an incident: its own, or that of the incident it may continue, which is
// settled before it. Empty for the first of its key.
func (g *growing) caseAsked() sekisho.CaseID {
	switch {
	case g.Case != "":
		return g.Case
	case g.prior != nil:
		return g.prior.Case
	}
	return ""
}

// loud tells the changes that somebody outside may hear of.
func loud(kind sekisho.ChangeKind) bool {
	switch kind {
	case sekisho.ChangeOpened, sekisho.ChangeRaised, sekisho.ChangeReopened, sekisho.ChangeBrokeThrough, sekisho.ChangeResumed:
		return true
	}
	return false
}

// opened is the case of an incident that continues none.
func (m *memory) opened(g *growing, now time.Time) sekisho.Case {
	return sekisho.Case{
		ID: g.Case, Tenant: m.tenant, Incident: g.ID, SiteID: g.SiteID, Site: g.Site, Key: g.Key, Class: g.Class, Family: g.Family, Track: g.Track,
		Severity: g.Severity, Outcome: m.worst(g), Opened: now, Last: g.Last, Incidents: 1,
	}
}

// turn says what an incident means for its case; an empty kind means nothing.
func (m *memory) turn(c sekisho.Case, g *growing, begins bool, now time.Time) (sekisho.Case, sekisho.ChangeKind) {
	outcome := m.worst(g)
	raised, worse := g.Severity > c.Severity, m.factor(outcome) > m.factor(c.Outcome)
	quiet := !c.QuietUntil.IsZero()
	var kind sekisho.ChangeKind
	switch {
	case c.State == sekisho.CaseClosed && (raised || worse):
		kind = sekisho.ChangeReopened
		c.State, c.Verdict, c.Override, c.Owner, c.QuietUntil = sekisho.CaseNew, "", nil, "", time.Time{}
	case c.State == sekisho.CaseClosed: // told and done
	case quiet && (raised || worse || g.Family != c.Family):
		kind = sekisho.ChangeBrokeThrough
		c.QuietUntil = time.Time{}
	case quiet && !c.QuietUntil.After(now):
		kind = sekisho.ChangeResumed
		c.QuietUntil = time.Time{}
	case raised:
		kind = sekisho.ChangeRaised
		c.Override = nil // it spoke of what was known then
	case worse:
		kind = sekisho.ChangeWorsened
	case begins:
		kind = sekisho.ChangeContinued
	}
	if kind == "" {
		return c, ""
	}
	if begins {
		c.Incident = g.ID
		c.Incidents++
	}
	if raised {
		c.Severity, c.Class, c.Family = g.Severity, g.Class, g.Family
	}
	if worse {
		c.Outcome = outcome
	}
	if g.Last.After(c.Last) {
		c.Last = g.Last
	}
	return c, kind
}

// hushed returns until when a new incident is kept quiet: zero when no suppression holds for it, or it is worse than
// what was suppressed.
func (m *memory) hushed(g *growing, suppressions []sekisho.Suppression) (until time.Time) {
	outcome := m.worst(g)
	for _, s := range suppressions {
		if s.Key == g.Key && s.Family == g.Family && g.Severity <= s.Severity && m.factor(outcome) <= m.factor(s.Outcome) && s.Expires.After(until) {
			until = s.Expires
		}
	}
	return until
}

// worst returns the worst outcome among an incident's events.
func (m *memory) worst(g *growing) (worst sekisho.Outcome) {
	for _, outcome := range allOutcomes {
		if g.Outcomes[outcome] > 0 && m.factor(outcome) >= m.factor(worst) {
			worst = outcome
		}
	}
	return worst
}

func (m *memory) factor(outcome sekisho.Outcome) float64 { return m.w.Outcomes[outcome].Factor }

func replaceCase(cases []sekisho.Case, c sekisho.Case) []sekisho.Case {
	for i := range cases {
		if cases[i].ID == c.ID {
			cases[i] = c
			return cases
		}
	}
	return append(cases, c)
}
