package store

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// FindIncident returns one incident of a tenant, or KindNotFound.
func (db *DB) FindIncident(ctx context.Context, tenant sekisho.TenantID, id sekisho.IncidentID) (sekisho.Incident, error) {
	return findRecord[sekisho.Incident](ctx, db, fmt.Sprintf("finding incident %s of %s", id, tenant),
		sekisho.NotFound(fmt.Sprintf("incident %s", id)),
		`SELECT data FROM incidents WHERE tenant = ? AND id = ?`, tenant, id)
}

// ListIncidents returns a page of a tenant's incidents, newest Last first, and the cursor of the next page: "" after the
// last one. A page holds at most 1,000 incidents. An incident that grows while somebody turns pages moves to the front:
// it is on a new first page, and may be missing from the pages that follow. A cursor that is none of ours is KindInvalid.
func (db *DB) ListIncidents(ctx context.Context, tenant sekisho.TenantID, filter sekisho.IncidentFilter) (incidents []sekisho.Incident, next string, err error) {
	op := fmt.Sprintf("listing the incidents of %s", tenant)
	size, err := pageSize(filter.Limit)
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	var w where
	w.and(`tenant = ?`, tenant)
	if filter.Site != "" {
		w.and(`site = ?`, filter.Site)
	}
	if filter.MinSeverity > sekisho.SeverityUnknown {
		w.and(`severity >= ?`, int64(filter.MinSeverity))
	}
	if !filter.Since.IsZero() {
		w.and(`last >= ?`, micros(filter.Since))
	}
	if filter.Cursor != "" {
		from, err := parseCursor(filter.Cursor)
		if err != nil {
			return nil, "", db.failed(op, err)
		}
		w.and(`(last, id) < (?, ?)`, from.micros, from.id)
	}
	rows, err := db.query(ctx, `SELECT data FROM incidents WHERE `+w.String()+` ORDER BY last DESC, id DESC LIMIT ?`,
		append(w.args, size+1)...)
	incidents, err = collect(rows, err, scanRecord[sekisho.Incident])
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	if len(incidents) > size {
		incidents = incidents[:size]
		last := incidents[size-1]
		next = place{micros(last.Last), string(last.ID)}.cursor()
	}
	return incidents, next, nil
}
