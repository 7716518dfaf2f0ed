package incident

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func TestCloseQuiet_closesWhatIsOverAndTellsNobody(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	const tenant sekisho.TenantID = "yamada"
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant, Name: "Yamada", Created: noon}); err != nil {
		t.Fatal(err)
	}
	commit := sekisho.Commit{Stream: "spool", Position: 1}
	for _, given := range []struct {
		id     string
		last   time.Duration // of its incident
		change func(*sekisho.Case)
	}{
		{"over", 0, func(*sekisho.Case) {}},
		{"goes on", 5 * day, func(*sekisho.Case) {}},
		{"worked on", 0, func(c *sekisho.Case) { c.Updated = noon.Add(5 * day) }},
		{"high, unseen", 0, func(c *sekisho.Case) { c.Severity = sekisho.SeverityHigh }},
		{"high, seen", 0, func(c *sekisho.Case) { c.Severity, c.State = sekisho.SeverityHigh, sekisho.CaseAcknowledged }},
		{"suspicious", 0, func(c *sekisho.Case) { c.Verdict = sekisho.VerdictSuspicious }},
		{"suppressed", 0, func(c *sekisho.Case) { c.QuietUntil = noon.Add(30 * day) }},
	} {
		c := sekisho.Case{ID: sekisho.CaseID(given.id), Tenant: tenant, Incident: sekisho.IncidentID(given.id), Severity: sekisho.SeverityMedium, Opened: noon, Updated: noon, Last: noon, Incidents: 1}
		c, change := c.Turn(sekisho.ChangeOpened, sekisho.TellDigest, noon)
		given.change(&c)
		commit.Cases, commit.Changes = append(commit.Cases, c), append(commit.Changes, change)
		commit.Incidents = append(commit.Incidents, sekisho.Incident{ID: c.Incident, Tenant: tenant, First: noon, Last: noon.Add(given.last), Case: c.ID})
	}
	if err := db.Commit(t.Context(), tenant, commit); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  []string // closed at this moment
	}{
		{7*day - time.Second, nil}, {7 * day, []string{"high, seen", "over"}}, {7*day + time.Second, nil}, {12 * day, []string{"goes on", "worked on"}}, {100 * day, []string{"suppressed"}},
	} {
		at := noon.Add(step.after)
		n, err := CloseQuiet(t.Context(), db, tenant, at)
		if err != nil {
			t.Fatal(err)
		}
		changes, _, err := db.ListChanges(t.Context(), tenant, sekisho.ChangeFilter{Since: at})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			if c.Kind == sekisho.ChangeClosed && c.Time.Equal(at) && c.Tell == sekisho.TellNobody && c.Reason != "" && c.By == "" && c.State == sekisho.CaseClosed {
				got = append(got, string(c.Case))
			}
		}
		slices.Sort(got)
		if fmt.Sprint(got) != fmt.Sprint(step.want) || n != len(step.want) {
			t.Errorf("after %s: got %d closed, %q; want %q", step.after, n, got, step.want)
		}
	}
}
