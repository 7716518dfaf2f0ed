package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// CreateTenant stores a new tenant. An id that is taken, or was a deleted tenant's, is KindConflict, a malformed one
// KindInvalid.
func (db *DB) CreateTenant(ctx context.Context, t sekisho.Tenant) error {
	op := fmt.Sprintf("creating tenant %s", t.ID)
	if _, err := sekisho.ParseTenantID(string(t.ID)); err != nil {
		return db.failed(op, err)
	}
	if err := t.Validate(); err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		if err := tx.aloneWith(ctx, t.ID); err != nil {
			return err
		}
		deleted, err := tx.deleted(ctx, t.ID)
		if err != nil {
			return err
		}
		if deleted {
			return conflict(fmt.Sprintf("tenant %s was deleted, and events of it may still be under way: choose another id", t.ID))
		}
		_, err = tx.exec(ctx, `INSERT INTO tenants (id, name, created, retention_days, quota_bytes) VALUES (?, ?, ?, ?, ?)`,
			t.ID, t.Name, micros(t.Created), t.RetentionDays, t.QuotaBytes)
		return db.refused(err, conflict(fmt.Sprintf("tenant %s exists already", t.ID)), nil)
	})
}

// FindTenant returns one tenant, or KindNotFound.
func (db *DB) FindTenant(ctx context.Context, id sekisho.TenantID) (sekisho.Tenant, error) {
	rows, err := db.query(ctx, `SELECT id, name, created, retention_days, quota_bytes FROM tenants WHERE id = ?`, id)
	found, err := collect(rows, err, scanTenant)
	if err == nil && len(found) == 0 {
		err = unknownTenant(id)
	}
	if err != nil {
		return sekisho.Tenant{}, db.failed(fmt.Sprintf("finding tenant %s", id), err)
	}
	return found[0], nil
}

// ListTenants returns every tenant, by id.
func (db *DB) ListTenants(ctx context.Context) ([]sekisho.Tenant, error) {
	rows, err := db.query(ctx, `SELECT id, name, created, retention_days, quota_bytes FROM tenants ORDER BY id`)
	tenants, err := collect(rows, err, scanTenant)
	if err != nil {
		return nil, db.failed("listing tenants", err)
	}
	return tenants, nil
}

func scanTenant(rows *sql.Rows) (t sekisho.Tenant, err error) {
	var created int64
	err = rows.Scan(&t.ID, &t.Name, &created, &t.RetentionDays, &t.QuotaBytes)
	t.Created = moment(created)
	return t, err
}

func unknownTenant(id sekisho.TenantID) error { return sekisho.NotFound(fmt.Sprintf("tenant %q", id)) }

// noRows tells an empty answer from a failure.
func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
