package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// JournalKept is how long an entry of the journal waits for an export that does not take it.
const JournalKept = 30 * 24 * time.Hour

// AddExport stores a new export of a tenant. From then on the tenant's journal is kept, and the export begins at its end;
// what happened between e.Since and now is its backfill.
//
// KindInvalid: it cannot work (see [sekisho.Export.Validate]). KindNotFound: no such tenant. KindConflict: another export of
// the tenant has its name.
func (db *DB) AddExport(ctx context.Context, tenant sekisho.TenantID, e sekisho.Export) error {
	op := fmt.Sprintf("storing export %s of %s", e.Name, tenant)
	if err := e.Validate(); err != nil {
		return db.failed(op, err)
	}
	e.Tenant, e.Created, e.Since = tenant, e.Created.UTC(), e.Since.UTC()
	data, err := json.Marshal(e)
	if err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		// Once the tenant is ours, no commit of it is on its way that will not see the journal.
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO exports (tenant, id, name, data) VALUES (?, ?, ?, ?)`, tenant, e.ID, e.Name, string(data))
		if err != nil {
			return db.refused(err, conflict(fmt.Sprintf("export %s exists already; remove it first, or choose another name", e.Name)), unknownTenant(tenant))
		}
		if _, err := tx.exec(ctx, `INSERT INTO export_heads (tenant, seq) VALUES (?, 0) ON CONFLICT (tenant) DO NOTHING`, tenant); err != nil {
			return err
		}
		state := sekisho.ExportState{Export: e.ID, Tenant: tenant, Revision: 1}
		if !e.Since.IsZero() {
			state.Backfill = sekisho.ExportBackfill{Since: e.Since, Until: e.Created}
		}
		var head int64
		if err := tx.queryRow(ctx, `SELECT seq FROM export_heads WHERE tenant = ?`, tenant).Scan(&head); err != nil {
			return err
		}
		state.Position = uint64(head)
		known, err := json.Marshal(state)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO export_states (tenant, export, revision, position, data) VALUES (?, ?, ?, ?, ?)`,
			tenant, e.ID, state.Revision, head, string(known))
		return err
	})
}

// ListExports returns a tenant's exports, by name.
func (db *DB) ListExports(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Export, error) {
	rows, err := db.query(ctx, `SELECT data FROM exports WHERE tenant = ? ORDER BY name`, tenant)
	list, err := collect(rows, err, scanRecord[sekisho.Export])
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the exports of %s", tenant), err)
	}
	return list, nil
}

// RemoveExport forgets a tenant's export and how far it came, or returns KindNotFound. With the last one the journal ends.
func (db *DB) RemoveExport(ctx context.Context, tenant sekisho.TenantID, id sekisho.ExportID) error {
	return db.update(ctx, fmt.Sprintf("removing export %s of %s", id, tenant), func(tx *tx) error {
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		rows, err := tx.exec(ctx, `DELETE FROM exports WHERE tenant = ? AND id = ?`, tenant, id)
		if err != nil {
			return err
		}
		if rows == 0 {
			return sekisho.NotFound(fmt.Sprintf("export %s", id))
		}
		if rows, err = tx.exec(ctx, `DELETE FROM export_heads WHERE tenant = ? AND NOT EXISTS (SELECT 1 FROM exports WHERE tenant = ?)`, tenant, tenant); err != nil || rows == 0 {
			return err
		}
		_, err = tx.exec(ctx, `DELETE FROM export_journal WHERE tenant = ?`, tenant)
		return err
	})
}

// AllExports returns the exports of every tenant. It is the operator's and the exporter's.
func (db *DB) AllExports(ctx context.Context) ([]sekisho.Export, error) {
	rows, err := db.query(ctx, `SELECT data FROM exports ORDER BY tenant, name`)
	list, err := collect(rows, err, scanRecord[sekisho.Export])
	if err != nil {
		return nil, db.failed("listing all exports", err)
	}
	return list, nil
}

// AllExportStates returns how far the exports of every tenant have come. It is the operator's and the exporter's.
func (db *DB) AllExportStates(ctx context.Context) ([]sekisho.ExportState, error) {
	rows, err := db.query(ctx, `SELECT s.data, h.seq FROM export_states s JOIN export_heads h ON h.tenant = s.tenant ORDER BY s.tenant, s.export`)
	list, err := collect(rows, err, func(rows *sql.Rows) (s sekisho.ExportState, err error) {
		var data []byte
		var head int64
		if err := rows.Scan(&data, &head); err != nil {
			return s, err
		}
		err = json.Unmarshal(data, &s)
		s.Head = uint64(head)
		return s, err
	})
	if err != nil {
		return nil, db.failed("listing how far exports have come", err)
	}
	return list, nil
}

