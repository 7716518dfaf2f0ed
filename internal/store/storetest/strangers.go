package storetest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// A stranger knows every id of somebody else's records and uses them under another tenant's name. Each entry makes one
// call of one method and tells whether it came back with nothing; KindNotFound counts as nothing. A test
// holds that every method with a tenant has an entry here.
var strangers = map[string]func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (empty bool, err error){
	"PutSite": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.PutSite(ctx, stranger, site(stranger, "S1", "stolen.example"))
	},
	"FindSite": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		_, err := db.FindSite(ctx, stranger, "S1")
		return false, err
	},
	"ListSites": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListSites(ctx, stranger)
		return len(got) == 0, err
	},
	"RemoveSite": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.RemoveSite(ctx, stranger, "S1")
	},
	"PutExclusion": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.PutExclusion(ctx, stranger, "S1", exclusion("E1"))
	},
	"ListExclusions": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListExclusions(ctx, stranger, "S1")
		return len(got) == 0, err
	},
	"RemoveExclusion": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.RemoveExclusion(ctx, stranger, "S1", "E1")
	},
	"PutSensor": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		if err := db.PutSensor(ctx, stranger, sensor(stranger, "N1", "stolen")); err != nil {
			return false, err
		}
		all, err := db.AllSensors(ctx) // the same id under another tenant is another sensor
		return len(all) == 2 && all[0].Name != all[1].Name, err
	},
	"ListSensors": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListSensors(ctx, stranger)
		return len(got) == 0, err
	},
	"RemoveSensor": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.RemoveSensor(ctx, stranger, "N1")
	},
	"AddExport": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		if err := db.AddExport(ctx, stranger, export(stranger, "X1", "stolen")); err != nil {
			return false, err
		}
		all, err := db.AllExports(ctx) // the same id under another tenant is another export
		return len(all) == 2 && all[0].Name != all[1].Name, err
	},
	"ListExports": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListExports(ctx, stranger)
		return len(got) == 0, err
	},
	"RemoveExport": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.RemoveExport(ctx, stranger, "X1")
	},
	"PutExportState": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return false, db.PutExportState(ctx, stranger, sekisho.ExportState{Export: "X1", Tenant: stranger, Revision: 2, Position: 1})
	},
	"Journal": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.Journal(ctx, stranger, 0, 0)
		return len(got) == 0, err
	},
	"SetStorage": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return true, db.SetStorage(ctx, stranger, sekisho.Storage{RetentionDays: 1, QuotaBytes: sekisho.MinQuota})
	},
	"DeleteTenant": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		_, err := db.DeleteTenant(ctx, stranger) // its own records
		return true, err
	},
	"TenantDeleted": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		deleted, err := db.TenantDeleted(ctx, stranger)
		return !deleted, err
	},
	"DumpTenant": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		foreign := false
		err := db.DumpTenant(ctx, stranger, func(row store.Row) error {
			for _, v := range row.Values {
				foreign = foreign || v == string(yamada)
			}
			return nil
		})
		return !foreign, err
	},
	"ListUsers": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListUsers(ctx, stranger)
		return len(got) == 0, err
	},
	"FindEvent": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		_, err := db.FindEvent(ctx, stranger, "E1")
		return false, err
	},
	"ListEvents": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		for _, filter := range []sekisho.EventFilter{{}, {Site: "S1"}, {Incident: "I1"}, {Since: noon.Add(-time.Hour)}} {
			got, next, err := db.ListEvents(ctx, stranger, filter)
			if err != nil || len(got) > 0 || next != "" {
				return false, err
			}
		}
		return true, nil
	},
	"FindIncident": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		_, err := db.FindIncident(ctx, stranger, "I1")
		return false, err
	},
	"ListIncidents": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		for _, filter := range []sekisho.IncidentFilter{{}, {Site: "S1"}, {MinSeverity: sekisho.SeverityLow}, {Since: noon.Add(-time.Hour)}} {
			got, next, err := db.ListIncidents(ctx, stranger, filter)
			if err != nil || len(got) > 0 || next != "" {
				return false, err
			}
		}
		return true, nil
	},
	"FindCase": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		_, err := db.FindCase(ctx, stranger, "I1")
		return false, err
	},
	"Desk": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.Desk(ctx, stranger, []sekisho.CaseID{"I1"}, noon)
		return len(got.Cases) == 0 && len(got.Suppressions) == 0, err
	},
	"ListCases": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, next, err := db.ListCases(ctx, stranger, sekisho.CaseFilter{})
		return len(got) == 0 && next == "", err
	},
	"ListChanges": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		for _, filter := range []sekisho.ChangeFilter{{}, {Case: "I1"}, {Told: true}} {
			got, next, err := db.ListChanges(ctx, stranger, filter)
			if err != nil || len(got) > 0 || next != "" {
				return false, err
			}
		}
		return true, nil
	},
	"ListSuppressions": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.ListSuppressions(ctx, stranger, noon)
		return len(got) == 0, err
	},
	"ChangeCase": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		c, change, quiet, err := openCase("I1").Do(sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "x", Reason: "x", Until: noon.Add(time.Hour)}, noon)
		if err != nil {
			return false, err
		}
		c.Tenant, change.Tenant, quiet.Tenant = stranger, stranger, stranger
		return false, db.ChangeCase(ctx, stranger, c, change, quiet)
	},
	// A stranger who is a tenant may store records of its own under the same ids: they are other records.
	"AddTraffic": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return true, db.AddTraffic(ctx, stranger, []sekisho.Traffic{{Site: "S1", Hour: noon, Requests: 1000}})
	},
	"ListTraffic": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		for _, id := range []sekisho.SiteID{"", "S1"} {
			got, err := db.ListTraffic(ctx, stranger, id, noon.Add(-time.Hour), noon.Add(time.Hour))
			if err != nil || len(got) > 0 {
				return false, err
			}
		}
		return true, nil
	},
	"Remember": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		got, err := db.Remember(ctx, stranger, "spool", time.Time{})
		return len(got.Memory) == 0 && len(got.Open) == 0 && got.Position == 0, err
	},
	"Commit": func(ctx context.Context, db *store.DB, stranger sekisho.TenantID) (bool, error) {
		return true, db.Commit(ctx, stranger, sekisho.Commit{
			Stream: "spool", Position: 1000,
			Events:    []sekisho.Event{event(stranger, "E1", noon.Add(time.Hour))},
			Incidents: []sekisho.Incident{incident(stranger, "I1", noon.Add(time.Hour))},
			Memory:    []sekisho.Memory{{Kind: "count", Key: "k", Data: nil}},
		})
	},
}

