package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// PutExclusion stores an exclusion of a tenant's site, new or changed.
//
// KindInvalid: it cannot work (see [sekisho.Exclusion.Validate]) or has no id. KindNotFound: the tenant has no such site.
// KindConflict: the site has [sekisho.MaxExclusions] already.
func (db *DB) PutExclusion(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID, e sekisho.Exclusion) error {
	op := fmt.Sprintf("storing exclusion %s of site %s", e.ID, site)
	if e.ID == "" {
		return db.failed(op, sekisho.Invalid("an exclusion needs an id"))
	}
	if err := e.Validate(); err != nil {
		return db.failed(op, err)
	}
	e.Created, e.Expires = e.Created.UTC(), e.Expires.UTC()
	data, err := json.Marshal(e)
	if err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		var known, others int
		if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM sites WHERE tenant = ? AND id = ?`, tenant, site).Scan(&known); err != nil {
			return err
		}
		if known == 0 {
			return unknownSite(site)
		}
		if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM exclusions WHERE tenant = ? AND site = ? AND id <> ?`, tenant, site, e.ID).Scan(&others); err != nil {
			return err
		}
		if others >= sekisho.MaxExclusions {
			return conflict(fmt.Sprintf("the site has %d exclusions, which is the most: remove some, or give the site another policy", others))
		}
		_, err := tx.exec(ctx, `INSERT INTO exclusions (tenant, site, id, data) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, site, id) DO UPDATE SET data = excluded.data`, tenant, site, e.ID, string(data))
		return err
	})
}

// ListExclusions returns the exclusions of a tenant's site, expired ones too, oldest first; of a site that is not the
// tenant's, none.
func (db *DB) ListExclusions(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID) ([]sekisho.Exclusion, error) {
	rows, err := db.query(ctx, `SELECT data FROM exclusions WHERE tenant = ? AND site = ? ORDER BY id`, tenant, site)
	list, err := collect(rows, err, scanRecord[sekisho.Exclusion])
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the exclusions of site %s", site), err)
	}
	return list, nil
}

// RemoveExclusion forgets an exclusion of a tenant's site, or returns KindNotFound.
func (db *DB) RemoveExclusion(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID, id sekisho.ExclusionID) error {
	return db.update(ctx, fmt.Sprintf("removing exclusion %s of site %s", id, site), func(tx *tx) error {
		rows, err := tx.exec(ctx, `DELETE FROM exclusions WHERE tenant = ? AND site = ? AND id = ?`, tenant, site, id)
		if err == nil && rows == 0 {
			return sekisho.NotFound(fmt.Sprintf("exclusion %s", id))
		}
		return err
	})
}

// AllExclusions returns the exclusions of every site that has any. It is the proxy's.
func (db *DB) AllExclusions(ctx context.Context) (map[sekisho.SiteID][]sekisho.Exclusion, error) {
	type owned struct {
		site sekisho.SiteID
		sekisho.Exclusion
	}
	rows, err := db.query(ctx, `SELECT site, data FROM exclusions ORDER BY site, id`)
	list, err := collect(rows, err, func(rows *sql.Rows) (o owned, err error) {
		var data []byte
		if err := rows.Scan(&o.site, &data); err != nil {
			return o, err
		}
		if err := json.Unmarshal(data, &o.Exclusion); err != nil {
			return o, fmt.Errorf("reading a stored exclusion: %w", err)
		}
		return o, nil
	})
	if err != nil {
		return nil, db.failed("listing all exclusions", err)
	}
	all := map[sekisho.SiteID][]sekisho.Exclusion{}
	for _, o := range list {
		all[o.site] = append(all[o.site], o.Exclusion)
	}
	return all, nil
}
