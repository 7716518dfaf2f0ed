package dashboard

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
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
	page := view.Tenants{Total: len(tenants)}
	for _, tenant := range tenants {
		page.Rows = append(page.Rows, s.tenantRow(v, tenant, owned[tenant.ID]))
	}
	slices.SortStableFunc(page.Rows, func(a, b view.TenantRow) int {
		return cmp.Or(
			cmp.Compare(b.High.Value, a.High.Value), cmp.Compare(b.Medium.Value, a.Medium.Value),
			cmp.Compare(b.Off, a.Off), b.Last.At.Compare(a.Last.At),
		)
	})
	return reply{page: page, title: view.Say("tenants.title"), section: "tenants", live: true}, nil
}

// tenantRow never fails as a whole: one tenant's unreadable records must not hide the others.
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
	incidents, more, err := s.incidentsSince(v.ctx(), tenant.ID, v.now.Add(-lookBack))
	if err != nil {
		s.log.ErrorContext(v.ctx(), "tenant without incidents", obs.Tenant(tenant.ID), obs.Err(err))
	}
	for _, figure := range []*view.Figure{&row.High, &row.Medium, &row.Low} {
		figure.Known, figure.More = err == nil, more
	}
	for _, incident := range incidents {
		switch incident.Severity {
		case sekisho.SeverityHigh:
			row.High.Value++
		case sekisho.SeverityMedium:
			row.Medium.Value++
		case sekisho.SeverityLow:
			row.Low.Value++
		case sekisho.SeverityUnknown: // stored only
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
