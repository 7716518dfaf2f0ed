package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/store/storetest"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// One server for all; each test has a schema of its own, which is a database to us. The last one takes the server away.
func TestPostgres(t *testing.T) {
	server := testenv.StartPostgres(t)
	t.Run("keeps the contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) *store.DB { return openPostgres(t, server.Schema(t)) })
	})
	for _, part := range []struct {
		name string
		test func(t *testing.T, server *testenv.PostgresServer)
	}{
		{"opens a new database from many processes at once", testOpenPostgresAtOnce},
		{"refuses what it cannot use, with the way out", testOpenPostgresRefused},
		{"keeps events apart by week", testWeeks},
		{"moves what came too early into its week", testWeekOfEarlyEvents},
		{"stores a batch of two workers once", testTwoWorkers},
		{"says that the server is away, and goes on when it is back", testPostgresAway},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, server) })
	}
}

func openPostgres(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.OpenPostgres(t.Context(), url, discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// executePostgres changes the database behind our back.
func executePostgres(t *testing.T, url, query string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// eventsByTable counts the events in each partition.
func eventsByTable(t *testing.T, url string) map[string]int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), `SELECT tableoid::regclass::text, COUNT(*) FROM events GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		counts[name] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return counts
}

func testOpenPostgresAtOnce(t *testing.T, server *testenv.PostgresServer) {
	url := server.Schema(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := store.OpenPostgres(t.Context(), url, discard())
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func testOpenPostgresRefused(t *testing.T, server *testenv.PostgresServer) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T) (url string)
		kind    sekisho.Kind
		want    []string
	}{
		{"not a URL", func(*testing.T) string { return "postgres://sekisho:hunter2@127.0.0.1:port/x" }, sekisho.KindInvalid, []string{"database_url", "postgres://"}},
		{"nobody listens", func(t *testing.T) string {
			return fmt.Sprintf("postgres://sekisho:hunter2@127.0.0.1:%d/sekisho", testenv.FreePort(t))
		}, sekisho.KindUnavailable, []string{"PostgreSQL database sekisho at 127.0.0.1", "cannot be reached"}},
		{"no such database", func(t *testing.T) string {
			return strings.Replace(server.Database(t), "/test", "/other", 1)
		}, sekisho.KindInvalid, []string{"does not exist", "database_url"}},
		{"may not write", func(t *testing.T) string {
			url := server.Database(t)
			executePostgres(t, url, `CREATE ROLE guest LOGIN`)
			return strings.Replace(url, "sekisho:", "guest:", 1)
		}, sekisho.KindInvalid, []string{"permission denied", "database_url"}},
		{"another encoding", func(t *testing.T) string {
			url := server.Schema(t)
			executePostgres(t, url, `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`)
			return strings.Replace(url, "/postgres?", "/latin?", 1)
		}, sekisho.KindInvalid, []string{"LATIN1", "UTF8"}},
		{"another program's database", func(t *testing.T) string {
			url := server.Schema(t)
			executePostgres(t, url, `CREATE TABLE bookmarks (url TEXT)`)
			return url
		}, sekisho.KindInvalid, []string{`it has a table "bookmarks"`, "a database of its own"}},
		{"newer schema", func(t *testing.T) string {
			url := server.Schema(t)
			db := openPostgres(t, url)
			if _, _, err := db.Version(t.Context()); err != nil {
				t.Fatal(err)
			}
			executePostgres(t, url, `INSERT INTO sekisho_schema (version, name, applied) VALUES (4711, 'later', 0)`)
			return url
		}, sekisho.KindConflict, []string{"schema 4711", "run the newer sekisho"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := store.OpenPostgres(t.Context(), c.prepare(t), discard())
			wantRefusal(t, err, c.kind, c.want...)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got a password in the error: %v", err)
			}
		})
	}
}

func testWeeks(t *testing.T, server *testenv.PostgresServer) {
	url := server.Schema(t)
	db := openPostgres(t, url)
	const tenant = sekisho.DefaultTenant
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	commit := sekisho.Commit{Stream: "spool", Position: 1}
	for i, at := range []time.Time{now, now.AddDate(0, 0, -7), now.AddDate(0, 0, -14), {}, now.AddDate(-5, 0, 0), now.AddDate(100, 0, 0)} {
		commit.Events = append(commit.Events, sekisho.Event{ID: sekisho.EventID(fmt.Sprint("E", i)), Tenant: tenant, Time: at})
	}
	if err := db.Commit(t.Context(), tenant, commit); err != nil {
		t.Fatal(err)
	}
	counts := eventsByTable(t, url)
	if len(counts) != 4 || counts["events_other"] != 3 {
		t.Errorf("got %v, want three weeks with an event each, and three events of other times", counts)
	}
	if got, _, err := db.ListEvents(t.Context(), tenant, sekisho.EventFilter{}); err != nil || len(got) != 6 || got[0].ID != "E5" || got[5].ID != "E3" {
		t.Errorf("got %v (%v), want all six from the latest to the first", got, err)
	}
}

// An event that lies in the future by more than a week waits among the others until its week is made.
func testWeekOfEarlyEvents(t *testing.T, server *testenv.PostgresServer) {
	url := server.Schema(t)
	db := openPostgres(t, url)
	const tenant = sekisho.DefaultTenant
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	executePostgres(t, url, fmt.Sprintf(`INSERT INTO events (tenant, id, time, site, incident, data) VALUES ('default', 'early', %d, '', '', '{"id":"early"}')`, time.Now().UnixMicro()))
	if counts := eventsByTable(t, url); counts["events_other"] != 1 {
		t.Fatalf("got %v, want the event among the others", counts)
	}
	if err := db.Commit(t.Context(), tenant, sekisho.Commit{Stream: "spool", Position: 1, Events: []sekisho.Event{{ID: "now", Tenant: tenant, Time: time.Now()}}}); err != nil {
		t.Fatal(err)
	}
	if counts := eventsByTable(t, url); counts["events_other"] != 0 || len(counts) != 1 {
		t.Errorf("got %v, want both events in one week", counts)
	}
	if _, err := db.FindEvent(t.Context(), tenant, "early"); err != nil {
		t.Error(err)
	}
}

// Two workers may believe for a moment that a tenant is theirs: what the first one committed stands.
func testTwoWorkers(t *testing.T, server *testenv.PostgresServer) {
	url := server.Schema(t)
	first, second := openPostgres(t, url), openPostgres(t, url)
	const tenant, batches = sekisho.DefaultTenant, 40
	if err := first.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker, db := range []*store.DB{first, second} {
		group.Go(func() {
			for position := range uint64(batches) {
				at := time.Now()
				err := db.Commit(t.Context(), tenant, sekisho.Commit{
					Stream: "spool", Position: position + 1,
					Events:    []sekisho.Event{{ID: sekisho.EventID(fmt.Sprint("E", position)), Tenant: tenant, Time: at, Count: worker}},
					Incidents: []sekisho.Incident{{ID: sekisho.IncidentID(fmt.Sprint("I", position)), Tenant: tenant, Last: at, Count: worker}},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	events, _, err := first.ListEvents(t.Context(), tenant, sekisho.EventFilter{Limit: 1000})
	if err != nil || len(events) != batches {
		t.Fatalf("got %d events (%v), want %d", len(events), err, batches)
	}
	for _, e := range events { // the event and the incident of a batch are of one worker
		incident, err := first.FindIncident(t.Context(), tenant, sekisho.IncidentID("I"+strings.TrimPrefix(string(e.ID), "E")))
		if err != nil || incident.Count != e.Count {
			t.Errorf("batch %s: event of worker %d, incident of worker %d (%v)", e.ID, e.Count, incident.Count, err)
		}
	}
}

func testPostgresAway(t *testing.T, server *testenv.PostgresServer) {
	db := openPostgres(t, server.Schema(t))
	const tenant = sekisho.DefaultTenant
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	commit := sekisho.Commit{Stream: "spool", Position: 1, Events: []sekisho.Event{{ID: "E1", Tenant: tenant, Time: time.Now()}}}
	server.Stop()
	for range 3 {
		wantRefusal(t, db.Commit(t.Context(), tenant, commit), sekisho.KindUnavailable, "cannot be reached", "look at its server")
		_, err := db.FindTenant(t.Context(), tenant)
		wantRefusal(t, err, sekisho.KindUnavailable, "cannot be reached")
	}
	server.Start()
	if err := db.Commit(t.Context(), tenant, commit); err != nil {
		t.Fatal(err)
	}
	if _, err := db.FindEvent(t.Context(), tenant, "E1"); err != nil {
		t.Error(err)
	}
}
