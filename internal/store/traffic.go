package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// AddTraffic adds counts to a tenant's traffic, all or none; each count goes to the hour that its Hour lies in. It is not
// idempotent: a caller that does not know whether it succeeded counts twice or not at all. KindNotFound: no such tenant.
func (db *DB) AddTraffic(ctx context.Context, tenant sekisho.TenantID, counts []sekisho.Traffic) error {
	// In one order, so that two processes that add to the same hours wait for one another instead of each for the other.
	counts = slices.SortedFunc(slices.Values(counts), func(a, b sekisho.Traffic) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), a.Hour.Compare(b.Hour))
	})
	sets := make([][]any, 0, len(counts))
	for _, c := range counts {
		sets = append(sets, []any{string(tenant), string(c.Site), micros(c.Hour.UTC().Truncate(time.Hour)), c.Requests, c.Blocked, c.Detected, c.Failed})
	}
	return db.update(ctx, fmt.Sprintf("adding traffic of %s", tenant), func(tx *tx) error {
		err := tx.execEach(ctx, `INSERT INTO traffic (tenant, site, hour, requests, blocked, detected, failed) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, site, hour) DO UPDATE SET
			requests = traffic.requests + excluded.requests, blocked = traffic.blocked + excluded.blocked,
			detected = traffic.detected + excluded.detected, failed = traffic.failed + excluded.failed`, sets)
		return db.refused(err, nil, unknownTenant(tenant))
	})
}

// ListTraffic returns a tenant's traffic from the hour of from up to, and without, to: one value for each site and hour
// that saw a request, by hour, then site. An empty site means all of them; a zero to has no end.
func (db *DB) ListTraffic(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID, from, to time.Time) ([]sekisho.Traffic, error) {
	end := int64(math.MaxInt64)
	if !to.IsZero() {
		end = micros(to)
	}
	var w where
	w.and(`tenant = ? AND hour >= ? AND hour < ?`, tenant, micros(from.UTC().Truncate(time.Hour)), end)
	if site != "" {
		w.and(`site = ?`, site)
	}
	rows, err := db.query(ctx, `SELECT site, hour, requests, blocked, detected, failed FROM traffic WHERE `+w.String()+` ORDER BY hour, site`, w.args...)
	traffic, err := collect(rows, err, scanTraffic)
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the traffic of %s", tenant), err)
	}
	return traffic, nil
}

func scanTraffic(rows *sql.Rows) (t sekisho.Traffic, err error) {
	var hour int64
	err = rows.Scan(&t.Site, &hour, &t.Requests, &t.Blocked, &t.Detected, &t.Failed)
	t.Hour = moment(hour)
	return t, err
}
