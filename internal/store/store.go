// Package store owns the records: tenants, people, sites, events, incidents, what the incident engine remembers, and
// traffic by the hour. One [DB] is one database: SQLite in the data directory, or PostgreSQL, which several machines share.
// Both are asked the same queries through a small dialect.
//
// It leaves meaning to others: what a score is, who may sign in, which mode a site runs in. It keeps what it is given,
// whole, and finds it again.
//
// Every call on a tenant's records takes the tenant right after ctx, and whoever asks with another tenant's id gets
// [sekisho.KindNotFound] or an empty page; package storetest holds this for each method. The few calls without a tenant
// are the operator's and the sign-in's.
//
// Times are ordered and searched by the microsecond and come back in UTC. Errors are [sekisho.Error]s: KindUnavailable
// when trying again can help (disk full, database busy), KindInvalid, KindConflict and KindNotFound for the caller's part.
//
// Start with [Open] and [OpenPostgres], then commit.go, which is where an event becomes a record.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/sekisho-waf/sekisho"
)

// DB is an open database. It is safe for concurrent use, and several processes may hold the same one open.
type DB struct {
	// The readers cannot write at all. On SQLite one connection writes: there is one writer at a time anyway, and waiting
	// for it in a Go queue is fairer and cheaper than its busy loop.
	write, read *sql.DB

	dialect dialect
	name    string // how people know this database: the path of its file, or its server
	log     *slog.Logger
	storage sekisho.Storage // for tenants without settings of their own

	mu    sync.Mutex
	weeks map[int64]bool // that the events have a partition for; see week.go
}

// Open opens the SQLite database in the data directory, creates what is missing, and brings its schema up to date.
//
// KindInvalid: the directory or the file cannot be used; the message names it and the way out. KindConflict: the schema is
// of a newer Sekisho. KindUnavailable: another process kept the database busy for too long. On an error nothing is left
// half-written.
func Open(ctx context.Context, dataDir string, log *slog.Logger) (*DB, error) {
	return openSQLite(ctx, dataDir, log, len(migrations))
}

func openSQLite(ctx context.Context, dataDir string, log *slog.Logger, schema int) (*DB, error) {
	path, err := prepareSQLite(dataDir)
	if err != nil {
		return nil, err
	}
	db := &DB{dialect: sqlite, name: path, log: log}
	if db.write, err = sql.Open("sqlite", sqliteURL(path, writer)); err != nil {
		return nil, db.openFailed(err)
	}
	db.write.SetMaxOpenConns(1)
	if err := db.migrate(ctx, schema); err != nil {
		_ = db.write.Close()
		return nil, db.openFailed(err)
	}
	if db.read, err = sql.Open("sqlite", sqliteURL(path, reader)); err != nil {
		_ = db.write.Close()
		return nil, db.openFailed(err)
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	if err := db.Ping(ctx); err != nil {
		_ = db.Close()
		return nil, db.openFailed(err)
	}
	return db, nil
}

// Close waits for running calls and closes the database. The last process to close it folds the write-ahead log in.
func (db *DB) Close() error {
	readErr := db.read.Close()
	if err := db.write.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", db.name, err)
	}
	if readErr != nil {
		return fmt.Errorf("closing %s: %w", db.name, readErr)
	}
	return nil
}

// Ping reports whether records can be read now.
func (db *DB) Ping(ctx context.Context) error {
	var tenants int
	if err := db.queryRow(ctx, `SELECT COUNT(*) FROM tenants`).Scan(&tenants); err != nil {
		return db.failed("reading "+db.name, err)
	}
	return nil
}

// openFailed says what stands in the way of using the database at all, and the way out.
func (db *DB) openFailed(err error) error {
	const op = "opening the records"
	if says := db.dialect.opening[db.dialect.cause(err)]; says != "" {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Op: op, Err: oneLine{err}, Msg: sentence(says, db.name, err)}
	}
	return db.failed(op, err)
}

// sentence fills in what a sentence of a dialect leaves open.
func sentence(says, name string, err error) string {
	if strings.Contains(says, "%[2]s") {
		return fmt.Sprintf(says, name, theirWord(err))
	}
	return fmt.Sprintf(says, name)
}
