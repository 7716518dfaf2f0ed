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
