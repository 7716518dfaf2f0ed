package incidents

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// Scenarios are the names that [Scenario] knows, in the order that they are run.
var Scenarios = []string{"calm_year", "company_x", "flood", "stored"}

// Counts is what came of a scenario, counted by the child that ran it.
type Counts struct {
	Scenario     string  `json:"scenario"`
	Events       int     `json:"events"`
	Days         int     `json:"days"`
	Incidents    int     `json:"incidents"`
	Cases        int     `json:"cases"`
	StateChanges int     `json:"state_changes"` // all that happened to cases
	Messages     int     `json:"messages"`      // High at once, and days with a digest
	PerDayMedian float64 `json:"messages_per_day_median"`
	PerDayMost   int     `json:"messages_per_day_most"`
	HighPerMonth float64 `json:"high_per_month"`
	Seconds      float64 `json:"seconds"` // of wall clock in the child, events made included
}

const (
	floodEvents  = 1_000_000
	storedEvents = 200_000
)

// Scenario runs one scenario in this process. Scale divides the number of events, for tests; 1 is the whole.
func Scenario(ctx context.Context, name string, scale int) (Counts, error) {
	began := time.Now()
	var counts Counts
	var err error
	switch name {
	case "calm_year":
		counts, err = replay(ctx, calm(1, 365/scale), 365/scale)
	case "company_x":
		counts, err = replay(ctx, companyX(), 30)
	case "flood":
		counts, err = replay(ctx, flood(floodEvents/scale), 1)
	case "stored":
		counts, err = stored(ctx, flood(storedEvents/scale))
	default:
		return Counts{}, sekisho.Invalid(fmt.Sprintf("scenario %q: use one of %v", name, Scenarios))
	}
	counts.Scenario, counts.Seconds = name, time.Since(began).Seconds()
	return counts, err
}

// replay runs events on their own clock, without a database.
func replay(ctx context.Context, events iter.Seq[sekisho.Event], days int) (counts Counts, err error) {
	r, err := incident.NewReplay(incident.DefaultConfig(), slog.New(slog.DiscardHandler))
	if err != nil {
		return counts, err
	}
	for e := range events {
		if err := r.Add(ctx, e); err != nil {
			return counts, err
		}
		counts.Events++
	}
	if err := r.End(ctx); err != nil {
		return counts, err
	}
	counts.Days, counts.Incidents, counts.StateChanges = days, len(r.Incidents()), len(r.Changes())
	cases := map[sekisho.CaseID]bool{}
	for _, i := range r.Incidents() {
		cases[i.Case] = true
	}
	counts.Cases = len(cases)
	counts.tell(r.Changes())
	return counts, nil
}

// tell counts what would have been told: every High at once, everything Medium of a day in one digest.
func (c *Counts) tell(changes []sekisho.Change) {
	perDay, digest, high := make([]int, c.Days+1), make([]bool, c.Days+1), 0
	for _, change := range changes {
		d := min(max(0, int(change.Time.Sub(begin)/day)), c.Days)
		switch change.Tell {
		case sekisho.TellNow:
			perDay[d]++
			high++
		case sekisho.TellDigest:
			if !digest[d] {
				perDay[d]++
			}
			digest[d] = true
		}
	}
	for _, n := range perDay {
		c.Messages += n
		c.PerDayMost = max(c.PerDayMost, n)
	}
	perDay = perDay[:c.Days]
	slices.Sort(perDay)
	if c.Days > 0 {
		c.PerDayMedian = float64(perDay[(c.Days-1)/2]+perDay[c.Days/2]) / 2
		c.HighPerMonth = float64(high) / max(1, float64(c.Days)/30)
	}
}

// stored runs events between the real spool and the real database, in a directory of its own.
func stored(ctx context.Context, events iter.Seq[sekisho.Event]) (counts Counts, err error) {
	dir, err := os.MkdirTemp("", "sekisho-bench-")
	if err != nil {
		return counts, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	quiet := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, dir, quiet)
	if err != nil {
		return counts, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.CreateTenant(ctx, sekisho.Tenant{ID: tenant, Name: string(tenant), Created: begin}); err != nil {
		return counts, err
	}
	sp, err := spool.Open(spool.DefaultConfig(filepath.Join(dir, "spool")), quiet)
	if err != nil {
		return counts, err
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	cfg := incident.DefaultConfig()
	cfg.Now = func() time.Time { return begin.Add(time.Hour) }
	engine, err := incident.New(cfg, db, nil, quiet)
	if err != nil {
		return counts, err
	}
	take := func() error {
		batch, last, err := sp.Next(ctx, cfg.Batch)
		if err == nil {
			err = engine.Process(ctx, sp.Stream(), last, batch)
		}
		if err != nil {
			return err
		}
		return sp.Done(last)
	}
	for e := range events {
		if err := sp.Append(e); err != nil {
			return counts, err
		}
		if counts.Events++; counts.Events%cfg.Batch == 0 {
			if err := take(); err != nil {
				return counts, err
			}
		}
	}
	for sp.Pending() > 0 {
		if err := take(); err != nil {
			return counts, err
		}
	}
	counts.Days = 1
	return counts, countStored(ctx, db, &counts)
}

func countStored(ctx context.Context, db *store.DB, counts *Counts) error {
	cases := map[sekisho.CaseID]bool{}
	for filter := (sekisho.IncidentFilter{Limit: 1000}); ; {
		page, next, err := db.ListIncidents(ctx, tenant, filter)
		if err != nil {
			return err
		}
		counts.Incidents += len(page)
		for _, i := range page {
			cases[i.Case] = true
		}
		if filter.Cursor = next; next == "" {
			break
		}
	}
	counts.Cases = len(cases)
	var changes []sekisho.Change
	for filter := (sekisho.ChangeFilter{Limit: 1000}); ; {
		page, next, err := db.ListChanges(ctx, tenant, filter)
		if err != nil {
			return err
		}
		changes = append(changes, page...)
		if filter.Cursor = next; next == "" {
			break
		}
	}
	counts.StateChanges = len(changes)
	counts.tell(changes)
	return nil
}
