package dashboard

import (
	"fmt"
	"net/url"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
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
	found, next, err := s.records.ListIncidents(v.ctx(), v.tenant.ID, filter)
	if err != nil {
		return reply{}, fmt.Errorf("listing incidents of %s: %w", v.tenant.ID, err)
	}
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
	page := view.Incidents{Filtered: rank != "", Filters: []view.Filter{
		{Label: "incidents.filter_all", Href: address("", ""), Current: rank == ""},
		{Label: "incidents.filter_medium", Href: address("medium", ""), Current: rank == "medium"},
		{Label: "incidents.filter_high", Href: address("high", ""), Current: rank == "high"},
	}}
	for _, incident := range found {
		page.Rows = append(page.Rows, s.incidentRow(v, incident))
	}
	if next != "" {
		page.Next = address(rank, next)
	}
	if filter.Cursor != "" {
		page.First = address(rank, "")
	}
	return reply{page: page, title: view.Say("incidents.title"), section: "incidents", live: true}, nil
}

func (s *Server) incidentRow(v *visit, incident sekisho.Incident) view.IncidentRow {
	return view.IncidentRow{
		Href: v.path("/incidents/%s", url.PathEscape(string(incident.ID))), Rank: knownRank(incident.Severity),
		Title: view.Visible(s.explain(incident).Title.In(string(v.lang))), Site: view.Visible(incident.Site), Count: incident.Count, Last: view.At(incident.Last),
	}
}

// knownRank keeps a severity that a later version stored from breaking a page.
func knownRank(severity sekisho.Severity) sekisho.Severity {
	if severity > sekisho.SeverityHigh {
		return sekisho.SeverityUnknown
	}
	return severity
}
