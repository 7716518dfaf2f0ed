package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// queryRow and query read what was committed last.
func (db *DB) queryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, db.dialect.numbered(query), args...)
}

func (db *DB) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return db.read.QueryContext(ctx, db.dialect.numbered(query), args...)
}

// tx is a transaction that speaks the dialect.
type tx struct {
	*sql.Tx
	dialect dialect
	name    string
}

func (tx *tx) queryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.QueryRowContext(ctx, tx.dialect.numbered(query), args...)
}

func (tx *tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.QueryContext(ctx, tx.dialect.numbered(query), args...)
}

func (tx *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, tx.dialect.numbered(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// alone keeps every other transaction that asks for the same name waiting, in any process, until this one has ended. A
// change that reads first and decides by what it read begins with it. On SQLite each update is alone already.
func (tx *tx) alone(ctx context.Context, name string) error {
	if tx.dialect.alone == "" {
		return nil
	}
	_, err := tx.exec(ctx, tx.dialect.alone, "sekisho "+name)
	return err
}

// aloneWith is alone for what is decided by the records of one tenant.
func (tx *tx) aloneWith(ctx context.Context, tenant sekisho.TenantID) error {
	return tx.alone(ctx, "tenant "+string(tenant))
}

// update runs change in one write transaction: all of it is kept, or nothing. SQLite takes the lock at the start (BEGIN
// IMMEDIATE), so that a transaction which reads first cannot fail half-way because another process wrote meanwhile.
func (db *DB) update(ctx context.Context, op string, change func(*tx) error) error {
	return db.failed(op, db.transact(ctx, db.write, nil, change))
}

// snapshot runs look in one read transaction: all it reads is of one moment.
func (db *DB) snapshot(ctx context.Context, op string, look func(*tx) error) error {
	return db.failed(op, db.transact(ctx, db.read, db.dialect.snapshot, look))
}

func (db *DB) transact(ctx context.Context, pool *sql.DB, options *sql.TxOptions, do func(*tx) error) error {
	begun, err := pool.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	if err := do(&tx{Tx: begun, dialect: db.dialect, name: db.name}); err != nil {
		_ = begun.Rollback() // err says why; the database may have rolled back by itself already
		return err
	}
	return begun.Commit()
}

// exec is update for a single statement. It returns how many rows changed.
func (db *DB) exec(ctx context.Context, op, query string, args ...any) (rows int64, err error) {
	err = db.update(ctx, op, func(tx *tx) error {
		rows, err = tx.exec(ctx, query, args...)
		return err
	})
	return rows, err
}

// failed gives err its operation and its Kind. A [sekisho.Error] keeps the Kind it has, and nil stays nil.
func (db *DB) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*sekisho.Error](err); ok {
		return fmt.Errorf("%s: %w", op, err)
	}
	cause := db.dialect.cause(err)
	says := db.dialect.says[cause]
	if says == "" {
		return fmt.Errorf("%s: %w", op, err)
	}
	kind := sekisho.KindUnavailable
	switch cause {
	case causeDamaged, causeForeignFile:
		kind = sekisho.KindInternal
	case causeNotText:
		kind = sekisho.KindInvalid
	}
	return &sekisho.Error{Kind: kind, Op: op, Msg: sentence(says, db.name, err), Err: oneLine{err}}
}

// oneLine keeps an error of a driver that speaks in paragraphs to one line of a log.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }

// refused tells a known reason of the caller's apart from a failure of ours: duplicate and noParent are the errors to
// return in those cases; nil means that the case cannot happen.
func (db *DB) refused(err error, duplicate, noParent error) error {
	switch cause := db.dialect.cause(err); {
	case cause == causeDuplicate && duplicate != nil:
		return duplicate
	case cause == causeNoParent && noParent != nil:
		return noParent
	}
	return err
}

func conflict(msg string) error { return &sekisho.Error{Kind: sekisho.KindConflict, Msg: msg} }

// micros is how a moment is stored; moment is its way back. The zero time survives both.
func micros(t time.Time) int64 { return t.UnixMicro() }

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

// scanRecord reads a record that is stored whole in one column.
func scanRecord[T any](rows *sql.Rows) (record T, err error) {
	var data []byte
	if err := rows.Scan(&data); err != nil {
		return record, err
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return record, fmt.Errorf("reading a stored record: %w", err)
	}
	return record, nil
}

// findRecord is scanRecord for the one row that query finds; without a row it returns notFound.
func findRecord[T any](ctx context.Context, db *DB, op string, notFound error, query string, args ...any) (T, error) {
	rows, err := db.query(ctx, query, args...)
	found, err := collect(rows, err, scanRecord[T])
	if err == nil && len(found) == 0 {
		err = notFound
	}
	if err != nil {
		var none T
		return none, db.failed(op, err)
	}
	return found[0], nil
}
