package dashboard

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

const (
	eventsPage = 30
	tallyTop   = 10
)

// incident tells one incident: in plain words first, then its timeline, then the evidence.
func (s *Server) incident(v *visit) (reply, error) {
	id := sekisho.IncidentID(v.r.PathValue("incident"))
	incident, err := s.records.FindIncident(v.ctx(), v.tenant.ID, id)
	if err != nil {
		return reply{}, fmt.Errorf("showing incident %s of %s: %w", id, v.tenant.ID, err)
	}
	cursor := v.r.URL.Query().Get("after")
	events, next, err := s.records.ListEvents(v.ctx(), v.tenant.ID, sekisho.EventFilter{Incident: id, Cursor: cursor, Limit: eventsPage})
	if err != nil {
		return reply{}, fmt.Errorf("showing the events of incident %s of %s: %w", id, v.tenant.ID, err)
	}
	c, changes, err := s.caseOf(v, incident)
	if err != nil {
		return reply{}, err
	}
	lang := string(v.lang)
	words := s.explain(incident)
	row := s.incidentRow(v, incident, nil)
	if c != nil && c.Override != "" {
		row.Rank, row.ByHand = c.Rank, true
	}
	page := view.Incident{
		Row: row, Back: v.path("/incidents"), Case: c, Call: row.Rank == sekisho.SeverityHigh, Care: incident.Track == sekisho.TrackCare,
		About: view.Visible(words.About.In(lang)),
		Why:   view.Visible(words.Why.In(lang)), Effect: view.Visible(words.Effect.In(lang)), Advice: view.Visible(words.Advice.In(lang)),
		First: view.At(incident.First), Actors: incident.Actors, Outcomes: outcomes(incident.Outcomes),
		Later: cursor != "", Technical: technical(incident, events),
	}
	if incident.ContinuedFrom != "" {
		page.Continued = v.path("/incidents/%s", url.PathEscape(string(incident.ContinuedFrom)))
	}
	if next != "" {
		page.Next = page.Row.Href + "?after=" + url.QueryEscape(next)
	}
	if page.Care {
		page.Back = v.path("/care")
	}
	for _, event := range events {
		page.Events = append(page.Events, eventRow(v, event))
	}
	return reply{page: page, title: view.Say("incidents.title"), section: "incidents", live: true, notice: doneWithCase(v, changes)}, nil
}

// eventRow is one line of a timeline on which several sensors speak.
func eventRow(v *visit, event sekisho.Event) view.EventRow {
	row := view.EventRow{
		Href: v.path("/events/%s", url.PathEscape(string(event.ID))), Number: event.ID.Display(), Time: view.At(event.Time), Action: view.KnownAction(event.Action),
		Count: event.Count, Source: view.KnownSource(event.Source), Outcome: view.KnownOutcome(event.Outcome), Sensor: view.Show(event.Sensor), Method: view.Show(event.Method), Path: view.Show(event.Path),
	}
	if event.Source == sekisho.SourceWAF {
		return row
	}
	row.What = view.Show(cmp.Or(event.Signature, event.File, event.Process, event.Category, event.Verb))
	switch src, dst := event.SrcIP, event.DstIP; {
	case event.Host != "":
		row.Where = view.Show(event.Host)
	case src.IsValid() && dst.IsValid():
		row.Where = view.Show(src.String() + " → " + dst.String())
	case src.IsValid():
		row.Where = view.Show(src.String())
	}
	return row
}

// outcomes are listed from bad to harmless.
func outcomes(counts map[sekisho.Outcome]int) []view.OutcomeCount {
	worst := []sekisho.Outcome{
		sekisho.OutcomeSucceeded, sekisho.OutcomeErrored, sekisho.OutcomeDetected, sekisho.OutcomeUnknown,
		sekisho.OutcomeRedirected, sekisho.OutcomeContained, sekisho.OutcomeRefused, sekisho.OutcomePrevented,
	}
	known := map[sekisho.Outcome]int{}
	for outcome, count := range counts {
		known[view.KnownOutcome(outcome)] += count
	}
	var list []view.OutcomeCount
	for _, outcome := range worst {
		if known[outcome] > 0 {
			list = append(list, view.OutcomeCount{Outcome: outcome, Count: known[outcome]})
		}
	}
	return list
}

func technical(incident sekisho.Incident, events []sekisho.Event) view.Technical {
	rules, paths, addresses := map[string]int{}, map[string]int{}, map[string]int{}
	for _, event := range events {
		n := max(event.Count, 1)
		for _, id := range event.RuleIDs {
			rules[strconv.Itoa(id)] += n
		}
		if event.Path != "" {
			paths[event.Path] += n
		}
		if event.SrcIP.IsValid() {
			addresses[event.SrcIP.String()] += n
		}
	}
	return view.Technical{
		ID: string(incident.ID), Key: view.Show(incident.Key), Class: view.Visible(string(incident.Class)), Family: view.Show(incident.Family),
		Terms: incident.Terms, Reasons: view.ShowAll(incident.Terms.Reasons), Guard: view.Show(incident.Terms.Guard),
		Rules: tallies(rules), Paths: tallies(paths), Addresses: tallies(addresses), Sample: len(events),
	}
}

// tallies lists the most frequent values first.
func tallies(counts map[string]int) []view.Tally {
	values := make([]string, 0, len(counts))
	for value := range counts {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	var list []view.Tally
	for _, value := range values[:min(tallyTop, len(values))] {
		list = append(list, view.Tally{Value: view.Show(value), Count: counts[value]})
	}
	return list
}
