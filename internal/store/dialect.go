package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// dialect is everything in which one database differs from another. Queries are written once, in the SQL that SQLite and
// PostgreSQL share (ON CONFLICT, RETURNING, row values), with ? for each argument.
type dialect struct {
	// argument is the first character of a numbered placeholder: ?1 in SQLite, $1 in PostgreSQL.
	argument byte
	// types replaces the words of the migrations by column types.
	types *strings.Replacer
	// tables is the query for the names of all tables.
	tables string
	// settle sets what lasts in the database itself, once that is known to be ours.
	settle func(context.Context, *sql.DB) error
	// cause sorts the driver's errors.
	cause func(error) cause
	// says are the sentences for people about a refusal, by its cause, with %s for the database's name; opening are those
	// that say more while it is being opened, with %[2]s for the database's own word.
	says, opening map[cause]string
	// elsewhere is the way out of a database that belongs to somebody else.
	elsewhere string
	// alone is the query that keeps every other transaction with the same ? waiting until this one ends; empty where one
	// transaction writes at a time anyway.
	alone string
	// locked ends a query for a row that nobody may change or refer to anew until the transaction ends; empty where one
	// transaction writes at a time anyway.
	locked string
	// snapshot are the options of a transaction that only reads, and reads all of it as of one moment.
	snapshot *sql.TxOptions
	// weekly is whether the events are kept apart by the week that they happened in.
	weekly bool
}

// cause says why the database refused, as far as callers can do something about it.
type cause uint8

const (
	causeOther       cause = iota
	causeDuplicate         // a primary key or unique column is taken
	causeNoParent          // a row refers to one that does not exist
	causeFull              // no room left
	causeBusy              // another writer would not let go
	causeIO                // the disk failed or the connection broke
	causeForbidden         // no right to open or to write
	causeForeignFile       // not one of our databases
	causeDamaged           // the data contradicts itself
	causeNotText           // a text has characters that the database does not take
)

// numbered returns the query with its placeholders in the dialect's form. A ? inside a quoted literal stays.
func (d dialect) numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n, quoted := 0, false
	for i := range len(query) {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte(d.argument)
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
