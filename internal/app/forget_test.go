package app

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func TestDeleteTenant_leavesNothingOfItAndAllOfTheOthers(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": func(t *testing.T) string { return testenv.StartPostgres(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config.Default()
			cfg.DataDir, cfg.DatabaseURL = t.TempDir(), config.Secret(url(t))
			db, err := openRecords(t.Context(), cfg, log)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			fill(t, db, "suzuki")
			fill(t, db, "yamada")
			service, done, err := OpenControl(t.Context(), cfg, log)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			aside, err := spool.Open(spool.DefaultConfig(filepath.Join(cfg.DataDir, "aside")), log)
			if err != nil {
				t.Fatal(err)
			}
			for _, tenant := range []sekisho.TenantID{"yamada", "suzuki"} {
				if err := aside.Append(sekisho.Event{ID: "E", Tenant: tenant}); err != nil {
					t.Fatal(err)
				}
			}
			if err := aside.Close(); err != nil {
				t.Fatal(err)
			}
			before := rowsOf(t, cfg)
			for _, ask := range []control.DeleteTenant{{Tenant: "yamada", Name: "yamada"}, {Tenant: "default", Name: "default"}, {Tenant: "nobody"}} {
				if got, err := service.DeleteTenant(t.Context(), ask); sekisho.KindOf(err) == 0 {
					t.Errorf("%+v: got %+v, %v, want a refusal", ask, got, err)
				}
			}
			wantRows(t, "after refusals", rowsOf(t, cfg), before)

			got, err := service.DeleteTenant(t.Context(), control.DeleteTenant{Tenant: "yamada", Name: "関所"})
			if err != nil {
				t.Fatal(err)
			}
			if got.Rows["events"] != 50 || got.Aside != 1 || !slices.Equal(got.Hosts, []string{"www.yamada.example"}) {
				t.Errorf("got %+v, want 50 events, one of them aside, and the site", got)
			}
			if len(got.Rows) != tablesOfRecords-2 { // two are nobody's
				t.Errorf("got rows of %d tables deleted, want %d: %v", len(got.Rows), tablesOfRecords-2, got.Rows)
			}
			want := map[string][]string{}
			for table, rows := range before {
				want[table] = slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return strings.Contains(row, "yamada") })
			}
			after := rowsOf(t, cfg)
			if id := after["deleted_tenants"]; len(id) != 1 || !strings.Contains(id[0], "yamada") {
				t.Errorf("got deleted tenants %v, want yamada", id)
			}
			delete(after, "deleted_tenants")
			wantRows(t, "after the deletion", after, want)
			if _, err := service.AddTenant(t.Context(), sekisho.Tenant{ID: "yamada"}); sekisho.KindOf(err) != sekisho.KindConflict {
				t.Errorf("a tenant of the same id: got %v, want a conflict", err)
			}
			wantPassedOver(t, db, "yamada")
		})
	}
}

// wantPassedOver hands the incident engine events of a deleted tenant, and of one that never was.
func wantPassedOver(t *testing.T, db *store.DB, deleted sekisho.TenantID) {
	t.Helper()
	engine, err := incident.New(incident.DefaultConfig(), &commitWatch{DB: db}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	late := func(tenant sekisho.TenantID) []sekisho.Event {
		return []sekisho.Event{{ID: "E", Tenant: tenant, Time: time.Now(), Class: sekisho.ClassWAFAttack, Family: "sqli", Count: 1}}
	}
	if err := engine.Process(t.Context(), "late", 1, late(deleted)); err != nil || engine.Stats().Skipped != 1 || engine.Stats().Failures != 0 {
		t.Errorf("an event of a deleted tenant: got %v, %+v, want it passed over", err, engine.Stats())
	}
	if err := engine.Process(t.Context(), "late", 2, late("nobody")); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("an event of a tenant that never was: got %v, want not found", err)
	}
}
