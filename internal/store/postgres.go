package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/sekisho-waf/sekisho"
)

var postgres = dialect{
	argument: '$',
	// Text is compared by its bytes, as SQLite does and cursors count on: the database's own collation is a matter of taste.
	types: strings.NewReplacer("@text", `TEXT COLLATE "C"`, "@integer", "BIGINT", "@bytes", "BYTEA", "@options", "",
		"@event_key", "tenant, id, time", "@event_options", "PARTITION BY RANGE (time); CREATE TABLE "+otherWeeks+" PARTITION OF events DEFAULT"),
	tables: `SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY 1`,
	settle: wantUTF8,
	cause:  postgresCause,
	says: map[cause]string{
		causeFull:      "no room left for %s: free some disk space on its server",
		causeBusy:      "%s is busy: try again",
		causeIO:        "%s cannot be reached: look at its server and at the network",
		causeForbidden: "%s refuses us (%[2]s): look at database_url and at the rights of its user",
		causeDamaged:   "%s is damaged: put a backup in its place",
		causeNotText:   "%s does not take a text with these characters",
	},
	opening: map[cause]string{
		causeForbidden: "%s refuses us (%[2]s): look at the user, the password and the name of the database in database_url",
	},
	elsewhere: "give database_url a database of its own",
	alone:     `SELECT pg_advisory_xact_lock(hashtextextended(?, 0))`,
	locked:    ` FOR UPDATE`,
	snapshot:  &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	weekly:    true,
}

// How many connections one process uses. A server takes 100 unless told otherwise, and several nodes share it.
const (
	postgresWriters = 4
	postgresReaders = 8
)

const connectTimeout = 5 * time.Second

// OpenPostgres opens a PostgreSQL database (13 or newer, UTF-8), by a URL such as
// postgres://sekisho:password@db.example:5432/sekisho?sslmode=verify-full, creates what is missing in it, and brings its
// schema up to date. Any number of processes may hold it open. The URL's password is in no error and in no log.
//
// KindInvalid: the URL, the user or the database cannot be used; the message says which. KindConflict: the schema is of a
// newer Sekisho. KindUnavailable: the server cannot be reached now, or another process kept it busy for too long.
func OpenPostgres(ctx context.Context, url string, log *slog.Logger) (*DB, error) {
	return openPostgres(ctx, url, log, len(migrations))
}

func openPostgres(ctx context.Context, url string, log *slog.Logger, schema int) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil { // it may quote the URL
		return nil, sekisho.Invalid("database_url: use postgres://user:password@host:5432/database")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	setUnlessGiven(cfg, map[string]string{
		"application_name":                    "sekisho",
		"lock_timeout":                        "5s", // as long as SQLite waits for another writer
		"idle_in_transaction_session_timeout": "60s",
	})
	readers := cfg.Copy()
	readers.RuntimeParams["default_transaction_read_only"] = "on"
	db := &DB{
		dialect: postgres, log: log, weeks: map[int64]bool{},
		name:  fmt.Sprintf("the PostgreSQL database %s at %s:%d", cfg.Database, cfg.Host, cfg.Port),
		write: pool(cfg, postgresWriters), read: pool(readers, postgresReaders),
	}
	if err := db.migrate(ctx, schema); err != nil {
		_ = db.Close()
		return nil, db.openFailed(err)
	}
	return db, nil
}

func setUnlessGiven(cfg *pgx.ConnConfig, settings map[string]string) {
	for name, value := range settings {
		if _, given := cfg.RuntimeParams[name]; !given {
			cfg.RuntimeParams[name] = value
		}
	}
}

func pool(cfg *pgx.ConnConfig, connections int) *sql.DB {
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// wantUTF8 refuses a database that cannot hold Japanese, before the first record fails.
func wantUTF8(ctx context.Context, db *sql.DB) error {
	var encoding string
	if err := db.QueryRowContext(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return sekisho.Invalid(fmt.Sprintf("database_url: the database's encoding is %s; create one with ENCODING 'UTF8' TEMPLATE template0", encoding))
	}
	return nil
}

// postgresCause sorts by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html): the first two
// characters name the class.
func postgresCause(err error) cause {
	if err == nil {
		return causeOther
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return connectionCause(err)
	}
	switch e.Code {
	case "23505":
		return causeDuplicate
	case "23503":
		return causeNoParent
	case "53100":
		return causeFull
	case "40001", "40P01", "55P03", "53200", "53300", "57014":
		return causeBusy // serialization, deadlock, lock timeout, memory, too many connections, statement timeout
	case "42501", "3D000", "3F000", "25006":
		return causeForbidden // no right, no such database or schema, a standby
	case "22021", "22P05":
		return causeNotText
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "08", "57", "58":
		return causeIO // connection, shut down, disk of the server
	case "28":
		return causeForbidden
	case "XX":
		if e.Code != "XX000" {
			return causeDamaged
		}
	}
	return causeOther
}

// connectionCause sorts what went wrong before the server could say anything. An ended context of the caller's is none of it.
func connectionCause(err error) cause {
	if errors.Is(err, context.Canceled) {
		return causeOther
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if connecting || network || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return causeIO
	}
	return causeOther
}

// theirWord is what the server itself said.
func theirWord(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.Join(strings.Fields(e.Message), " ")
	}
	return "no reason given"
}
