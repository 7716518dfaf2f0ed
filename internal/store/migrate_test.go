package store

import (
	"log/slog"
	"testing"
	"testing/fstest"

	"github.com/sekisho-waf/sekisho"
)

func TestMigrate_keepsTheSchemaOfTheLastGoodMigration(t *testing.T) {
	defer func(all []migration) { migrations = all }(migrations)
	dir := t.TempDir()
	open := func() (*DB, error) { return Open(t.Context(), dir, slog.New(slog.DiscardHandler)) }
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	released := len(migrations)
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: "yamada"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	good := migration{released + 1, "good", "ALTER TABLE tenants ADD COLUMN note @text;"}
	bad := migration{released + 2, "bad", "CREATE TABLE half (id @integer) @options; DELETE FROM tenants; SELECT no_such_column FROM tenants;"}
	migrations = append(migrations[:released:released], good, bad)
	if _, err = open(); err == nil {
		t.Fatal("got no error from a migration that fails")
	}
	migrations = migrations[:released+1]
	if db, err = open(); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if current, _, err := db.Version(t.Context()); err != nil || current != released+1 {
		t.Errorf("got version %d (%v), want %d", current, err, released+1)
	}
	if _, err := db.FindTenant(t.Context(), "yamada"); err != nil {
		t.Errorf("the failed migration's change was kept: %v", err)
	}
	var tables int
	if err := db.queryRow(t.Context(), `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'half'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("got %d tables of the failed migration (%v), want none", tables, err)
	}
}

func TestLoadMigrations_refusesAGapInTheNumbers(t *testing.T) {
	for _, files := range []fstest.MapFS{
		{"migrations/0002_second.sql": {}},
		{"migrations/0001_first.sql": {}, "migrations/0003_third.sql": {}},
		{"migrations/0001_first.sql": {}, "migrations/0001_again.sql": {}},
		{"migrations/first.sql": {}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("got no panic from %v", files)
				}
			}()
			mustLoadMigrations(files)
		}()
	}
}

// A site that was served before there were stages is served after the upgrade.
func TestMigrate_takesTheSitesOfBeforeLive(t *testing.T) {
	defer func(all []migration) { migrations = all }(migrations)
	all := migrations
	migrations = all[:1:1]
	dir := t.TempDir()
	open := func() *DB {
		db, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	if _, err := db.write.ExecContext(t.Context(), `INSERT INTO tenants (id, name, created) VALUES ('yamada', '', 0)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.ExecContext(t.Context(), `INSERT INTO sites (id, tenant, host, data) VALUES ('S1', 'yamada', 'a.example', '{"id":"S1","tenant":"yamada","host":"a.example","mode":"block"}')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	migrations = all
	db = open()
	defer db.Close()
	site, err := db.FindSiteByHost(t.Context(), "a.example")
	if err != nil || site.Stage != sekisho.StageLive || site.Ownership.Proof != sekisho.ProofOperator || site.Mode != sekisho.ModeBlock {
		t.Errorf("got %+v, %v, want live in block, by the operator's word", site, err)
	}
}
