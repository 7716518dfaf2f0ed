package dashboard

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// hundreds of tenants, of which the last by name is the worst off.
func hundreds() *fakeRecords {
	f := newFake()
	for i := range 300 {
		f.tenantsV = append(f.tenantsV, sekisho.Tenant{ID: sekisho.TenantID(fmt.Sprintf("firm-%03d", i)), Name: fmt.Sprintf("会社 %03d", i)})
	}
	high := sekisho.SeverityHigh
	add := func(tenant sekisho.TenantID, c sekisho.Case) {
		c.ID, c.Tenant = sekisho.CaseID(fmt.Sprintf("CASE%d", len(f.caseV))), tenant
		f.caseV = append(f.caseV, c)
	}
	add("firm-299", sekisho.Case{Severity: sekisho.SeverityLow, Override: &high}) // by hand
	for range 3 {
		add("firm-298", sekisho.Case{Severity: sekisho.SeverityMedium})
		add("firm-001", sekisho.Case{Severity: sekisho.SeverityHigh, State: sekisho.CaseClosed})
		add("firm-002", sekisho.Case{Severity: sekisho.SeverityHigh, QuietUntil: now.Add(time.Hour)})
		add("firm-003", sekisho.Case{Severity: sekisho.SeverityMedium, Track: sekisho.TrackCare})
	}
	f.states["SENSOR"] = sekisho.SensorState{Tenant: "firm-200", Silent: now.Add(-time.Hour)}
	return f
}

func TestTenants_putTheWorstOfHundredsFirst(t *testing.T) {
	p := openPortal(t, hundreds())
	operator := p.as(t, "operator")
	page := p.get(t, operator, "/tenants").body
	if got := strings.Count(page, `class="card tenant-row"`); got != tenantsPage {
		t.Fatalf("%d rows, want %d", got, tenantsPage)
	}
	last := 0
	for _, id := range []string{"firm-299", "firm-298", "yamada", "firm-200"} { // High by hand, Medium, Medium and silent, silent
		at := strings.Index(page, `href="/t/`+id+`"`)
		if at < last {
			t.Errorf("%s stands at %d, want it behind %d", id, at, last)
		}
		last = at
	}
	for _, id := range []string{"firm-001", "firm-002", "firm-003"} {
		if at := strings.Index(page, `href="/t/`+id+`"`); at >= 0 && at < last {
			t.Errorf("%s stands before tenants that need somebody, though its cases are closed, quiet or no attacks", id)
		}
	}
	seen := map[string]bool{}
	for at := "/tenants"; at != ""; {
		body := p.get(t, operator, at).body
		for _, part := range strings.Split(body, `<h2><a href="/t/`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			if seen[id] {
				t.Fatalf("%s stands on two pages", id)
			}
			seen[id] = true
		}
		_, next, more := strings.Cut(body, `href="/tenants?from=`)
		if strings.Contains(body, "前のページ") && more {
			_, next, more = strings.Cut(next, `href="/tenants?from=`)
		}
		if at = ""; more {
			next, _, _ = strings.Cut(next, "&")
			at = "/tenants?from=" + next
		}
	}
	if len(seen) != 302 {
		t.Errorf("%d tenants on all pages, want 302", len(seen))
	}
}

func TestTenants_areNarrowedByNameIDOrSite(t *testing.T) {
	p := openPortal(t, hundreds())
	for asked, want := range map[string]int{"会社 29": 10, "firm-1": 100, "RECRUIT.yamada": 1, "みなと": 1, "nothing": 0, `"><img src=x>`: 0} {
		page := p.get(t, p.as(t, "operator"), "/tenants?q="+url.QueryEscape(asked)).body
		if got := strings.Count(page, `class="card tenant-row"`); got != min(want, tenantsPage) {
			t.Errorf("%s: %d rows, want %d", asked, got, want)
		}
		if strings.Contains(page, "<img") {
			t.Errorf("%s came through as markup", asked)
		}
	}
}
