package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

// sensors shows whether each device is heard, and what became of what it sent. What nobody could read is shown to
// operators: it is they who can have a decoder made.
func (s *Server) sensors(v *visit) (reply, error) {
	list, err := s.records.ListSensors(v.ctx(), v.tenant.ID)
	if err != nil {
		return reply{}, fmt.Errorf("listing sensors of %s: %w", v.tenant.ID, err)
	}
	states := map[sekisho.SensorID]sekisho.SensorState{}
	if s.watch.sensors != nil {
		states = s.watch.sensors()
	}
	var page view.Sensors
	for _, sensor := range list {
		state, known := states[sensor.ID]
		row := view.Sensor{
			Name: view.Show(sensor.Name), Site: view.Visible(sensor.Site), Status: sensorStatus(state, known), Last: view.At(state.Last),
			Silent: view.At(state.Silent), Gap: view.Span(state.Gap), Formats: view.Show(strings.Join(state.Formats, ", ")), Known: known,
			Received: int64(state.Received), Parsed: int64(state.Parsed), Unparsed: int64(state.Unparsed), Rejected: int64(state.Rejected), //nolint:gosec // counts of records
		}
		if v.operator() {
			row.Samples = view.ShowAll(state.Samples)
		}
		page.Sensors = append(page.Sensors, row)
	}
	slices.SortStableFunc(page.Sensors, func(a, b view.Sensor) int { return cmp.Compare(a.Status.Urgency(), b.Status.Urgency()) })
	return reply{page: page, title: view.Say("sensors.title"), section: "sensors", live: true}, nil
}

// sensorStatus is the one word on a sensor; the first that holds wins.
func sensorStatus(state sekisho.SensorState, known bool) view.SensorStatus {
	switch {
	case !known:
		return view.SensorUnknown
	case !state.Silent.IsZero():
		return view.SensorSilent
	case state.Received == 0:
		return view.SensorWaiting
	case state.Parsed == 0:
		return view.SensorUnread
	}
	return view.SensorHeard
}
