package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// table is one of ours: its name, and which of its rows are a tenant's. A test holds that every table is in the list.
type table struct {
	name string
	// of is the condition, with one ? for the tenant, that finds a tenant's rows; empty for a table that is nobody's.
	of string
}

// tables are in the order in which rows may be stored: a row comes after those that it refers to.
var tables = []table{
	{"tenants", `id = ?`},
	{"users", `tenant = ?`},
	{"login_tokens", `user_id IN (SELECT id FROM users WHERE tenant = ?)`},
	{"sessions", `user_id IN (SELECT id FROM users WHERE tenant = ?)`},
	{"sites", `tenant = ?`},
	{"events", `tenant = ?`},
	{"usage", `tenant = ?`},
	{"incidents", `tenant = ?`},
	{"memory", `tenant = ?`},
	{"positions", `tenant = ?`},
	{"traffic", `tenant = ?`},
	{"cases", `tenant = ?`},
	{"changes", `tenant = ?`},
	{"suppressions", `tenant = ?`},
	{"exclusions", `tenant = ?`},
	{"sensors", `tenant = ?`},
	{"sensor_states", `tenant = ?`},
	{"exports", `tenant = ?`},
	{"export_states", `tenant = ?`},
	{"export_heads", `tenant = ?`},
	{"export_journal", `tenant = ?`},
	{"deleted_tenants", ""},
	{"rule_versions", ""},
	{"rollout", ""},
	{"fences", ""},
}

// Row is one row of a table, as the databases have it: each value is an int64, a string, a []byte or nil.
type Row struct {
	Table   string
	Columns []string
	Values  []any
}

// Dump hands over every row of every table, all as of one moment, in an order in which [DB.Load] can take them. Others
// may go on writing meanwhile. A row and its slices are the callee's only until it returns.
func (db *DB) Dump(ctx context.Context, take func(Row) error) error {
	return db.snapshot(ctx, "reading all records", func(tx *tx) error {
		for _, t := range tables {
			if err := tx.dump(ctx, t.name, `SELECT * FROM `+t.name, take); err != nil {
				return fmt.Errorf("reading %s: %w", t.name, err)
			}
		}
		return nil
	})
}

// DumpTenant is Dump for the rows of one tenant; of a tenant that does not exist there are none. What somebody could sign
// in with is left out.
func (db *DB) DumpTenant(ctx context.Context, tenant sekisho.TenantID, take func(Row) error) error {
	return db.snapshot(ctx, fmt.Sprintf("reading all records of %s", tenant), func(tx *tx) error {
		for _, t := range tables {
			if t.of == "" || t.name == "login_tokens" || t.name == "sessions" {
				continue
			}
			if err := tx.dump(ctx, t.name, `SELECT * FROM `+t.name+` WHERE `+t.of, take, tenant); err != nil {
				return fmt.Errorf("reading %s: %w", t.name, err)
			}
		}
		return nil
	})
}

func (tx *tx) dump(ctx context.Context, name, query string, take func(Row) error, args ...any) error {
	rows, err := tx.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	row := Row{Table: name}
	if row.Columns, err = rows.Columns(); err != nil {
		return err
	}
	row.Values = make([]any, len(row.Columns))
	at := make([]any, len(row.Columns))
	for i := range at {
		at[i] = &row.Values[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return err
		}
		for i, v := range row.Values {
			if data, ok := v.([]byte); ok && data == nil {
				row.Values[i] = []byte{} // how a driver returns zero bytes
			}
		}
		if err := take(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// OpenEmpty opens a database to [DB.Load] records into that a Sekisho with an older or this schema has dumped: the one at
// url, or without a url the one in dataDir. KindConflict: there are records in it already, or the schema is a newer one's.
func OpenEmpty(ctx context.Context, dataDir, url string, schema int, log *slog.Logger) (*DB, error) {
	if schema < 1 || schema > len(migrations) {
		return nil, &sekisho.Error{Kind: sekisho.KindConflict, Op: "opening the records", Msg: fmt.Sprintf(
			"these records are of schema %d, and this sekisho knows schemas up to %d: use the newer sekisho that wrote them", schema, len(migrations))}
	}
	if url != "" {
		return openPostgres(ctx, url, log, schema)
	}
	return openSQLite(ctx, dataDir, log, schema)
}

// Load stores every row that next returns until it returns a Row without a table, all of them or none, and brings the
// schema up to date. KindInvalid: a row of a table that is none of ours. KindConflict: there are records already.
func (db *DB) Load(ctx context.Context, next func() (Row, error)) error {
	known := map[string]bool{}
	for _, t := range tables {
		known[t.name] = true
	}
	err := db.update(ctx, "storing all records", func(tx *tx) error {
		var tenants int
		if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM tenants`).Scan(&tenants); err != nil {
			return err
		}
		if tenants > 0 {
			return conflict(tx.name + " has records already: restore into an empty one")
		}
		for {
			row, err := next()
			if err != nil || row.Table == "" {
				return err
			}
			if !known[row.Table] || len(row.Columns) != len(row.Values) || len(row.Columns) == 0 {
				return sekisho.Invalid(fmt.Sprintf("a row of the table %q cannot be stored", row.Table))
			}
			for _, column := range row.Columns {
				if strings.Trim(column, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
					return sekisho.Invalid(fmt.Sprintf("a column %q cannot be stored", column))
				}
			}
			query := `INSERT INTO ` + row.Table + ` (` + strings.Join(row.Columns, ", ") + `) VALUES (?` + strings.Repeat(`, ?`, len(row.Values)-1) + `)`
			if _, err := tx.exec(ctx, query, row.Values...); err != nil {
				return fmt.Errorf("storing a row of %s: %w", row.Table, err)
			}
		}
	})
	if err != nil {
		return err
	}
	if err := db.migrate(ctx, len(migrations)); err != nil {
		return db.openFailed(err)
	}
	return db.failed("keeping the events apart by week", db.spreadWeeks(ctx))
}
