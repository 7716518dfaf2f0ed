package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/sekisho-waf/sekisho"
)

// Commit stores what one batch of events changed for a tenant, whole or not at all. When it has returned nil, the batch
// survives a crash and a power cut, and the spool may forget it.
//
// It may be repeated: a position at or below the one that stands for (tenant, stream) is a batch that was committed
// before, which changes nothing and returns nil; an event that is stored stays as it is. So positions of a stream must
// rise, and begin at 1.
//
// A commit with a fence is refused with [ErrSuperseded] (KindForbidden) once another process has raised it.
//
// KindInvalid: no stream, no position, or a record of another tenant. KindNotFound: no such tenant. KindUnavailable: no
// room, or the database is busy; the same Commit can succeed later. KindConflict: a case of the commit was changed
// meanwhile; the whole commit was given up, and can be made again from [DB.Desk].
func (db *DB) Commit(ctx context.Context, tenant sekisho.TenantID, c sekisho.Commit) error {
	op := fmt.Sprintf("committing %s up to %d for %s", c.Stream, c.Position, tenant)
	if c.Stream == "" || c.Position == 0 || c.Position > math.MaxInt64 {
		return db.failed(op, sekisho.Invalid("a commit needs its stream and a position of at least 1"))
	}
	// Encoding happens before the write lock is taken.
	events, err := encodeEvents(tenant, c.Events)
	if err != nil {
		return db.failed(op, err)
	}
	incidents, err := encodeIncidents(tenant, c.Incidents)
	if err != nil {
		return db.failed(op, err)
	}
	if err := db.prepareWeeks(ctx, c.Events); err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		if err := tx.pass(ctx, c.Fence); err != nil {
			return err
		}
		// The position goes first: when it does not rise, nothing below may happen.
		rows, err := tx.exec(ctx, `INSERT INTO positions (tenant, stream, position) VALUES (?, ?, ?)
			ON CONFLICT (tenant, stream) DO UPDATE SET position = excluded.position WHERE positions.position < excluded.position`,
			tenant, c.Stream, int64(c.Position))
		if err != nil {
			return db.refused(err, nil, unknownTenant(tenant))
		}
		if rows == 0 {
			return nil
		}
		stored, bytes, err := tx.storeEvents(ctx, events)
		if err != nil {
			return fmt.Errorf("storing events: %w", err)
		}
		if err := tx.use(ctx, tenant, stored, bytes, db.storage); err != nil {
			return fmt.Errorf("making room: %w", err)
		}
		if err := tx.execEach(ctx, upsertIncident, incidents); err != nil {
			return fmt.Errorf("storing incidents: %w", err)
		}
		kept, forgotten := splitMemory(tenant, c.Memory)
		if err := tx.execEach(ctx, deleteMemory, forgotten); err != nil {
			return fmt.Errorf("forgetting memory: %w", err)
		}
		if err := tx.execEach(ctx, upsertMemory, kept); err != nil {
			return fmt.Errorf("storing memory: %w", err)
		}
		if err := writeCases(ctx, tx, tenant, c.Cases, c.Changes); err != nil {
			return err
		}
		return tx.journal(ctx, tenant, c.Events, c.Changes)
	})
}

const (
	// Not ON CONFLICT: where events are kept apart by time, no key holds across the parts. The tenant's lock does.
	insertEvent = `INSERT INTO events (tenant, id, time, site, incident, data)
		SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT)
		WHERE NOT EXISTS (SELECT 1 FROM events WHERE tenant = ? AND id = ?)`
	upsertIncident = `INSERT INTO incidents (tenant, id, last, site, severity, data) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, id) DO UPDATE SET
		last = excluded.last, site = excluded.site, severity = excluded.severity, data = excluded.data`
	upsertMemory = `INSERT INTO memory (tenant, kind, key, data, expires) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant, kind, key) DO UPDATE SET data = excluded.data, expires = excluded.expires`
	deleteMemory = `DELETE FROM memory WHERE tenant = ? AND kind = ? AND key = ?`
)

// execEach runs one statement, prepared once, with each set of arguments.
func (tx *tx) execEach(ctx context.Context, query string, sets [][]any) error {
	if len(sets) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, tx.dialect.numbered(query))
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, args := range sets {
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// storeEvents stores those events that are not there yet, and returns how many they were and how long their JSON is.
func (tx *tx) storeEvents(ctx context.Context, sets [][]any) (stored, bytes int64, err error) {
	if len(sets) == 0 {
		return 0, 0, nil
	}
	statement, err := tx.PrepareContext(ctx, tx.dialect.numbered(insertEvent))
	if err != nil {
		return 0, 0, err
	}
	defer statement.Close()
	for _, args := range sets {
		result, err := statement.ExecContext(ctx, args...)
		if err != nil {
			return 0, 0, err
		}
		rows, err := result.RowsAffected()
		if err != nil {
			return 0, 0, err
		}
		stored += rows
		bytes += rows * int64(len(args[eventData].(string)))
	}
	return stored, bytes, nil
}

// eventData is which argument of insertEvent is the event itself.
const eventData = 5

func encodeEvents(tenant sekisho.TenantID, events []sekisho.Event) ([][]any, error) {
	sets := make([][]any, 0, len(events))
	for _, e := range events {
		if e.ID == "" || e.Tenant != tenant {
			return nil, sekisho.Invalid(fmt.Sprintf("event %q of tenant %q cannot be stored for %q", e.ID, e.Tenant, tenant))
		}
		e.Time = e.Time.UTC()
		data, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encoding event %s: %w", e.ID, err)
		}
		sets = append(sets, []any{string(tenant), string(e.ID), micros(e.Time), string(e.SiteID), string(e.Incident), string(data), string(tenant), string(e.ID)})
	}
	return sets, nil
}

func encodeIncidents(tenant sekisho.TenantID, incidents []sekisho.Incident) ([][]any, error) {
	sets := make([][]any, 0, len(incidents))
	for _, i := range incidents {
		if i.ID == "" || i.Tenant != tenant {
			return nil, sekisho.Invalid(fmt.Sprintf("incident %q of tenant %q cannot be stored for %q", i.ID, i.Tenant, tenant))
		}
		i.First, i.Last = i.First.UTC(), i.Last.UTC()
		data, err := json.Marshal(i)
		if err != nil {
			return nil, fmt.Errorf("encoding incident %s: %w", i.ID, err)
		}
		sets = append(sets, []any{string(tenant), string(i.ID), micros(i.Last), string(i.SiteID), int64(i.Severity), string(data)})
	}
	return sets, nil
}

// splitMemory sorts the rows to keep from the rows to forget. A later row of the same name wins, as in the given order.
func splitMemory(tenant sekisho.TenantID, rows []sekisho.Memory) (kept, forgotten [][]any) {
	type name struct{ kind, key string }
	last := make(map[name]int, len(rows))
	for i, m := range rows {
		last[name{m.Kind, m.Key}] = i
	}
	for i, m := range rows {
		switch {
		case last[name{m.Kind, m.Key}] != i:
		case m.Data == nil:
			forgotten = append(forgotten, []any{string(tenant), m.Kind, m.Key})
		default:
			kept = append(kept, []any{string(tenant), m.Kind, m.Key, m.Data, micros(m.Expires)})
		}
	}
	return kept, forgotten
}
