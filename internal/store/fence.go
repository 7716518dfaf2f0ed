package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// ErrSuperseded says that another process has raised the fence since: whoever holds the older token has to stop.
var ErrSuperseded = errors.New("another process has taken over")

// Raise gives the caller a token for name, above every token that was given before. From then on [DB.Commit] refuses those.
// It waits for a commit under the older token that is under way, so what is read afterwards is all that there will be of it.
func (db *DB) Raise(ctx context.Context, name string) (fence sekisho.Fence, err error) {
	fence.Name = name
	op := "raising the fence " + name
	err = db.update(ctx, op, func(tx *tx) error {
		var token int64
		err := tx.queryRow(ctx, `INSERT INTO fences (name, token) VALUES (?, 1)
			ON CONFLICT (name) DO UPDATE SET token = fences.token + 1 RETURNING token`, name).Scan(&token)
		fence.Token = uint64(token)
		return err
	})
	return fence, err
}

// pass holds the fence until the transaction ends, or refuses.
func (tx *tx) pass(ctx context.Context, fence *sekisho.Fence) error {
	if fence == nil {
		return nil
	}
	rows, err := tx.exec(ctx, `UPDATE fences SET token = token WHERE name = ? AND token = ?`, fence.Name, int64(fence.Token))
	if err == nil && rows == 0 {
		return &sekisho.Error{Kind: sekisho.KindForbidden, Op: fmt.Sprintf("committing under the fence %s", fence.Name), Err: ErrSuperseded}
	}
	return err
}

// Positions returns how far each tenant's events of a stream are committed.
func (db *DB) Positions(ctx context.Context, stream string) (map[sekisho.TenantID]uint64, error) {
	type place struct {
		tenant   sekisho.TenantID
		position int64
	}
	rows, err := db.query(ctx, `SELECT tenant, position FROM positions WHERE stream = ?`, stream)
	places, err := collect(rows, err, func(rows *sql.Rows) (p place, err error) {
		err = rows.Scan(&p.tenant, &p.position)
		return p, err
	})
	if err != nil {
		return nil, db.failed("reading positions", err)
	}
	positions := make(map[sekisho.TenantID]uint64, len(places))
	for _, p := range places {
		positions[p.tenant] = uint64(p.position)
	}
	return positions, nil
}
