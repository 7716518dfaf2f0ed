package store

import (
	"log/slog"
	"slices"
	"testing"
)

// A new table is in the list, or its records would be in no backup, and would outlive their tenant.
func TestTables_namesEveryTable(t *testing.T) {
	db, err := Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.query(t.Context(), db.dialect.tables)
	there, err := collect(rows, err, scanText)
	if err != nil {
		t.Fatal(err)
	}
	there = slices.DeleteFunc(there, func(name string) bool { return name == "sekisho_schema" })
	var listed []string
	for _, table := range tables {
		listed = append(listed, table.name)
	}
	slices.Sort(listed)
	if !slices.Equal(there, listed) {
		t.Errorf("got tables %v, want all of %v in the list, with the tenant that their rows are of", listed, there)
	}
}
