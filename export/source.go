package export

import (
	"context"

	"github.com/sekisho-waf/sekisho"
)

// batch is what is delivered together, and where the export stands once it is.
type batch struct {
	records  []Record
	skipped  uint64 // entries whose records were deleted
	moved    bool   // there was something, be it nothing for this receiver
	position uint64
	backfill sekisho.ExportBackfill
}

func (b batch) empty() bool { return !b.moved }

// The phases of a backfill.
const (
	fillEvents  = ""
	fillChanges = "changes"
)

// next reads what comes next: what was there before the export, then the journal.
func (c *courier) next(ctx context.Context) (batch, error) {
	b := batch{position: c.state.Position, backfill: c.state.Backfill}
	var err error
	switch {
	case b.backfill.Since.IsZero():
		err = c.fromJournal(ctx, &b)
	case b.backfill.Phase == fillEvents:
		err = c.pastEvents(ctx, &b)
	default:
		err = c.pastChanges(ctx, &b)
	}
	if err == nil {
		err = complete(ctx, c.deps.Records, c.export.Tenant, b.records)
	}
	return b, err
}

func (c *courier) fromJournal(ctx context.Context, b *batch) error {
	entries, err := c.deps.Records.Journal(ctx, c.export.Tenant, b.position, c.most)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		b.skipped += entry.Seq - b.position - 1
		b.position, b.moved = entry.Seq, true
		switch {
		case entry.Event == nil && entry.Change == nil:
			b.skipped++
		case c.wants(entry.Event != nil):
			b.records = append(b.records, Record{Event: entry.Event, Change: entry.Change})
		}
	}
	return nil
}

func (c *courier) pastEvents(ctx context.Context, b *batch) error {
	b.moved = true
	if c.wants(true) {
		events, next, err := c.deps.Records.ListEvents(ctx, c.export.Tenant, sekisho.EventFilter{Since: b.backfill.Since, Oldest: true, Cursor: b.backfill.Cursor, Limit: c.most})
		if err != nil {
			return err
		}
		b.backfill.Cursor = next
		for i := range events {
			if events[i].Time.After(b.backfill.Until) { // the journal has those
				b.backfill.Cursor = ""
				break
			}
			b.records = append(b.records, Record{Event: &events[i]})
		}
	}
	if b.backfill.Cursor == "" {
		b.backfill.Phase = fillChanges
	}
	return nil
}

func (c *courier) pastChanges(ctx context.Context, b *batch) error {
	b.moved = true
	if c.wants(false) {
		changes, next, err := c.deps.Records.ListChanges(ctx, c.export.Tenant, sekisho.ChangeFilter{Since: b.backfill.Since, Oldest: true, Cursor: b.backfill.Cursor, Limit: c.most})
		if err != nil {
			return err
		}
		b.backfill.Cursor = next
		for i := range changes {
			if changes[i].Time.After(b.backfill.Until) {
				b.backfill.Cursor = ""
				break
			}
			b.records = append(b.records, Record{Change: &changes[i]})
		}
	}
	if b.backfill.Cursor == "" {
		b.backfill = sekisho.ExportBackfill{}
	}
	return nil
}

func (c *courier) wants(event bool) bool {
	switch c.export.Send {
	case sekisho.SendEvents:
		return event
	case sekisho.SendIncidents:
		return !event
	}
	return true
}

// complete looks up the incidents and cases that records speak of. One that was deleted is left out.
func complete(ctx context.Context, records Findings, tenant sekisho.TenantID, list []Record) error {
	incidents := map[sekisho.IncidentID]*sekisho.Incident{}
	cases := map[sekisho.CaseID]*sekisho.Case{}
	for i := range list {
		r := &list[i]
		var id sekisho.IncidentID
		if r.Event != nil {
			id = r.Event.Incident
		} else {
			id = r.Change.Incident
			if _, known := cases[r.Change.Case]; !known {
				found, err := records.FindCase(ctx, tenant, r.Change.Case)
				if err != nil && sekisho.KindOf(err) != sekisho.KindNotFound {
					return err
				}
				cases[r.Change.Case] = nil
				if err == nil {
					cases[r.Change.Case] = &found
				}
			}
			r.Case = cases[r.Change.Case]
		}
		if id == "" {
			continue
		}
		if _, known := incidents[id]; !known {
			found, err := records.FindIncident(ctx, tenant, id)
			if err != nil && sekisho.KindOf(err) != sekisho.KindNotFound {
				return err
			}
			incidents[id] = nil
			if err == nil {
				incidents[id] = &found
			}
		}
		r.Incident = incidents[id]
	}
	return nil
}
