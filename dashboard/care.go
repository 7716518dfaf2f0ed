package dashboard

import (
	"fmt"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

// careLines are the parts of a PC's report, in the order in which they stand on the page.
var careLines = []string{"disk", "file", "install", "usb", "wifi", "web", ""}

// care lists what is no attack: how machines are used and kept, and whether those that keep watch do. It is told in a voice of
// its own and counted apart, so that a USB stick never looks like a break-in.
func (s *Server) care(v *visit) (reply, error) {
	incidents, more, err := s.incidentsSince(v.ctx(), v.tenant.ID, v.now.Add(-lookBack))
	if err != nil {
		return reply{}, fmt.Errorf("listing care of %s: %w", v.tenant.ID, err)
	}
	lines := map[string][]view.IncidentRow{}
	known := map[string]bool{}
	for _, line := range careLines {
		known[line] = true
	}
	var shown []sekisho.Incident
	for _, incident := range incidents {
		if incident.Track == sekisho.TrackCare {
			shown = append(shown, incident)
		}
	}
	cases := s.casesOf(v, shown)
	for _, incident := range shown {
		line := incident.Care
		if !known[line] {
			line = ""
		}
		lines[line] = append(lines[line], s.incidentRow(v, incident, cases))
	}
	page := view.Care{Back: v.path("/incidents"), More: more}
	for _, line := range careLines {
		if len(lines[line]) == 0 {
			continue
		}
		key := "care.line." + line
		if line == "" {
			key = "care.line.other"
		}
		page.Lines = append(page.Lines, view.CareLine{Label: key, Rows: lines[line]})
	}
	return reply{page: page, title: view.Say("care.title"), section: "incidents", live: true}, nil
}
