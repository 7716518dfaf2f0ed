package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"hash"
)

// SitesMark is a digest of all that [DB.AllSites], [DB.AllExclusions] and [DB.Rollout] read: while it is the same, so are
// they. It costs a look at each row and builds none of them, and sees a change whoever has written it.
func (db *DB) SitesMark(ctx context.Context) (mark [sha256.Size]byte, err error) {
	sum := sha256.New()
	err = db.snapshot(ctx, "looking for changed sites", func(tx *tx) error {
		for _, query := range []string{
			`SELECT data FROM sites ORDER BY id`,
			`SELECT site, data FROM exclusions ORDER BY tenant, site, id`,
			`SELECT data FROM rollout ORDER BY id`,
		} {
			if err := digest(ctx, tx, sum, query); err != nil {
				return err
			}
		}
		return nil
	})
	sum.Sum(mark[:0])
	return mark, err
}

// digest adds the rows of a query, each value behind its length, and their number.
func digest(ctx context.Context, tx *tx, sum hash.Hash, query string) error {
	rows, err := tx.query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	var number [8]byte
	add := func(n int) {
		binary.BigEndian.PutUint64(number[:], uint64(n))
		_, _ = sum.Write(number[:]) // a hash never fails
	}
	count := 0
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, value := range values {
			add(len(value))
			_, _ = sum.Write(value)
		}
		count++
	}
	add(count)
	return rows.Err()
}
