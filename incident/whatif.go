package incident

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// WhatIf runs the same events under two scales, and says what the second would have changed.
type WhatIf struct {
	before, after *Replay
	events        int
	first, last   time.Time
}

// NewWhatIf compares the scale in force with another.
func NewWhatIf(inForce, other *Weights, log *slog.Logger) (*WhatIf, error) {
	w := &WhatIf{}
	for _, side := range []struct {
		replay  **Replay
		weights *Weights
	}{{&w.before, inForce}, {&w.after, other}} {
		cfg := DefaultConfig()
		cfg.Weights = side.weights
		replay, err := NewReplay(cfg, log)
		if err != nil {
			return nil, err
		}
		*side.replay = replay
	}
	return w, nil
}

// Add takes the next event, oldest first.
func (w *WhatIf) Add(ctx context.Context, e sekisho.Event) error {
	if w.events++; w.events == 1 {
		w.first = e.Time
	}
	w.last = e.Time
	if err := w.before.Add(ctx, e); err != nil {
		return err
	}
	return w.after.Add(ctx, e)
}

// Difference is what another scale would have changed.
type Difference struct {
	Events  int            `json:"events"`
	First   time.Time      `json:"first"`
	Last    time.Time      `json:"last"`
	Before  Tally          `json:"before"`
	After   Tally          `json:"after"`
	Changed []ChangedScore `json:"changed"` // the largest difference first
}

// Tally counts incidents by rank, and how they would have been told.
type Tally struct {
	High   int `json:"high"`
	Medium int `json:"medium"`
	Low    int `json:"low"`
	Stored int `json:"stored"`  // scored 0: nothing to tell anybody
	Now    int `json:"now"`     // messages of their own
	Digest int `json:"digests"` // days with a digest, for each tenant
}

// ChangedScore is an incident that ranks or scores otherwise. An incident that only one scale makes has a nil side.
type ChangedScore struct {
	Incident sekisho.Incident `json:"incident"` // as the other scale sees it, or the one in force where that has none
	Before   *sekisho.Terms   `json:"before"`
	After    *sekisho.Terms   `json:"after"`
}

// Moved reports whether the rank is another one.
func (c ChangedScore) Moved() bool {
	return c.Before == nil || c.After == nil || c.Before.Severity != c.After.Severity
}

// End returns the difference. No event may follow.
func (w *WhatIf) End(ctx context.Context) (Difference, error) {
	d := Difference{Events: w.events, First: w.first, Last: w.last, Changed: []ChangedScore{}}
	for _, r := range []*Replay{w.before, w.after} {
		if err := r.End(ctx); err != nil {
			return d, err
		}
	}
	d.Before, d.After = w.before.Tally(), w.after.Tally()
	type name struct {
		tenant sekisho.TenantID
		id     sekisho.IncidentID
	}
	old := map[name]sekisho.Incident{}
	for _, i := range w.before.Incidents() {
		old[name{i.Tenant, i.ID}] = i
	}
	for _, i := range w.after.Incidents() {
		was, there := old[name{i.Tenant, i.ID}]
		delete(old, name{i.Tenant, i.ID})
		switch {
		case !there:
			d.Changed = append(d.Changed, ChangedScore{Incident: i, After: &i.Terms})
		case was.Score != i.Score || was.Severity != i.Severity:
			d.Changed = append(d.Changed, ChangedScore{Incident: i, Before: &was.Terms, After: &i.Terms})
		}
	}
	for _, i := range old {
		d.Changed = append(d.Changed, ChangedScore{Incident: i, Before: &i.Terms})
	}
	slices.SortFunc(d.Changed, func(a, b ChangedScore) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), b.Incident.Last.Compare(a.Incident.Last), cmp.Compare(a.Incident.ID, b.Incident.ID))
	})
	return d, nil
}

// size orders differences: a changed rank before a changed score.
func (c ChangedScore) size() int {
	before, after := 0, 0
	if c.Before != nil {
		before = c.Before.Score
	}
	if c.After != nil {
		after = c.After.Score
	}
	size := max(before-after, after-before)
	if c.Moved() {
		size += 1000
	}
	return size
}

// Tally counts what a replay has made so far.
func (r *Replay) Tally() (t Tally) {
	for _, i := range r.Incidents() {
		switch i.Severity {
		case sekisho.SeverityHigh:
			t.High++
		case sekisho.SeverityMedium:
			t.Medium++
		case sekisho.SeverityLow:
			t.Low++
		default:
			t.Stored++
		}
	}
	type tenantDay struct {
		tenant sekisho.TenantID
		day    int64
	}
	digests := map[tenantDay]bool{}
	for _, change := range r.Changes() {
		switch change.Tell {
		case sekisho.TellNow:
			t.Now++
		case sekisho.TellDigest:
			digests[tenantDay{change.Tenant, change.Time.Unix() / 86400}] = true
		}
	}
	t.Digest = len(digests)
	return t
}
