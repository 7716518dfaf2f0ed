package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// DeleteTenant deletes every record of a tenant, all of them or none, and returns how many there were by table. Its id is
// kept, so that what still comes of it can be told from what belongs to nobody. KindNotFound: no such tenant.
func (db *DB) DeleteTenant(ctx context.Context, tenant sekisho.TenantID) (gone map[string]int64, err error) {
	err = db.update(ctx, fmt.Sprintf("deleting tenant %s", tenant), func(tx *tx) error {
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		// No row of another transaction can refer to it from here on.
		var id string
		err := tx.queryRow(ctx, `SELECT id FROM tenants WHERE id = ?`+tx.dialect.locked, tenant).Scan(&id)
		if noRows(err) {
			return unknownTenant(tenant)
		}
		if err != nil {
			return err
		}
		gone = map[string]int64{}
		for _, t := range slices.Backward(tables) { // what refers to others goes before them
			if t.of == "" {
				continue
			}
			rows, err := tx.exec(ctx, `DELETE FROM `+t.name+` WHERE `+t.of, tenant)
			if err != nil {
				return fmt.Errorf("deleting from %s: %w", t.name, err)
			}
			if rows > 0 {
				gone[t.name] = rows
			}
		}
		_, err = tx.exec(ctx, `INSERT INTO deleted_tenants (id, deleted) VALUES (?, ?)`, tenant, micros(time.Now()))
		return err
	})
	if err != nil {
		return nil, err
	}
	return gone, nil
}

// TenantDeleted reports whether an id was a tenant's that has been deleted.
func (db *DB) TenantDeleted(ctx context.Context, tenant sekisho.TenantID) (deleted bool, err error) {
	err = db.snapshot(ctx, fmt.Sprintf("looking for the deleted tenant %s", tenant), func(tx *tx) error {
		deleted, err = tx.deleted(ctx, tenant)
		return err
	})
	return deleted, err
}

func (tx *tx) deleted(ctx context.Context, tenant sekisho.TenantID) (bool, error) {
	var n int
	err := tx.queryRow(ctx, `SELECT COUNT(*) FROM deleted_tenants WHERE id = ?`, tenant).Scan(&n)
	return n > 0, err
}
