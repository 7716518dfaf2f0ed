package dashboard

import (
	"fmt"
	"net/url"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const incidentsPage = 30

// incidents lists a tenant's incidents, the newest action first, optionally from a rank upwards.
func (s *Server) incidents(v *visit) (reply, error) {
	query := v.r.URL.Query()
	var lowest sekisho.Severity
	rank := query.Get("rank")
	switch rank {
	case "high":
		lowest = sekisho.SeverityHigh
	case "medium":
		lowest = sekisho.SeverityMedium
	case "":
	default:
		return reply{}, invalid("narrowing incidents by rank")
	}
	filter := sekisho.IncidentFilter{MinSeverity: lowest, Cursor: query.Get("after"), Limit: incidentsPage}
	found, next, err := s.attacks(v, filter)
	if err != nil {
		return reply{}, fmt.Errorf("listing incidents of %s: %w", v.tenant.ID, err)
	}
	cases := s.casesOf(v, found)
	address := func(rank, after string) string {
		values := url.Values{}
		if rank != "" {
			values.Set("rank", rank)
		}
		if after != "" {
			values.Set("after", after)
		}
		if len(values) == 0 {
			return v.path("/incidents")
		}
		return v.path("/incidents") + "?" + values.Encode()
	}
	page := view.Incidents{Care: v.path("/care"), Filtered: rank != "", Filters: []view.Filter{
		{Label: "incidents.filter_all", Href: address("", ""), Current: rank == ""},
		{Label: "incidents.filter_medium", Href: address("medium", ""), Current: rank == "medium"},
		{Label: "incidents.filter_high", Href: address("high", ""), Current: rank == "high"},
	}}
	for _, incident := range found {
		page.Rows = append(page.Rows, s.incidentRow(v, incident, cases))
	}
	if next != "" {
		page.Next = address(rank, next)
	}
	if filter.Cursor != "" {
		page.First = address(rank, "")
	}
	return reply{page: page, title: view.Say("incidents.title"), section: "incidents", live: true}, nil
}

// attacks lists incidents without those of care. The store knows no track, so pages are read on until one is filled, up to
// a bound: then a page is short, and goes on.
func (s *Server) attacks(v *visit, filter sekisho.IncidentFilter) (found []sekisho.Incident, next string, err error) {
	const most = 10
	for range most {
		var page []sekisho.Incident
		page, next, err = s.records.ListIncidents(v.ctx(), v.tenant.ID, filter)
		if err != nil {
			return nil, "", err
		}
		for _, incident := range page {
			if incident.Track != sekisho.TrackCare {
				found = append(found, incident)
			}
		}
		filter.Cursor, filter.Limit = next, incidentsPage-len(found)
		if next == "" || filter.Limit <= 0 {
			break
		}
	}
	return found, next, nil
}

// casesOf returns the cases of incidents. Without them a list is shorter of a word, and no reason to fail.
func (s *Server) casesOf(v *visit, incidents []sekisho.Incident) map[sekisho.CaseID]sekisho.Case {
	var ids []sekisho.CaseID
	for _, incident := range incidents {
		if incident.Case != "" {
			ids = append(ids, incident.Case)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	desk, err := s.records.Desk(v.ctx(), v.tenant.ID, ids, v.now)
	if err != nil {
		s.log.ErrorContext(v.ctx(), "incidents without their cases", obs.Tenant(v.tenant.ID), obs.Err(err))
		return nil
	}
	cases := make(map[sekisho.CaseID]sekisho.Case, len(desk.Cases))
	for _, c := range desk.Cases {
		cases[c.ID] = c
	}
	return cases
}

func (s *Server) incidentRow(v *visit, incident sekisho.Incident, cases map[sekisho.CaseID]sekisho.Case) view.IncidentRow {
	row := view.IncidentRow{
		Href: v.path("/incidents/%s", url.PathEscape(string(incident.ID))), Rank: knownRank(incident.Severity),
		Title: view.Visible(s.explain(incident).Title.In(string(v.lang))), Site: view.Visible(incident.Site), Count: incident.Count, Last: view.At(incident.Last),
	}
	c, known := cases[incident.Case]
	if !known {
		return row
	}
	row.State = "case.state." + view.KnownState(c.State).String()
	if c.QuietUntil.After(v.now) {
		row.State = "case.quiet"
	}
	if c.Override != nil {
		row.Rank, row.ByHand = knownRank(*c.Override), true
	}
	return row
}

// knownRank keeps a severity that a later version stored from breaking a page.
func knownRank(severity sekisho.Severity) sekisho.Severity {
	if severity > sekisho.SeverityHigh {
		return sekisho.SeverityUnknown
	}
	return severity
}
