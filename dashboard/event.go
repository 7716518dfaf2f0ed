package dashboard

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

// event shows one sighting: where the number on the block page leads.
func (s *Server) event(v *visit) (reply, error) {
	id, err := sekisho.ParseEventID(v.r.PathValue("event"))
	if err != nil {
		return reply{}, errNoPage
	}
	event, err := s.records.FindEvent(v.ctx(), v.tenant.ID, id)
	if err != nil {
		return reply{}, fmt.Errorf("showing event %s of %s: %w", id, v.tenant.ID, err)
	}
	action := view.KnownAction(event.Action)
	page := view.Event{
		Number: event.ID.Display(), Time: view.At(event.Time), Action: action, Site: view.Visible(event.Site), Count: event.Count,
		Back: v.path("/incidents"), Method: view.Show(event.Method), Path: view.Show(event.Path), URL: view.Show(event.URL),
		UserAgent: view.Show(event.UserAgent), Class: view.Show(string(event.Class)), Family: view.Show(event.Family),
		Outcome: view.KnownOutcome(event.Outcome), Reason: view.Show(string(event.Reason)), Status: event.Status,
		OriginStatus: event.OriginStatus, Score: event.Score,
	}
	page.Source, page.Request = view.KnownSource(event.Source), event.Source == sekisho.SourceWAF
	if !page.Request {
		page.Device = deviceFields(event)
		if v.operator() {
			page.Raw = view.Show(event.Raw)
		}
	}
	if event.SrcIP.IsValid() {
		page.Client = view.Show(event.SrcIP.String())
	}
	for _, match := range event.Matches {
		page.Matches = append(page.Matches, view.Match{
			RuleID: match.RuleID, Message: view.Show(match.Message), Variable: view.Show(match.Variable),
			Data: view.Show(match.Data), Score: match.Score,
		})
	}
	if event.Incident != "" {
		incident, err := s.records.FindIncident(v.ctx(), v.tenant.ID, event.Incident)
		switch {
		case err == nil:
			row := s.incidentRow(v, incident, nil)
			page.Incident, page.Back = &row, row.Href
		case sekisho.KindOf(err) != sekisho.KindNotFound:
			return reply{}, fmt.Errorf("showing the incident of event %s of %s: %w", id, v.tenant.ID, err)
		}
	}
	title := "event." + string(action)
	if !page.Request {
		title = "event.of_" + string(page.Source)
	}
	return reply{page: page, title: view.Say(title), section: "incidents"}, nil
}

// deviceFields are what a sensor said, in the order in which a person asks.
func deviceFields(event sekisho.Event) (fields []view.Field) {
	destination := ""
	if event.DstIP.IsValid() {
		destination = event.DstIP.String()
		if event.DstPort != 0 {
			destination = netip.AddrPortFrom(event.DstIP, event.DstPort).String()
		}
	}
	for _, field := range []struct{ label, value string }{
		{"tech.sensor", event.Sensor},
		{"tech.device", strings.TrimSpace(event.Vendor + " " + event.Product + " " + event.Device)},
		{"tech.signature", strings.TrimSpace(event.Signature + " " + event.Code)},
		{"tech.verb", event.Verb},
		{"tech.host", event.Host},
		{"tech.user", event.User},
		{"tech.destination", destination},
		{"tech.protocol", event.Protocol},
		{"tech.process", event.Process},
		{"tech.file", event.File},
		{"tech.hash", event.Hash},
		{"tech.category", event.Category},
	} {
		if field.value != "" {
			fields = append(fields, view.Field{Label: field.label, Value: view.Show(field.value)})
		}
	}
	return fields
}
