package dashboard

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	tenantsPage = 50
	mostCases   = 200 // a tenant with more open cases is first anyway
)

// tenants is the operator's first page: every tenant's health, the one that needs a look first.
func (s *Server) tenants(v *visit) (reply, error) {
	tenants, err := s.records.ListTenants(v.ctx())
	if err != nil {
		return reply{}, fmt.Errorf("listing tenants: %w", err)
	}
	sites, err := s.records.AllSites(v.ctx())
	if err != nil {
		return reply{}, fmt.Errorf("listing every tenant's sites: %w", err)
	}
	owned := map[sekisho.TenantID][]sekisho.Site{}
	for _, site := range sites {
		owned[site.Tenant] = append(owned[site.Tenant], site)
	}
	silent := map[sekisho.TenantID]int{}
	if s.watch.sensors != nil {
		for _, state := range s.watch.sensors() {
			if !state.Silent.IsZero() {
				silent[state.Tenant]++
			}
		}
	}
	query := v.r.URL.Query()
	asked := strings.TrimSpace(query.Get("q"))
	page := view.Tenants{Total: len(tenants), Asked: view.Visible(asked)}
	for _, tenant := range tenants {
		if asked != "" && !holds(tenant, owned[tenant.ID], asked) {
			continue
		}
		row := s.tenantRow(v, tenant, owned[tenant.ID])
		row.Silent = silent[tenant.ID]
		page.Rows = append(page.Rows, row)
	}
	slices.SortStableFunc(page.Rows, func(a, b view.TenantRow) int {
		return cmp.Or(
			cmp.Compare(b.High.Value, a.High.Value), cmp.Compare(b.Medium.Value, a.Medium.Value),
			cmp.Compare(b.Off, a.Off), cmp.Compare(b.Silent, a.Silent), cmp.Compare(b.Unseen.Value, a.Unseen.Value), b.Last.At.Compare(a.Last.At),
		)
	})
	page.Found = len(page.Rows)
	from, err := strconv.Atoi(query.Get("from"))
	if err != nil || from < 0 || from > len(page.Rows) {
		from = 0
	}
	address := func(from int) string {
		return "/tenants?" + url.Values{"q": {asked}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if from > 0 {
		page.Before = address(max(from-tenantsPage, 0))
	}
	if from+tenantsPage < len(page.Rows) {
		page.After = address(from + tenantsPage)
	}
	page.Rows = page.Rows[from:min(from+tenantsPage, len(page.Rows))]
	return reply{page: page, title: view.Say("tenants.title"), section: "tenants", live: true}, nil
}

// holds reports whether a tenant's name or id, or the host of one of its sites, contains what was asked for.
func holds(tenant sekisho.Tenant, sites []sekisho.Site, asked string) bool {
	asked = strings.ToLower(asked)
	return strings.Contains(strings.ToLower(tenant.Name), asked) || strings.Contains(string(tenant.ID), asked) ||
		slices.ContainsFunc(sites, func(site sekisho.Site) bool { return strings.Contains(site.Host, asked) })
}

// tenantRow never fails as a whole: one tenant's unreadable records must not hide the others. It counts open cases, by the
// rank that people see; care is no attack and does not count.
func (s *Server) tenantRow(v *visit, tenant sekisho.Tenant, sites []sekisho.Site) view.TenantRow {
	row := view.TenantRow{ID: string(tenant.ID), Href: "/t/" + string(tenant.ID), Name: view.Show(cmp.Or(tenant.Name, string(tenant.ID))), Sites: len(sites)}
	for _, site := range sites {
		switch site.Mode {
		case sekisho.ModeBlock:
			row.Block++
		case sekisho.ModeOff:
			row.Off++
		case sekisho.ModeDetect:
			row.Detect++
		}
	}
	cases, next, err := s.records.ListCases(v.ctx(), tenant.ID, sekisho.CaseFilter{Open: true, MinSeverity: sekisho.SeverityMedium, Now: v.now, Limit: mostCases})
	if err != nil {
		s.log.ErrorContext(v.ctx(), "tenant without cases", obs.Tenant(tenant.ID), obs.Err(err))
	}
	for _, figure := range []*view.Figure{&row.High, &row.Medium, &row.Unseen} {
		figure.Known, figure.More = err == nil, next != ""
	}
	for _, c := range cases {
		if c.Track == sekisho.TrackCare {
			continue
		}
		if c.Rank() == sekisho.SeverityHigh {
			row.High.Value++
		} else {
			row.Medium.Value++
		}
		if c.State == sekisho.CaseNew {
			row.Unseen.Value++
		}
	}
	events, _, err := s.records.ListEvents(v.ctx(), tenant.ID, sekisho.EventFilter{Limit: 1})
	if err != nil {
		s.log.ErrorContext(v.ctx(), "tenant without events", obs.Tenant(tenant.ID), obs.Err(err))
	}
	row.Known = err == nil
	if len(events) > 0 {
		row.Last = view.At(events[0].Time)
	}
	return row
}
