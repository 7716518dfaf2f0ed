package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// usageOf returns the usage of one tenant, after checking it against the events themselves.
func usageOf(t *testing.T, db *store.DB, tenant sekisho.TenantID) sekisho.Usage {
	t.Helper()
	all, err := db.Usage(t.Context())
	must(t, err)
	for _, u := range all {
		if u.Tenant == tenant {
			events := int64(0)
			filter := sekisho.EventFilter{Limit: 1000}
			for {
				page, next, err := db.ListEvents(t.Context(), tenant, filter)
				must(t, err)
				events += int64(len(page))
				if filter.Cursor = next; next == "" {
					break
				}
			}
			wantEqual(t, "events in use of "+string(tenant), u.Events, events)
			return u
		}
	}
	t.Fatalf("got no usage of %s", tenant)
	return sekisho.Usage{}
}

func testRetention(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	now := time.Now().UTC().Truncate(time.Microsecond)
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for _, tenant := range []sekisho.TenantID{yamada, suzuki} {
		closed := openCase("I1")
		closed.Tenant, closed.State, closed.Updated = tenant, sekisho.CaseClosed, days(50)
		open := openCase("I2")
		open.Tenant, open.Updated = tenant, days(50)
		changes := []sekisho.Change{opening("I1"), opening("I2")}
		for i := range changes {
			changes[i].Tenant, changes[i].Time = tenant, days(50)
		}
		incidents := []sekisho.Incident{incident(tenant, "I1", days(50)), incident(tenant, "I2", days(50)), incident(tenant, "I3", days(5))}
		incidents[0].Case, incidents[1].Case = "I1", "I2"
		commit := sekisho.Commit{Stream: "spool", Position: 1, Incidents: incidents, Cases: []sekisho.Case{closed, open}, Changes: changes}
		for i := range 700 { // more than a batch
			commit.Events = append(commit.Events, event(tenant, sekisho.EventID(fmt.Sprintf("old-%04d", i)), days(50)))
		}
		for i, n := range []int{5, 20, 29, 31, 500} {
			commit.Events = append(commit.Events, event(tenant, sekisho.EventID(fmt.Sprint("E", i)), days(n)))
		}
		must(t, db.Commit(ctx, tenant, commit))
		must(t, db.AddTraffic(ctx, tenant, []sekisho.Traffic{{Site: "S1", Hour: days(50), Requests: 1}, {Site: "S1", Hour: days(5), Requests: 2}}))
	}
	before := everything(t, db, suzuki)
	must(t, db.SetStorage(ctx, yamada, sekisho.Storage{RetentionDays: 30}))
	wantKind(t, db.SetStorage(ctx, yamada, sekisho.Storage{RetentionDays: -1}), sekisho.KindInvalid)
	gone, err := db.DeleteOld(ctx, now)
	must(t, err)
	wantEqual(t, "events gone", gone, 702)
	wantEqual(t, "events left", usageOf(t, db, yamada).Events, 3)
	left, _, err := db.ListIncidents(ctx, yamada, sekisho.IncidentFilter{})
	must(t, err)
	wantEqual(t, "incidents left", incidentIDs(left), []sekisho.IncidentID{"I3", "I2"})
	cases, _, err := db.ListCases(ctx, yamada, sekisho.CaseFilter{})
	must(t, err)
	if len(cases) != 1 || cases[0].ID != "I2" {
		t.Errorf("got cases %v, want the open one", cases)
	}
	changes, _, err := db.ListChanges(ctx, yamada, sekisho.ChangeFilter{})
	must(t, err)
	if len(changes) != 1 || changes[0].Case != "I2" {
		t.Errorf("got changes %v, want that of the open case", changes)
	}
	traffic, err := db.ListTraffic(ctx, yamada, "", time.Time{}, time.Time{})
	must(t, err)
	wantEqual(t, "hours of traffic left", len(traffic), 1)
	if after := everything(t, db, suzuki); after != before {
		t.Errorf("the records of a tenant that keeps them changed:\ngot  %s\nwant %s", after, before)
	}
	// Once every tenant has a retention, whole weeks may go.
	must(t, db.SetStorage(ctx, suzuki, sekisho.Storage{RetentionDays: 40}))
	gone, err = db.DeleteOld(ctx, now)
	must(t, err)
	wantEqual(t, "events of the other tenant gone", gone, 701)
	wantEqual(t, "events of the other tenant left", usageOf(t, db, suzuki).Events, 4)
	wantEqual(t, "events left the second time", usageOf(t, db, yamada).Events, 3)
}

func testQuota(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	must(t, db.SetStorage(ctx, yamada, sekisho.Storage{QuotaBytes: sekisho.MinQuota}))
	const batches, size = 30, 100
	for b := range batches {
		for _, tenant := range []sekisho.TenantID{yamada, suzuki} {
			commit := sekisho.Commit{Stream: "spool", Position: uint64(b + 1), Incidents: []sekisho.Incident{incident(tenant, sekisho.IncidentID(fmt.Sprintf("I%03d", b)), noon)}}
			for i := range size {
				e := event(tenant, sekisho.EventID(fmt.Sprintf("E%03d-%03d", b, i)), noon.Add(time.Duration(b*size+i)*time.Second))
				e.Raw = strings.Repeat("関", 200)
				commit.Events = append(commit.Events, e)
			}
			must(t, db.Commit(ctx, tenant, commit))
		}
		if u := usageOf(t, db, yamada); u.Bytes > u.Quota {
			t.Fatalf("after batch %d: got %d bytes in use, want at most the quota of %d", b, u.Bytes, u.Quota)
		}
	}
	u, free := usageOf(t, db, yamada), usageOf(t, db, suzuki)
	if u.Evicted == 0 || u.Evicted+u.Events != batches*size || u.FullAt.IsZero() || u.Bytes < u.Quota*9/10 {
		t.Errorf("got %+v, want a quota that is nearly full, and every event in use or counted as gone", u)
	}
	wantEqual(t, "events of a tenant without a quota", free.Events, batches*size)
	newest, _, err := db.ListEvents(ctx, yamada, sekisho.EventFilter{Limit: 1})
	must(t, err)
	wantEqual(t, "newest event", eventIDs(newest), []sekisho.EventID{"E029-099"})
	incidents, _, err := db.ListIncidents(ctx, yamada, sekisho.IncidentFilter{})
	must(t, err)
	wantEqual(t, "incidents", len(incidents), batches)
}
