package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Records go in two ways: when their time is over, and when a tenant's events take more room than they may. The first ends
// events, traffic, incidents and closed cases with their changes; a case that is open stays, with its incidents. The second
// ends the oldest events alone: what was made of them, the incidents and cases, is never lost to a quota.

// batchRows is how many rows one transaction deletes: others may write in between.
const batchRows = 500

// UseStorage sets what holds for tenants that have no settings of their own. It is called before the database is used.
func (db *DB) UseStorage(s sekisho.Storage) { db.storage = s }

// SetStorage stores how long a tenant's records are kept and how much room its events may take. KindInvalid: it cannot
// work. KindNotFound: no such tenant.
func (db *DB) SetStorage(ctx context.Context, tenant sekisho.TenantID, s sekisho.Storage) error {
	op := fmt.Sprintf("storing how long records of %s are kept", tenant)
	if err := s.Validate(); err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		rows, err := tx.exec(ctx, `UPDATE tenants SET retention_days = ?, quota_bytes = ? WHERE id = ?`, s.RetentionDays, s.QuotaBytes, tenant)
		if err == nil && rows == 0 {
			return unknownTenant(tenant)
		}
		return err
	})
}

// Usage returns the room that each tenant's events take, by tenant. It is the operator's.
func (db *DB) Usage(ctx context.Context) ([]sekisho.Usage, error) {
	rows, err := db.query(ctx, `SELECT t.id, t.retention_days, t.quota_bytes, COALESCE(u.events, 0), COALESCE(u.bytes, 0), COALESCE(u.evicted, 0), COALESCE(u.full_at, 0)
		FROM tenants t LEFT JOIN usage u ON u.tenant = t.id ORDER BY t.id`)
	list, err := collect(rows, err, func(rows *sql.Rows) (u sekisho.Usage, err error) {
		var full int64
		err = rows.Scan(&u.Tenant, &u.Days, &u.Quota, &u.Events, &u.Bytes, &u.Evicted, &full)
		if u.Days == 0 {
			u.Days = db.storage.RetentionDays
		}
		if u.Quota == 0 {
			u.Quota = db.storage.QuotaBytes
		}
		if full > 0 {
			u.FullAt = moment(full)
		}
		return u, err
	})
	if err != nil {
		return nil, db.failed("measuring the tenants' events", err)
	}
	return list, nil
}

// DeleteOld deletes what is older than its tenant keeps it, a few rows at a time, and returns how many events went. On
// PostgreSQL a week that is over for every tenant goes at once.
func (db *DB) DeleteOld(ctx context.Context, now time.Time) (events int64, err error) {
	usage, err := db.Usage(ctx)
	if err != nil {
		return 0, err
	}
	longest, forever := 0, false
	for _, u := range usage {
		longest, forever = max(longest, u.Days), forever || u.Days == 0
	}
	if db.dialect.weekly && !forever && len(usage) > 0 {
		if events, err = db.dropWeeks(ctx, micros(now.AddDate(0, 0, -longest))); err != nil {
			return events, db.failed("dropping weeks of events", err)
		}
	}
	for _, u := range usage {
		if u.Days == 0 {
			continue
		}
		n, err := db.deleteBefore(ctx, u.Tenant, micros(now.AddDate(0, 0, -u.Days)))
		events += n
		if err != nil {
			return events, err
		}
	}
	return events, nil
}

// Each takes tenant, tenant, a moment and a number of rows.
var deleteOld = []string{
	`DELETE FROM traffic WHERE tenant = ? AND (site, hour) IN (SELECT site, hour FROM traffic WHERE tenant = ? AND hour < ? LIMIT ?)`,
	`DELETE FROM changes WHERE tenant = ? AND (case_id, revision) IN (SELECT h.case_id, h.revision FROM changes h
		JOIN cases c ON c.tenant = h.tenant AND c.id = h.case_id WHERE c.tenant = ? AND c.updated < ? AND c.state >= ` + closedState + ` LIMIT ?)`,
	`DELETE FROM cases WHERE tenant = ? AND id IN (SELECT c.id FROM cases c WHERE c.tenant = ? AND c.updated < ? AND c.state >= ` + closedState + `
		AND NOT EXISTS (SELECT 1 FROM changes h WHERE h.tenant = c.tenant AND h.case_id = c.id) LIMIT ?)`,
	`DELETE FROM suppressions WHERE tenant = ? AND id IN (SELECT id FROM suppressions WHERE tenant = ? AND expires < ? LIMIT ?)`,
}

