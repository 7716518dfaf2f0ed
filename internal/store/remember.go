package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Remember returns what the incident engine needs to go on with a tenant: its memory, the incidents whose Last is at or
// after openSince (oldest first), and how far it came in the stream. All of it is of one moment, between two commits.
// A tenant that nothing was committed for, or that does not exist, has nothing to remember.
func (db *DB) Remember(ctx context.Context, tenant sekisho.TenantID, stream string, openSince time.Time) (sekisho.Remembered, error) {
	var remembered sekisho.Remembered
	err := db.snapshot(ctx, fmt.Sprintf("remembering %s", tenant), func(tx *tx) error {
		rows, err := tx.query(ctx, `SELECT kind, key, data, expires FROM memory WHERE tenant = ? ORDER BY kind, key`, tenant)
		if remembered.Memory, err = collect(rows, err, scanMemory); err != nil {
			return err
		}
		rows, err = tx.query(ctx, `SELECT data FROM incidents WHERE tenant = ? AND last >= ? ORDER BY last, id`, tenant, micros(openSince))
		if remembered.Open, err = collect(rows, err, scanRecord[sekisho.Incident]); err != nil {
			return err
		}
		var position int64
		err = tx.queryRow(ctx, `SELECT position FROM positions WHERE tenant = ? AND stream = ?`, tenant, stream).Scan(&position)
		if err != nil && !noRows(err) {
			return err
		}
		remembered.Position = uint64(position)
		return nil
	})
	if err != nil {
		return sekisho.Remembered{}, err
	}
	return remembered, nil
}

func scanMemory(rows *sql.Rows) (m sekisho.Memory, err error) {
	var expires int64
	err = rows.Scan(&m.Kind, &m.Key, &m.Data, &expires)
	m.Expires = moment(expires)
	if m.Data == nil { // how the driver returns zero bytes; nil would mean a row to forget
		m.Data = []byte{}
	}
	return m, err
}

// Expired counts what [DB.DeleteExpired] deleted.
type Expired struct {
	LoginTokens, Sessions, Memory int64
	Journal                       int64 // entries that every export has, or that waited longer than [JournalKept]
}

// DeleteExpired deletes login tokens, sessions and memory that expired at or before now. Those are useless already; this
// gives their room back.
func (db *DB) DeleteExpired(ctx context.Context, now time.Time) (Expired, error) {
	var expired Expired
	err := db.update(ctx, "deleting what has expired", func(tx *tx) (err error) {
		if expired.LoginTokens, err = tx.exec(ctx, `DELETE FROM login_tokens WHERE expires <= ?`, micros(now)); err != nil {
			return err
		}
		if expired.Sessions, err = tx.exec(ctx, `DELETE FROM sessions WHERE expires <= ?`, micros(now)); err != nil {
			return err
		}
		if expired.Memory, err = tx.exec(ctx, `DELETE FROM memory WHERE expires <= ?`, micros(now)); err != nil {
			return err
		}
		expired.Journal, err = tx.trimJournal(ctx, now)
		return err
	})
	if err != nil {
		return Expired{}, err
	}
	return expired, nil
}
