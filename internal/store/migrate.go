package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// migrationFiles are applied in the order of their numbers, which have no gap, and never change once released.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

type migration struct {
	version int
	name    string
	sql     string
}

var migrations = mustLoadMigrations(migrationFiles)

// mustLoadMigrations panics on a file that could not have passed this package's tests.
func mustLoadMigrations(files fs.FS) []migration {
	paths, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	var all []migration
	for i, path := range paths { // in lexical order
		name := strings.TrimSuffix(strings.TrimPrefix(path, "migrations/"), ".sql")
		number, _, _ := strings.Cut(name, "_")
		if version, err := strconv.Atoi(number); err != nil || version != i+1 {
			panic(fmt.Sprintf("store: %s should be migration %04d", path, i+1))
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			panic(err)
		}
		all = append(all, migration{version: i + 1, name: name, sql: string(text)})
	}
	return all
}

// Newest is the schema version of this program.
func Newest() int { return len(migrations) }

// Version returns the schema's version and the newest one that this program knows. After [Open] they are equal.
func (db *DB) Version(ctx context.Context) (current, newest int, err error) {
	if err := db.queryRow(ctx, `SELECT COALESCE(MAX(version), 0) FROM sekisho_schema`).Scan(&current); err != nil {
		return 0, 0, db.failed("reading the schema version", err)
	}
	return current, len(migrations), nil
}

// migrate applies what is missing, each migration in a transaction of its own. Two processes that start at once take
// turns: the version is read inside the transaction that changes it. A database that is refused stays as it was.
// upTo is the version to stop at.
func (db *DB) migrate(ctx context.Context, upTo int) error {
	if err := db.transact(ctx, db.write, nil, func(tx *tx) error {
		_, err := schemaVersion(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	if err := db.dialect.settle(ctx, db.write); err != nil { // now it is known to be ours
		return err
	}
	for {
		var applied *migration
		err := db.transact(ctx, db.write, nil, func(tx *tx) error {
			if err := tx.alone(ctx, "schema"); err != nil {
				return err
			}
			current, err := schemaVersion(ctx, tx)
			if err != nil {
				return err
			}
			if current >= upTo {
				// Changes nothing, but fails where writing is forbidden: better now than at the first event.
				_, err := tx.exec(ctx, `DELETE FROM sekisho_schema WHERE version < 0`)
				return err
			}
			applied = &migrations[current]
			if _, err := tx.ExecContext(ctx, db.dialect.types.Replace(applied.sql)); err != nil {
				return fmt.Errorf("applying migration %s: %w", applied.name, err)
			}
			_, err = tx.exec(ctx, `INSERT INTO sekisho_schema (version, name, applied) VALUES (?, ?, ?)`,
				applied.version, applied.name, micros(time.Now()))
			return err
		})
		if err != nil || applied == nil {
			return err
		}
		db.log.InfoContext(ctx, "schema updated", slog.String("migration", applied.name))
	}
}

// schemaVersion returns 0 for an empty database. It refuses one that has tables of somebody else (KindInvalid), and one
// of a newer Sekisho (KindConflict).
func schemaVersion(ctx context.Context, tx *tx) (int, error) {
	rows, err := tx.query(ctx, tx.dialect.tables)
	tables, err := collect(rows, err, scanText)
	if err != nil || len(tables) == 0 {
		return 0, err
	}
	if !slices.Contains(tables, "sekisho_schema") {
		return 0, &sekisho.Error{Kind: sekisho.KindInvalid, Op: "opening the records", Msg: fmt.Sprintf(
			"%s belongs to another program (it has a table %q): %s", tx.name, tables[0], tx.dialect.elsewhere)}
	}
	var version int
	err = tx.queryRow(ctx, `SELECT COALESCE(MAX(version), 0) FROM sekisho_schema`).Scan(&version)
	if err == nil && version > len(migrations) {
		err = &sekisho.Error{Kind: sekisho.KindConflict, Op: "opening the records", Msg: fmt.Sprintf(
			"%s has schema %d, and this sekisho knows schemas up to %d: run the newer sekisho that wrote it, or restore the backup from before the upgrade",
			tx.name, version, len(migrations))}
	}
	return version, err
}