// PutExportState stores how far an export has come, at the revision after the stored one. KindConflict: somebody else
// stored one meanwhile. KindNotFound: the export is no more.
func (db *DB) PutExportState(ctx context.Context, tenant sekisho.TenantID, s sekisho.ExportState) error {
	op := fmt.Sprintf("storing how far export %s of %s has come", s.Export, tenant)
	s.Tenant, s.Last, s.Failing = tenant, s.Last.UTC(), s.Failing.UTC()
	data, err := json.Marshal(s)
	if err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		rows, err := tx.exec(ctx, `UPDATE export_states SET revision = ?, position = ?, data = ? WHERE tenant = ? AND export = ? AND revision = ?`,
			s.Revision, int64(s.Position), string(data), tenant, s.Export, s.Revision-1)
		if err != nil || rows > 0 {
			return err
		}
		var there int64
		if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM export_states WHERE tenant = ? AND export = ?`, tenant, s.Export).Scan(&there); err != nil {
			return err
		}
		if there == 0 {
			return sekisho.NotFound(fmt.Sprintf("export %s", s.Export))
		}
		return conflict(fmt.Sprintf("export %s is delivered by another process", s.Export))
	})
}

// Journal returns what was committed for a tenant behind a position, in that order, at most limit entries (0: 100; never
// more than 1,000). Entries are numbered without a gap; one that is missing at the beginning was deleted for its age.
func (db *DB) Journal(ctx context.Context, tenant sekisho.TenantID, after uint64, limit int) ([]sekisho.Journaled, error) {
	op := fmt.Sprintf("reading the journal of %s behind %d", tenant, after)
	size, err := pageSize(limit)
	if err != nil {
		return nil, db.failed(op, err)
	}
	rows, err := db.query(ctx, `SELECT j.seq, e.data, c.data FROM export_journal j
		LEFT JOIN events e ON j.kind = 'event' AND e.tenant = j.tenant AND e.id = j.id AND e.time = j.part
		LEFT JOIN changes c ON j.kind = 'change' AND c.tenant = j.tenant AND c.case_id = j.id AND c.revision = j.part
		WHERE j.tenant = ? AND j.seq > ? ORDER BY j.seq LIMIT ?`, tenant, int64(after), size)
	list, err := collect(rows, err, scanJournaled)
	if err != nil {
		return nil, db.failed(op, err)
	}
	return list, nil
}

func scanJournaled(rows *sql.Rows) (entry sekisho.Journaled, err error) {
	var seq int64
	var event, change []byte
	if err := rows.Scan(&seq, &event, &change); err != nil {
		return entry, err
	}
	entry.Seq = uint64(seq)
	if event != nil {
		err = json.Unmarshal(event, &entry.Event)
	} else if change != nil {
		err = json.Unmarshal(change, &entry.Change)
	}
	if err != nil {
		return entry, fmt.Errorf("reading a stored record: %w", err)
	}
	return entry, nil
}

const insertJournal = `INSERT INTO export_journal (tenant, seq, kind, id, part, added) VALUES (?, ?, ?, ?, ?, ?)`

// journal notes events and changes for the exports of a tenant, if it has any. The row of export_heads stays locked until
// the transaction ends, so that numbers are seen in the order of their commits.
func (tx *tx) journal(ctx context.Context, tenant sekisho.TenantID, events []sekisho.Event, changes []sekisho.Change) error {
	n := len(events) + len(changes)
	if n == 0 {
		return nil
	}
	rows, err := tx.exec(ctx, `UPDATE export_heads SET seq = seq + ? WHERE tenant = ?`, n, tenant)
	if err != nil || rows == 0 {
		return err
	}
	var head int64
	if err := tx.queryRow(ctx, `SELECT seq FROM export_heads WHERE tenant = ?`, tenant).Scan(&head); err != nil {
		return err
	}
	seq, now := head-int64(n), micros(time.Now())
	sets := make([][]any, 0, n)
	for _, e := range events {
		seq++
		sets = append(sets, []any{string(tenant), seq, "event", string(e.ID), micros(e.Time), now})
	}
	for _, c := range changes {
		seq++
		sets = append(sets, []any{string(tenant), seq, "change", string(c.Case), c.Revision, now})
	}
	return tx.execEach(ctx, insertJournal, sets)
}

// trimJournal deletes what every export of a tenant has, and what waited for too long.
func (tx *tx) trimJournal(ctx context.Context, now time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM export_journal WHERE added <= ? OR seq <= (
		SELECT MIN(s.position) FROM export_states s WHERE s.tenant = export_journal.tenant)`, micros(now.Add(-JournalKept)))
}