// deleteBefore deletes what one tenant has from before a moment.
func (db *DB) deleteBefore(ctx context.Context, tenant sekisho.TenantID, before int64) (events int64, err error) {
	op := fmt.Sprintf("deleting old records of %s", tenant)
	for {
		var gone int64
		err := db.update(ctx, op, func(tx *tx) (err error) {
			if err := tx.aloneWith(ctx, tenant); err != nil {
				return err
			}
			gone, _, err = tx.deleteEvents(ctx, tenant, `time < ?`, before, batchRows)
			return err
		})
		events += gone
		if err != nil {
			return events, err
		}
		if gone < batchRows {
			break
		}
	}
	if err := db.deleteIncidents(ctx, op, tenant, before); err != nil {
		return events, err
	}
	for _, query := range deleteOld {
		for {
			rows, err := db.exec(ctx, op, query, tenant, tenant, before, batchRows)
			if err != nil {
				return events, err
			}
			if rows < batchRows {
				break
			}
		}
	}
	return events, nil
}

// deleteEvents deletes the oldest events of a tenant that a condition with one argument holds for, at most limit, and
// notes the room they gave back.
func (tx *tx) deleteEvents(ctx context.Context, tenant sekisho.TenantID, condition string, arg int64, limit int) (gone, bytes int64, err error) {
	rows, err := tx.query(ctx, `DELETE FROM events WHERE tenant = ? AND (time, id) IN (
		SELECT time, id FROM events WHERE tenant = ? AND `+condition+` ORDER BY time, id LIMIT ?) RETURNING octet_length(data)`, tenant, tenant, arg, limit)
	sizes, err := collect(rows, err, func(rows *sql.Rows) (n int64, err error) { err = rows.Scan(&n); return n, err })
	if err != nil || len(sizes) == 0 {
		return 0, 0, err
	}
	for _, n := range sizes {
		bytes += n
	}
	gone = int64(len(sizes))
	_, err = tx.exec(ctx, `UPDATE usage SET events = events - ?, bytes = bytes - ? WHERE tenant = ?`, gone, bytes, tenant)
	return gone, bytes, err
}

// use notes events that were stored, and makes room for them where the tenant's quota is full: the oldest go. One commit
// makes no more room than a few times what it needs, so that it stays short; the next one goes on.
func (tx *tx) use(ctx context.Context, tenant sekisho.TenantID, stored, bytes int64, storage sekisho.Storage) error {
	if stored == 0 {
		return nil
	}
	var used int64
	err := tx.queryRow(ctx, `INSERT INTO usage (tenant, events, bytes, evicted, full_at) VALUES (?, ?, ?, 0, 0)
		ON CONFLICT (tenant) DO UPDATE SET events = usage.events + excluded.events, bytes = usage.bytes + excluded.bytes RETURNING bytes`,
		tenant, stored, bytes).Scan(&used)
	if err != nil {
		return err
	}
	var quota int64
	if err := tx.queryRow(ctx, `SELECT quota_bytes FROM tenants WHERE id = ?`, tenant).Scan(&quota); err != nil {
		return err
	}
	if quota == 0 {
		quota = storage.QuotaBytes
	}
	evicted := int64(0)
	for used > quota && quota > 0 && evicted <= 4*stored+batchRows {
		gone, freed, err := tx.deleteEvents(ctx, tenant, `time <= ?`, 1<<62, evictRows)
		if err != nil {
			return err
		}
		if gone == 0 {
			break
		}
		used -= freed
		evicted += gone
	}
	if evicted == 0 {
		return nil
	}
	_, err = tx.exec(ctx, `UPDATE usage SET evicted = evicted + ?, full_at = ? WHERE tenant = ?`, evicted, micros(time.Now()), tenant)
	return err
}

// evictRows is small, so that no more goes than has to.
const evictRows = 50

var closedState = strconv.Itoa(int(sekisho.CaseClosed))

// deleteIncidents deletes incidents whose last event is from before a moment, except those of open cases.
func (db *DB) deleteIncidents(ctx context.Context, op string, tenant sekisho.TenantID, before int64) error {
	for after := ""; ; {
		rows, err := db.query(ctx, `SELECT data FROM incidents WHERE tenant = ? AND last < ? AND id > ? ORDER BY id LIMIT ?`, tenant, before, after, batchRows)
		old, err := collect(rows, err, scanRecord[sekisho.Incident])
		if err != nil {
			return db.failed(op, err)
		}
		if len(old) == 0 {
			return nil
		}
		after = string(old[len(old)-1].ID)
		var ids []sekisho.CaseID
		for _, i := range old {
			ids = append(ids, i.Case)
		}
		desk, err := db.Desk(ctx, tenant, ids, time.Time{})
		if err != nil {
			return err
		}
		open := map[sekisho.CaseID]bool{}
		for _, c := range desk.Cases {
			open[c.ID] = c.State < sekisho.CaseClosed
		}
		var sets [][]any
		for _, i := range old {
			if !open[i.Case] {
				sets = append(sets, []any{string(tenant), string(i.ID), before})
			}
		}
		// An incident that grew meanwhile stays.
		err = db.update(ctx, op, func(tx *tx) error {
			return tx.execEach(ctx, `DELETE FROM incidents WHERE tenant = ? AND id = ? AND last < ?`, sets)
		})
		if err != nil {
			return err
		}
	}
}
