// Package storetest owns what every database behind [store.DB] must do: one suite, run on each. It leaves what only one
// of them has (files, disks, migrations) to that one's own tests.
//
// Start with [Run]; strangers.go is the part about whose records one may see.
package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// Run runs the suite. Each call of open returns an empty database, which the suite leaves for the test's cleanup to close.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, db *store.DB)
	}{
		{"strangers get nothing and change nothing", testStrangers},
		{"tenants are created once and found", testTenants},
		{"users are stored, changed and found", testUsers},
		{"bad users are refused", testBadUsers},
		{"a login token works once", testLoginToken},
		{"a login token works for one of many at once", testLoginTokenRace},
		{"a session lasts until it ends or expires", testSession},
		{"sites are stored, changed, listed and removed", testSites},
		{"a mark tells of changed sites", testSitesMark},
		{"a host belongs to one site", testHostTaken},
		{"bad sites are refused", testBadSites},
		{"exclusions are stored, listed and removed, and go with their site", testExclusions},
		{"bad exclusions are refused", testBadExclusions},
		{"sensors are stored, listed and removed with their state", testSensors},
		{"exports are stored, listed and removed with their state", testExports},
		{"the journal holds what was committed, in that order", testJournal},
		{"rules are kept by name, and the rollout is one record", testRollout},
		{"events come back as they were", testEventWhole},
		{"events are listed newest first in pages", testEventPages},
		{"pages stay stable while events arrive", testEventPagesWhileWriting},
		{"events are filtered", testEventFilter},
		{"a bad cursor is refused", testBadCursor},
		{"incidents are replaced and listed by last event", testIncidents},
		{"incidents are filtered", testIncidentFilter},
		{"a commit is whole or nothing", testCommitWhole},
		{"a repeated commit changes nothing", testCommitRepeated},
		{"each stream has its own position", testCommitStreams},
		{"an event is stored once", testEventOnce},
		{"bad commits are refused", testBadCommits},
		{"memory is kept, changed and forgotten", testMemory},
		{"open incidents are remembered", testRememberOpen},
		{"a case changes one step at a time", testCaseSteps},
		{"cases are listed by last change and filtered", testCaseLists},
		{"a suppression holds until it expires or ends", testSuppressions},
		{"what has expired is deleted", testDeleteExpired},
		{"each tenant's records are kept as long as it wants", testRetention},
		{"a full quota ends the oldest events, and nothing else", testQuota},
		{"traffic adds up by hour", testTraffic},
		{"many at once lose nothing", testConcurrency},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

// noon is a fixed moment with microseconds, so that rounding would show.
var noon = time.Date(2026, 4, 1, 12, 0, 0, 123456000, time.UTC)

const yamada, suzuki sekisho.TenantID = "yamada", "suzuki"

func createTenants(t *testing.T, db *store.DB, ids ...sekisho.TenantID) {
	t.Helper()
	for _, id := range ids {
		must(t, db.CreateTenant(t.Context(), sekisho.Tenant{ID: id, Name: string(id) + " K.K.", Created: noon}))
	}
}

func site(tenant sekisho.TenantID, id sekisho.SiteID, host string) sekisho.Site {
	return sekisho.Site{
		ID: id, Tenant: tenant, Host: host, Origin: "http://127.0.0.1:8080", Mode: sekisho.ModeBlock,
		Policy: sekisho.DefaultPolicy(), Created: noon, Updated: noon.Add(time.Hour),
	}
}

func event(tenant sekisho.TenantID, id sekisho.EventID, at time.Time) sekisho.Event {
	return sekisho.Event{
		ID: id, Tenant: tenant, Time: at, SiteID: "S1", Site: "www.yamada.example", Source: sekisho.SourceWAF,
		Class: sekisho.ClassWAFAttack, Family: "sqli", Outcome: sekisho.OutcomePrevented, Action: sekisho.ActionBlocked, Count: 1,
	}
}

func incident(tenant sekisho.TenantID, id sekisho.IncidentID, last time.Time) sekisho.Incident {
	return sekisho.Incident{
		ID: id, Tenant: tenant, SiteID: "S1", Site: "www.yamada.example", Key: "www.yamada.example sqli", Family: "sqli",
		Class: sekisho.ClassWAFAttack, Outcome: sekisho.OutcomePrevented, Severity: sekisho.SeverityLow, Score: 18, Count: 1,
		Sources:  map[sekisho.Source]int{sekisho.SourceWAF: 1},
		Outcomes: map[sekisho.Outcome]int{sekisho.OutcomePrevented: 1},
		Actors:   1, First: last.Add(-time.Minute), Last: last,
	}
}

func commitEvents(t *testing.T, db *store.DB, tenant sekisho.TenantID, position uint64, events ...sekisho.Event) {
	t.Helper()
	must(t, db.Commit(t.Context(), tenant, sekisho.Commit{Stream: "spool", Position: position, Events: events}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantEqual compares by value; times must be equal in their zone as well, so that they came back in UTC.
func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func wantKind(t *testing.T, err error, want sekisho.Kind) {
	t.Helper()
	if err == nil || sekisho.KindOf(err) != want {
		t.Errorf("got error %v (%v), want kind %v", err, sekisho.KindOf(err), want)
	} else if sekisho.MessageOf(err) == "" {
		t.Errorf("error %q has no message for people", err)
	}
}

func eventIDs(events []sekisho.Event) (ids []sekisho.EventID) {
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

func incidentIDs(incidents []sekisho.Incident) (ids []sekisho.IncidentID) {
	for _, i := range incidents {
		ids = append(ids, i.ID)
	}
	return ids
}
