package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

const passphrase = "a passphrase of the test"

// fill stores something in every table.
func fill(t *testing.T, db *store.DB, tenant sekisho.TenantID) {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	id := func(kind string) string { return kind + "-" + string(tenant) }
	site := sekisho.Site{ID: sekisho.SiteID(id("S")), Tenant: tenant, Host: "www." + string(tenant) + ".example", Origin: "http://127.0.0.1:8080", Policy: sekisho.DefaultPolicy(), Created: now}
	c := sekisho.Case{ID: sekisho.CaseID(id("I")), Tenant: tenant, Incident: sekisho.IncidentID(id("I")), Key: "k", Family: "sqli", Opened: now, Updated: now, Revision: 1}
	commit := sekisho.Commit{
		Stream: "spool", Position: 7,
		Incidents: []sekisho.Incident{{ID: sekisho.IncidentID(id("I")), Tenant: tenant, Last: now, Case: c.ID}},
		Memory:    []sekisho.Memory{{Kind: "count", Key: "k", Data: []byte{0, 255}, Expires: now.Add(time.Hour)}, {Kind: "empty", Key: "k", Data: []byte{}, Expires: now}},
		Cases:     []sekisho.Case{c},
		Changes:   []sekisho.Change{{Case: c.ID, Tenant: tenant, Revision: 1, Time: now}},
	}
	for i := range 50 {
		commit.Events = append(commit.Events, sekisho.Event{ID: sekisho.EventID(fmt.Sprintf("%s-%d", id("E"), i)), Tenant: tenant, Time: now.AddDate(0, 0, -i), Raw: "関所 '\x00\""})
	}
	hash := func(n byte) (h [32]byte) { copy(h[:], id(string(rune('a'+n)))); return h }
	quiet, change, suppression, err := c.Do(sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "sato", Reason: "known", Until: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	exclusion := sekisho.Exclusion{ID: sekisho.ExclusionID(id("X")), Rule: 942100, Path: "/contact", Parameter: "ARGS:body", Reason: "r", Author: "sato", Created: now, Expires: now.Add(time.Hour)}
	sensor := sekisho.Sensor{ID: sekisho.SensorID(id("N")), Tenant: tenant, Name: "fw", Zone: "Asia/Tokyo", UDP: "127.0.0.1:5514", Created: now}
	export := sekisho.Export{ID: sekisho.ExportID(id("O")), Tenant: tenant, Name: "siem", Syslog: "siem.example.jp:6514", Format: sekisho.FormatOCSF, Send: sekisho.SendAll, Sealed: []byte{1}, Created: now}
	for _, do := range []func() error{
		func() error { return db.CreateTenant(ctx, sekisho.Tenant{ID: tenant, Name: "関所", Created: now}) },
		func() error {
			return db.PutUser(ctx, sekisho.User{ID: sekisho.UserID(id("U")), Email: string(tenant) + "@example.com", Tenant: tenant})
		},
		func() error { return db.PutLoginToken(ctx, hash(1), sekisho.UserID(id("U")), now.Add(time.Hour)) },
		func() error { return db.PutSession(ctx, hash(2), sekisho.UserID(id("U")), now.Add(time.Hour)) },
		func() error { return db.PutSite(ctx, tenant, site) },
		func() error { return db.PutExclusion(ctx, tenant, site.ID, exclusion) },
		func() error { return db.PutSensor(ctx, tenant, sensor) },
		func() error {
			return db.PutSensorStates(ctx, []sekisho.SensorState{{Sensor: sensor.ID, Tenant: tenant}})
		},
		func() error { return db.AddExport(ctx, tenant, export) },
		func() error { return db.Commit(ctx, tenant, commit) },
		func() error { return db.ChangeCase(ctx, tenant, quiet, change, suppression) },
		func() error {
			return db.AddTraffic(ctx, tenant, []sekisho.Traffic{{Site: site.ID, Hour: now, Requests: 3}})
		},
		func() error {
			return db.PutRuleVersion(ctx, sekisho.RuleVersion{Name: "rules", Release: "1", Added: now}, []byte{1, 0, 255})
		},
		func() error { return db.PutRollout(ctx, sekisho.Rollout{Changed: now}) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsOf lists every row of a database by table, in one order.
func rowsOf(t *testing.T, cfg config.Config) map[string][]string {
	t.Helper()
	db, err := openRecords(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string][]string{}
	err = db.Dump(t.Context(), func(row store.Row) error {
		text, err := json.Marshal([]any{row.Columns, row.Values})
		all[row.Table] = append(all[row.Table], string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for table := range all {
		slices.Sort(all[table])
	}
	return all
}

func wantRows(t *testing.T, what string, got, want map[string][]string) {
	t.Helper()
	for table := range want {
		if !slices.Equal(got[table], want[table]) {
			t.Errorf("%s: table %s: got %v, want %v", what, table, got[table], want[table])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got rows in %d tables, want %d", what, len(got), len(want))
	}
}

// tablesOfRecords is how many tables fill leaves rows in: all.
const tablesOfRecords = 23

func TestRestore_bringsEveryTableBack(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	first := config.Default()
	first.DataDir = t.TempDir()
	db, err := store.Open(t.Context(), first.DataDir, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // the backup is taken beside a process that has it open
	fill(t, db, "yamada")
	big := strings.Repeat("state ", 500_000)
	if err := os.MkdirAll(filepath.Join(first.DataDir, "state", "shelf"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first.DataDir, "state", "shelf", "key"), []byte(big), 0o600); err != nil {
		t.Fatal(err)
	}
	want := rowsOf(t, first)
	if len(want) != tablesOfRecords {
		t.Fatalf("got rows in %d tables, want %d: fill has to store something in a new one", len(want), tablesOfRecords)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := Backup(t.Context(), first, file, passphrase, log); err != nil {
		t.Fatal(err)
	}

	t.Run("SQLite", func(t *testing.T) {
		second := config.Default()
		second.DataDir = filepath.Join(t.TempDir(), "new")
		if _, err := Restore(t.Context(), second, file, passphrase, false, log); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "restored", rowsOf(t, second), want)
		if got, err := os.ReadFile(filepath.Join(second.DataDir, "state", "shelf", "key")); err != nil || string(got) != big {
			t.Errorf("got a file of %d bytes (%v), want %d", len(got), err, len(big))
		}
		_, err := Restore(t.Context(), second, file, passphrase, false, log)
		if sekisho.KindOf(err) != sekisho.KindConflict || !strings.Contains(err.Error(), "--replace") {
			t.Errorf("into a directory that is not empty: got %v, want a conflict", err)
		}
		if _, err := Restore(t.Context(), second, file, passphrase, true, log); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "restored again", rowsOf(t, second), want)
		if aside, _ := filepath.Glob(filepath.Join(second.DataDir, beforeRestore+"*", "sekisho.db")); len(aside) != 1 {
			t.Errorf("got %v, want the old database aside", aside)
		}
	})
	t.Run("a damaged file changes nothing", func(t *testing.T) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)-1] ^= 1
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		third := config.Default()
		third.DataDir = filepath.Join(t.TempDir(), "new")
		if _, err := Restore(t.Context(), third, bad, passphrase, false, log); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("got %v, want an invalid error", err)
		}
		if _, err := os.Stat(third.DataDir); !os.IsNotExist(err) {
			t.Errorf("a damaged backup left something behind: %v", err)
		}
	})
	t.Run("PostgreSQL and back", func(t *testing.T) {
		postgres := config.Default()
		postgres.DataDir = t.TempDir()
		postgres.DatabaseURL = config.Secret(testenv.StartPostgres(t).Database(t))
		if _, err := Restore(t.Context(), postgres, file, passphrase, false, log); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "in PostgreSQL", rowsOf(t, postgres), want)
		again := filepath.Join(t.TempDir(), "again")
		if _, err := Backup(t.Context(), postgres, again, passphrase, log); err != nil {
			t.Fatal(err)
		}
		back := config.Default()
		back.DataDir = t.TempDir()
		if _, err := Restore(t.Context(), back, again, passphrase, false, log); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "back in SQLite", rowsOf(t, back), want)
		postgres.DataDir = t.TempDir()
		if _, err := Restore(t.Context(), postgres, file, passphrase, false, log); sekisho.KindOf(err) != sekisho.KindConflict {
			t.Errorf("into a database with records: got %v, want a conflict", err)
		}
	})
}
