package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// openCase is a case of yamada's as the incident engine opens it, opening the change that goes with it.
func openCase(id sekisho.CaseID) sekisho.Case {
	return sekisho.Case{
		ID: id, Tenant: yamada, Incident: sekisho.IncidentID(id), Key: "www.yamada.example", Family: "sqli", Class: sekisho.ClassWAFAttack,
		Severity: sekisho.SeverityMedium, Outcome: sekisho.OutcomeUnknown, Opened: noon, Updated: noon, Last: noon, Incidents: 1, Revision: 1,
	}
}

func opening(id sekisho.CaseID) sekisho.Change {
	return sekisho.Change{
		Tenant: yamada, Case: id, Revision: 1, Incident: sekisho.IncidentID(id), Time: noon, Kind: sekisho.ChangeOpened,
		Severity: sekisho.SeverityMedium, Outcome: sekisho.OutcomeUnknown, Tell: sekisho.TellDigest,
	}
}

func testCaseSteps(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	first := openCase("C1")
	must(t, db.Commit(ctx, yamada, sekisho.Commit{Stream: "spool", Position: 1, Cases: []sekisho.Case{first}, Changes: []sekisho.Change{opening("C1")}}))
	got, err := db.FindCase(ctx, yamada, "C1")
	must(t, err)
	wantEqual(t, "FindCase", got, first)

	seen, change, _, err := first.Do(sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato@example.com"}, noon.Add(time.Hour))
	must(t, err)
	must(t, db.ChangeCase(ctx, yamada, seen, change, nil))
	wantKind(t, db.ChangeCase(ctx, yamada, seen, change, nil), sekisho.KindConflict) // the same step again

	// The engine did not know that, and loses: nothing of its commit stays.
	raised, up := first.Turn(sekisho.ChangeRaised, sekisho.TellNow, noon.Add(2*time.Hour))
	before := everything(t, db, yamada)
	commit := sekisho.Commit{Stream: "spool", Position: 2, Events: []sekisho.Event{event(yamada, "E1", noon)}, Cases: []sekisho.Case{raised}, Changes: []sekisho.Change{up}}
	wantKind(t, db.Commit(ctx, yamada, commit), sekisho.KindConflict)
	if after := everything(t, db, yamada); after != before {
		t.Errorf("half a commit was kept:\ngot  %s\nwant %s", after, before)
	}
	// It reads again and makes two steps at once.
	desk, err := db.Desk(ctx, yamada, []sekisho.CaseID{"C1", "C9"}, noon)
	must(t, err)
	wantEqual(t, "Desk", desk, sekisho.Desk{Cases: []sekisho.Case{seen}})
	once, one := desk.Cases[0].Turn(sekisho.ChangeContinued, sekisho.TellNobody, noon.Add(2*time.Hour))
	twice, two := once.Turn(sekisho.ChangeRaised, sekisho.TellNow, noon.Add(2*time.Hour))
	commit.Cases, commit.Changes = []sekisho.Case{twice}, []sekisho.Change{one, two}
	must(t, db.Commit(ctx, yamada, commit))
	got, err = db.FindCase(ctx, yamada, "C1")
	must(t, err)
	wantEqual(t, "the case after all", got, twice)

	for _, limit := range []int{0, 1, 3} {
		var all []sekisho.Change
		filter := sekisho.ChangeFilter{Case: "C1", Limit: limit}
		for {
			page, next, err := db.ListChanges(ctx, yamada, filter)
			must(t, err)
			all = append(all, page...)
			if filter.Cursor = next; next == "" {
				break
			}
		}
		wantEqual(t, fmt.Sprint("changes with limit ", limit), all, []sekisho.Change{two, one, change, opening("C1")})
	}
	told, _, err := db.ListChanges(ctx, yamada, sekisho.ChangeFilter{Told: true, Since: noon.Add(time.Minute)})
	must(t, err)
	wantEqual(t, "what is told", told, []sekisho.Change{two})

	wantKind(t, db.ChangeCase(ctx, yamada, openCase("C2"), opening("C2"), nil), sekisho.KindNotFound)
	stranger := openCase("C3")
	stranger.Tenant = suzuki
	wantKind(t, db.Commit(ctx, yamada, sekisho.Commit{Stream: "spool", Position: 3, Cases: []sekisho.Case{stranger}, Changes: []sekisho.Change{opening("C3")}}), sekisho.KindInvalid)
	wantKind(t, db.Commit(ctx, yamada, sekisho.Commit{Stream: "spool", Position: 3, Cases: []sekisho.Case{openCase("C3")}}), sekisho.KindInvalid) // no change says why
}

func testCaseLists(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	var cases []sekisho.Case
	var changes []sekisho.Change
	low := sekisho.SeverityLow
	for i, change := range []func(*sekisho.Case){
		func(*sekisho.Case) {},
		func(c *sekisho.Case) { c.State = sekisho.CaseClosed },
		func(c *sekisho.Case) { c.QuietUntil = noon.Add(time.Hour) },
		func(c *sekisho.Case) { c.Severity, c.Override = sekisho.SeverityHigh, &low },
	} {
		c := openCase(sekisho.CaseID(fmt.Sprintf("C%d", i)))
		c.Updated = noon.Add(time.Duration(i/2) * time.Minute)
		change(&c)
		cases, changes = append(cases, c), append(changes, opening(c.ID))
	}
	must(t, db.Commit(t.Context(), yamada, sekisho.Commit{Stream: "spool", Position: 1, Cases: cases, Changes: changes}))
	for _, list := range []struct {
		name   string
		filter sekisho.CaseFilter
		want   []sekisho.CaseID
	}{
		{"all", sekisho.CaseFilter{}, []sekisho.CaseID{"C3", "C2", "C1", "C0"}},
		{"open", sekisho.CaseFilter{Open: true, Now: noon}, []sekisho.CaseID{"C3", "C0"}},
		{"open, once the suppression is over", sekisho.CaseFilter{Open: true, Now: noon.Add(time.Hour)}, []sekisho.CaseID{"C3", "C2", "C0"}},
		{"by the rank that people see", sekisho.CaseFilter{MinSeverity: sekisho.SeverityMedium}, []sekisho.CaseID{"C2", "C1", "C0"}},
	} {
		for _, limit := range []int{0, 1, 2} {
			filter, ids := list.filter, []sekisho.CaseID(nil)
			filter.Limit = limit
			for {
				got, next, err := db.ListCases(t.Context(), yamada, filter)
				must(t, err)
				for _, c := range got {
					ids = append(ids, c.ID)
				}
				if filter.Cursor = next; next == "" {
					break
				}
			}
			wantEqual(t, fmt.Sprint(list.name, " with limit ", limit), ids, list.want)
		}
	}
	_, _, err := db.ListCases(t.Context(), yamada, sekisho.CaseFilter{Cursor: "x"})
	wantKind(t, err, sekisho.KindInvalid)
	_, _, err = db.ListChanges(t.Context(), yamada, sekisho.ChangeFilter{Cursor: "x"})
	wantKind(t, err, sekisho.KindInvalid)
}

func testSuppressions(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	c := openCase("C1")
	must(t, db.Commit(ctx, yamada, sekisho.Commit{Stream: "spool", Position: 1, Cases: []sekisho.Case{c}, Changes: []sekisho.Change{opening("C1")}}))
	do := func(at time.Time, action sekisho.CaseAction) *sekisho.Suppression {
		t.Helper()
		action.By, action.Reason = "sato", "known"
		changed, change, quiet, err := c.Do(action, at)
		must(t, err)
		must(t, db.ChangeCase(ctx, yamada, changed, change, quiet))
		c = changed
		return quiet
	}
	held := func(at time.Time, want ...sekisho.Suppression) {
		t.Helper()
		got, err := db.ListSuppressions(ctx, yamada, at)
		must(t, err)
		wantEqual(t, "suppressions", got, want)
		desk, err := db.Desk(ctx, yamada, nil, at)
		must(t, err)
		wantEqual(t, "suppressions at the desk", desk.Suppressions, want)
	}
	do(noon, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, Until: noon.Add(time.Hour)})
	longer := do(noon.Add(time.Minute), sekisho.CaseAction{Do: sekisho.ChangeSuppressed, Until: noon.Add(2 * time.Hour)})
	held(noon.Add(time.Minute), *longer) // it took the place of the first
	held(noon.Add(2 * time.Hour))
	do(noon.Add(30*time.Minute), sekisho.CaseAction{Do: sekisho.ChangeUnsuppressed})
	held(noon.Add(30 * time.Minute))
}
