package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func commitIncidents(t *testing.T, db *store.DB, position uint64, incidents ...sekisho.Incident) {
	t.Helper()
	must(t, db.Commit(t.Context(), yamada, sekisho.Commit{Stream: "spool", Position: position, Incidents: incidents}))
}

func testIncidents(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	a, b := incident(yamada, "A", noon), incident(yamada, "B", noon.Add(time.Minute))
	a.Terms = sekisho.Terms{Impact: 60, Confidence: 1, Asset: 1.2, Outcome: 0.3, N: 2, Reasons: []string{"two sensors"}, Guard: "g", Score: 18, Severity: sekisho.SeverityLow}
	a.ContinuedFrom = "Z"
	commitIncidents(t, db, 1, a, b)
	got, err := db.FindIncident(ctx, yamada, "A")
	must(t, err)
	wantEqual(t, "FindIncident", got, a)

	a.Count, a.Last, a.Severity = 2, noon.Add(time.Hour), sekisho.SeverityHigh
	commitIncidents(t, db, 2, a)
	got, err = db.FindIncident(ctx, yamada, "A")
	must(t, err)
	wantEqual(t, "a grown incident", got, a)
	listed, next, err := db.ListIncidents(ctx, yamada, sekisho.IncidentFilter{})
	must(t, err)
	wantEqual(t, "ListIncidents", listed, []sekisho.Incident{a, b})
	wantEqual(t, "next", next, "")
	_, err = db.FindIncident(ctx, yamada, "C")
	wantKind(t, err, sekisho.KindNotFound)
}

func testIncidentFilter(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	var all []sekisho.Incident
	for i := range 6 {
		one := incident(yamada, sekisho.IncidentID(fmt.Sprintf("I%d", i)), noon.Add(time.Duration(i/2)*time.Hour))
		one.Severity = sekisho.Severity(i % 4)
		if i == 5 {
			one.SiteID = ""
		}
		all = append(all, one)
	}
	commitIncidents(t, db, 1, all...)
	for _, list := range []struct {
		name   string
		filter sekisho.IncidentFilter
		want   []sekisho.IncidentID
	}{
		{"all", sekisho.IncidentFilter{}, []sekisho.IncidentID{"I5", "I4", "I3", "I2", "I1", "I0"}},
		{"site", sekisho.IncidentFilter{Site: "S1"}, []sekisho.IncidentID{"I4", "I3", "I2", "I1", "I0"}},
		{"severity", sekisho.IncidentFilter{MinSeverity: sekisho.SeverityMedium}, []sekisho.IncidentID{"I3", "I2"}},
		{"since is inclusive", sekisho.IncidentFilter{Since: noon.Add(2 * time.Hour)}, []sekisho.IncidentID{"I5", "I4"}},
	} {
		t.Run(list.name, func(t *testing.T) {
			for _, limit := range []int{0, 1, 2} { // in one page and in several
				filter, ids := list.filter, []sekisho.IncidentID(nil)
				filter.Limit = limit
				for {
					got, next, err := db.ListIncidents(t.Context(), yamada, filter)
					must(t, err)
					ids = append(ids, incidentIDs(got)...)
					if next == "" {
						break
					}
					filter.Cursor = next
				}
				wantEqual(t, fmt.Sprint("incidents with limit ", limit), ids, list.want)
			}
		})
	}
}

func testRememberOpen(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	commitIncidents(t, db, 7, incident(yamada, "B", noon), incident(yamada, "A", noon.Add(-time.Microsecond)), incident(yamada, "C", noon.Add(time.Hour)))
	got, err := db.Remember(t.Context(), yamada, "spool", noon)
	must(t, err)
	wantEqual(t, "open incidents", got.Open, []sekisho.Incident{incident(yamada, "B", noon), incident(yamada, "C", noon.Add(time.Hour))})
	wantEqual(t, "position", got.Position, 7)
}
