package dashboard

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	lookBack   = 30 * 24 * time.Hour // what lists, the chart by day and an operator's counts cover
	quietAfter = 7 * 24 * time.Hour  // an incident that rested so long asks nothing of the owner any more
	staleAfter = 24 * time.Hour
	maxTodos   = 3
	maxRecent  = 3
)

// standing is what is known about a tenant now. Unknown parts are marked, so that nothing unknown is shown as zero.
type standing struct {
	now            time.Time
	sites          []sekisho.Site
	incidents      []sekisho.Incident // of the last 30 days and of this month, newest first
	moreIncidents  bool
	incidentsKnown bool
	cases          map[sekisho.CaseID]sekisho.Case // of the urgent ones and of those shown
	traffic        []sekisho.Traffic               // likewise
	trafficKnown   bool
	degraded       bool
}

func (s *Server) home(v *visit) (reply, error) {
	now, err := s.standing(v)
	if err != nil {
		return reply{}, err
	}
	daily := v.r.URL.Query().Get("range") == "30d"
	page := view.Home{
		Verdict: verdict(now),
		Todos:   s.todos(v, now),
		Month:   view.Say("month.title", "Month", view.Say(fmt.Sprintf("month.name.%d", v.now.In(view.Tokyo()).Month()))),
		Hours:   v.path(""),
		Days:    v.path("?range=30d"),
		All:     v.path("/incidents"),
	}
	sum := now.month()
	page.Figures = []view.Figure{
		{Label: "month.requests", Note: "month.requests_note", Value: sum.Requests, Known: now.trafficKnown},
		{Label: "month.blocked", Note: "month.blocked_note", Tone: "stopped", Value: sum.Blocked, Known: now.trafficKnown},
		{Label: "month.detected", Note: "month.detected_note", Value: sum.Detected, Known: now.trafficKnown},
		{Label: "month.incidents", Note: "month.incidents_note", Value: int64(now.monthIncidents()), Known: now.incidentsKnown, More: now.moreIncidents},
	}
	page.Failed = sum.Failed
	if last := now.lastSeen(); !last.IsZero() {
		page.LastSeen = view.HourOf(last)
	}
	if now.trafficKnown {
		page.Chart = chart(v.lang, now, daily)
	}
	page.Chart.Daily = daily
	for _, incident := range now.recent() {
		page.Recent = append(page.Recent, s.incidentRow(v, incident, now.cases))
	}
	return reply{page: page, title: view.Say("nav.home"), section: "home", live: true, health: true}, nil
}

// standing reads what the home page needs. Without the list of sites there is nothing honest to say; every other part
// may be missing.
func (s *Server) standing(v *visit) (standing, error) {
	now := standing{now: v.now, degraded: len(s.health()) > 0}
	var err error
	if now.sites, err = s.records.ListSites(v.ctx(), v.tenant.ID); err != nil {
		return now, fmt.Errorf("showing home of %s: %w", v.tenant.ID, err)
	}
	since := now.since()
	if now.incidents, now.moreIncidents, err = s.incidentsSince(v.ctx(), v.tenant.ID, since); err != nil {
		s.log.ErrorContext(v.ctx(), "home without incidents", obs.Tenant(v.tenant.ID), obs.Err(err))
	}
	now.incidentsKnown = err == nil
	now.cases = s.casesOf(v, append(now.urgent(), now.recent()...))
	if now.traffic, err = s.records.ListTraffic(v.ctx(), v.tenant.ID, "", since, time.Time{}); err != nil {
		s.log.ErrorContext(v.ctx(), "home without traffic", obs.Tenant(v.tenant.ID), obs.Err(err))
	}
	now.trafficKnown = err == nil
	return now, nil
}

// incidentsSince lists incidents up to a bound, and says whether there are more.
func (s *Server) incidentsSince(ctx context.Context, tenant sekisho.TenantID, since time.Time) (all []sekisho.Incident, more bool, err error) {
	const bound = 1000
	filter := sekisho.IncidentFilter{Since: since, Limit: 200}
	for {
		page, next, err := s.records.ListIncidents(ctx, tenant, filter)
		if err != nil {
			return nil, false, fmt.Errorf("listing incidents: %w", err)
		}
		all = append(all, page...)
		if next == "" || len(all) >= bound {
			return all, next != "", nil
		}
		filter.Cursor = next
	}
}

// monthStart is when the month began in Japan.
func (now standing) monthStart() time.Time {
	year, month, _ := now.now.In(view.Tokyo()).Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, view.Tokyo())
}

func (now standing) since() time.Time {
	start := dayStart(now.now.Add(-lookBack))
	if month := now.monthStart(); month.Before(start) {
		return month
	}
	return start
}

func (now standing) month() (sum sekisho.Traffic) {
	for _, hour := range now.traffic {
		if !hour.Hour.Before(now.monthStart()) {
			sum.Requests += hour.Requests
			sum.Blocked += hour.Blocked
			sum.Detected += hour.Detected
			sum.Failed += hour.Failed
		}
	}
	return sum
}

func (now standing) monthIncidents() (n int) {
	for _, incident := range now.incidents {
		if incident.Track != sekisho.TrackCare && !incident.Last.Before(now.monthStart()) {
			n++
		}
	}
	return n
}

// lastSeen is the hour of the last request, or zero.
func (now standing) lastSeen() (last time.Time) {
	for _, hour := range now.traffic {
		if hour.Requests > 0 && hour.Hour.After(last) {
			last = hour.Hour
		}
	}
	return last
}

// urgent lists the incidents of rank High that have not rested yet, and that nobody has closed, suppressed or ranked lower.
// What somebody has merely seen stays: seeing it does not mend it.
func (now standing) urgent() (urgent []sekisho.Incident) {
	for _, incident := range now.incidents {
		rank := incident.Severity
		if c, known := now.cases[incident.Case]; known {
			if c.Override != nil {
				rank = *c.Override
			}
			if c.State == sekisho.CaseClosed || c.QuietUntil.After(now.now) {
				continue
			}
		}
		if rank == sekisho.SeverityHigh && now.now.Sub(incident.Last) < quietAfter {
			urgent = append(urgent, incident)
		}
	}
	return urgent
}

// recent are the latest attacks, for the list on the home page.
func (now standing) recent() (recent []sekisho.Incident) {
	for _, incident := range now.incidents {
		if incident.Track != sekisho.TrackCare && len(recent) < maxRecent {
			recent = append(recent, incident)
		}
	}
	return recent
}

func (now standing) in(mode sekisho.Mode) (sites []sekisho.Site) {
	for _, site := range now.sites {
		if site.Mode == mode {
			sites = append(sites, site)
		}
	}
	return sites
}

// stale reports that requests came before, and none for a day.
func (now standing) stale() bool {
	last := now.lastSeen()
	return !last.IsZero() && now.now.Sub(last.Add(time.Hour)) > staleAfter
}

func dayStart(t time.Time) time.Time {
	year, month, day := t.In(view.Tokyo()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, view.Tokyo())
}
