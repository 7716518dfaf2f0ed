package store

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// FindEvent returns one event of a tenant, or KindNotFound.
func (db *DB) FindEvent(ctx context.Context, tenant sekisho.TenantID, id sekisho.EventID) (sekisho.Event, error) {
	return findRecord[sekisho.Event](ctx, db, fmt.Sprintf("finding event %s of %s", id, tenant),
		sekisho.NotFound(fmt.Sprintf("event %s", id.Display())),
		`SELECT data FROM events WHERE tenant = ? AND id = ?`, tenant, id)
}

// ListEvents returns a page of a tenant's events, newest first unless the filter says otherwise, and the cursor of the next page: "" after the last one.
// A page holds at most 1,000 events. Events that arrive while somebody turns pages are on a new first page only; no
// event is skipped or shown twice. A cursor that is none of ours is KindInvalid.
func (db *DB) ListEvents(ctx context.Context, tenant sekisho.TenantID, filter sekisho.EventFilter) (events []sekisho.Event, next string, err error) {
	op := fmt.Sprintf("listing the events of %s", tenant)
	size, err := pageSize(filter.Limit)
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	after, order := `<`, `DESC`
	if filter.Oldest {
		after, order = `>`, `ASC`
	}
	var w where
	w.and(`tenant = ?`, tenant)
	if filter.Site != "" {
		w.and(`site = ?`, filter.Site)
	}
	if filter.Incident != "" {
		w.and(`incident = ?`, filter.Incident)
	}
	if !filter.Since.IsZero() {
		w.and(`time >= ?`, micros(filter.Since))
	}
	if filter.Cursor != "" {
		from, err := parseCursor(filter.Cursor)
		if err != nil {
			return nil, "", db.failed(op, err)
		}
		w.and(`(time, id) `+after+` (?, ?)`, from.micros, from.id)
	}
	// One row more than asked for tells whether there is a next page.
	rows, err := db.query(ctx, `SELECT data FROM events WHERE `+w.String()+` ORDER BY time `+order+`, id `+order+` LIMIT ?`,
		append(w.args, size+1)...)
	events, err = collect(rows, err, scanRecord[sekisho.Event])
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	if len(events) > size {
		events = events[:size]
		last := events[size-1]
		next = place{micros(last.Time), string(last.ID)}.cursor()
	}
	return events, next, nil
}