// testStrangers makes each call as a tenant that exists and as one that does not, and compares all that the owner can see
// before and after.
func testStrangers(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	must(t, db.PutUser(ctx, sekisho.User{ID: "U1", Email: "yamada@example.com", Tenant: yamada}))
	must(t, db.PutSite(ctx, yamada, site(yamada, "S1", "www.yamada.example")))
	must(t, db.PutExclusion(ctx, yamada, "S1", exclusion("E1")))
	must(t, db.PutSensor(ctx, yamada, sensor(yamada, "N1", "fw")))
	must(t, db.AddExport(ctx, yamada, export(yamada, "X1", "siem")))
	must(t, db.AddTraffic(ctx, yamada, []sekisho.Traffic{{Site: "S1", Hour: noon, Requests: 3}}))
	owned := event(yamada, "E1", noon)
	owned.Incident = "I1"
	must(t, db.Commit(ctx, yamada, sekisho.Commit{
		Stream: "spool", Position: 7,
		Events:    []sekisho.Event{owned},
		Incidents: []sekisho.Incident{incident(yamada, "I1", noon)},
		Memory:    []sekisho.Memory{{Kind: "count", Key: "k", Data: []byte("3"), Expires: noon}},
		Cases:     []sekisho.Case{openCase("I1")},
		Changes:   []sekisho.Change{opening("I1")},
	}))
	quiet, change, suppression, err := openCase("I1").Do(sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "sato", Reason: "known", Until: noon.Add(time.Hour)}, noon)
	must(t, err)
	must(t, db.ChangeCase(ctx, yamada, quiet, change, suppression))
	before := everything(t, db, yamada)

	for method, call := range strangers {
		// A stranger of its own for each call, because some calls give it records.
		known := sekisho.TenantID("stranger-" + strings.ToLower(method))
		createTenants(t, db, known)
		for _, stranger := range []sekisho.TenantID{known, "nobody"} {
			empty, err := call(ctx, db, stranger)
			if sekisho.KindOf(err) != sekisho.KindNotFound && (err != nil || !empty) {
				t.Errorf("%s as %s: got empty=%v and error %v, want nothing or a not found error", method, stranger, empty, err)
			}
		}
	}
	if after := everything(t, db, yamada); after != before {
		t.Errorf("the owner's records changed:\ngot  %s\nwant %s", after, before)
	}
	if _, err := db.FindTenant(ctx, "nobody"); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("a stranger's call created its tenant: %v", err)
	}
}

// everything is all that a tenant's own calls show.
func everything(t *testing.T, db *store.DB, tenant sekisho.TenantID) string {
	t.Helper()
	ctx := t.Context()
	var all struct {
		Users      []sekisho.User
		Sites      []sekisho.Site
		Exclusions []sekisho.Exclusion
		Sensors    []sekisho.Sensor
		Exports    []sekisho.Export
		Journal    []sekisho.Journaled
		Events     []sekisho.Event
		Incidents  []sekisho.Incident
		Traffic    []sekisho.Traffic
		Remembered sekisho.Remembered
		Cases      []sekisho.Case
		Changes    []sekisho.Change
		Quiet      []sekisho.Suppression
	}
	var err error
	all.Cases, _, err = db.ListCases(ctx, tenant, sekisho.CaseFilter{})
	must(t, err)
	all.Changes, _, err = db.ListChanges(ctx, tenant, sekisho.ChangeFilter{})
	must(t, err)
	all.Quiet, err = db.ListSuppressions(ctx, tenant, noon)
	must(t, err)
	all.Users, err = db.ListUsers(ctx, tenant)
	must(t, err)
	all.Sites, err = db.ListSites(ctx, tenant)
	must(t, err)
	all.Exclusions, err = db.ListExclusions(ctx, tenant, "S1")
	must(t, err)
	all.Sensors, err = db.ListSensors(ctx, tenant)
	must(t, err)
	all.Exports, err = db.ListExports(ctx, tenant)
	must(t, err)
	all.Journal, err = db.Journal(ctx, tenant, 0, 0)
	must(t, err)
	all.Events, _, err = db.ListEvents(ctx, tenant, sekisho.EventFilter{})
	must(t, err)
	all.Incidents, _, err = db.ListIncidents(ctx, tenant, sekisho.IncidentFilter{})
	must(t, err)
	all.Traffic, err = db.ListTraffic(ctx, tenant, "", time.Time{}, time.Time{})
	must(t, err)
	all.Remembered, err = db.Remember(ctx, tenant, "spool", time.Time{})
	must(t, err)
	text, err := json.Marshal(all)
	must(t, err)
	return string(text)
}
