package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// PutSite stores a tenant's site, new or changed, as it is: the caller sets its id and times. Its exclusions are stored by
// [DB.PutExclusion] alone.
//
// KindInvalid: the site cannot work (see [sekisho.Site.Validate]) or names another tenant. KindConflict: another site has
// the host, whosever it is. KindNotFound: the tenant does not exist, or the id is that of another tenant's site.
func (db *DB) PutSite(ctx context.Context, tenant sekisho.TenantID, site sekisho.Site) error {
	op := fmt.Sprintf("storing site %s of %s", site.Host, tenant)
	if err := validateSite(tenant, site); err != nil {
		return db.failed(op, err)
	}
	site.Created, site.Updated = site.Created.UTC(), site.Updated.UTC()
	site.Exclusions = nil // records of their own: exclusion.go
	data, err := json.Marshal(site)
	if err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		rows, err := tx.exec(ctx, `INSERT INTO sites (id, tenant, host, data) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET host = excluded.host, data = excluded.data WHERE sites.tenant = excluded.tenant`,
			site.ID, tenant, site.Host, string(data))
		if err != nil {
			return db.refused(err, conflict(fmt.Sprintf("host %s belongs to another site already", site.Host)), unknownTenant(tenant))
		}
		if rows == 0 {
			return unknownSite(site.ID)
		}
		return nil
	})
}

func validateSite(tenant sekisho.TenantID, site sekisho.Site) error {
	if site.ID == "" {
		return sekisho.Invalid(fmt.Sprintf("site %s needs an id", site.Host))
	}
	if site.Tenant != tenant {
		return sekisho.Invalid(fmt.Sprintf("site %s names the tenant %q, not %q", site.Host, site.Tenant, tenant))
	}
	return site.Validate()
}

// FindSite returns one site of a tenant, or KindNotFound.
func (db *DB) FindSite(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID) (sekisho.Site, error) {
	return findRecord[sekisho.Site](ctx, db, fmt.Sprintf("finding site %s of %s", id, tenant), unknownSite(id),
		`SELECT data FROM sites WHERE tenant = ? AND id = ?`, tenant, id)
}

// FindSiteByHost returns whichever tenant's site has a canonical host, or KindNotFound. It is the operator's.
func (db *DB) FindSiteByHost(ctx context.Context, host string) (sekisho.Site, error) {
	return findRecord[sekisho.Site](ctx, db, "finding site "+host, sekisho.NotFound("site "+host),
		`SELECT data FROM sites WHERE host = ?`, host)
}

// ListSites returns a tenant's sites, by host.
func (db *DB) ListSites(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Site, error) {
	rows, err := db.query(ctx, `SELECT data FROM sites WHERE tenant = ? ORDER BY host`, tenant)
	sites, err := collect(rows, err, scanRecord[sekisho.Site])
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the sites of %s", tenant), err)
	}
	return sites, nil
}

// AllSites returns every tenant's sites, by host. It is the operator's and the proxy's.
func (db *DB) AllSites(ctx context.Context) ([]sekisho.Site, error) {
	rows, err := db.query(ctx, `SELECT data FROM sites ORDER BY host`)
	sites, err := collect(rows, err, scanRecord[sekisho.Site])
	if err != nil {
		return nil, db.failed("listing all sites", err)
	}
	return sites, nil
}

// RemoveSite forgets a tenant's site and its exclusions, or returns KindNotFound. Its events, incidents and traffic stay.
func (db *DB) RemoveSite(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID) error {
	return db.update(ctx, fmt.Sprintf("removing site %s of %s", id, tenant), func(tx *tx) error {
		rows, err := tx.exec(ctx, `DELETE FROM sites WHERE tenant = ? AND id = ?`, tenant, id)
		if err == nil && rows == 0 {
			return unknownSite(id)
		}
		return err
	})
}

func unknownSite(id sekisho.SiteID) error { return sekisho.NotFound(fmt.Sprintf("site %s", id)) }
