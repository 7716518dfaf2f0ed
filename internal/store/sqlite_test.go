package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"
)

// A new file that another process is just looking at cannot change to the write-ahead log at that moment.
func TestSwitchToWAL_waitsUntilTheOthersLetGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), sqliteFile)
	open := func(settings string) *sql.DB {
		db, err := sql.Open("sqlite", sqliteURL(path, settings))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	other, ours := open(reader), open(writer)
	if _, err := ours.ExecContext(t.Context(), `CREATE TABLE new (id INTEGER)`); err != nil {
		t.Fatal(err)
	}
	looking, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := looking.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM new`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.ExecContext(t.Context(), `PRAGMA busy_timeout = 0`); err != nil { // the wait must be our own
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = looking.Rollback() })
	if err := switchToWAL(t.Context(), ours); err != nil {
		t.Fatal(err)
	}
	var mode string
	if err := ours.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("got journal mode %q (%v), want wal", mode, err)
	}
}
