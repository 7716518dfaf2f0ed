package sensorbridge

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	gapDays      = 7              // the usual pause is the longest of as many days: nights and weekends are among them
	learnRecords = 10             // before as many records nobody knows what is usual
	neverHeard   = 24 * time.Hour // a new sensor that has not sent anything by then is silent
	silentFactor = 1.5            // of the usual pause; twice would be the latest
	longestQuiet = 26 * time.Hour // whatever was usual, a day and a bit without a word is silence
	day          = 24 * time.Hour
)

// heard notes that the sensor sent something. The caller holds mu.
func (in *intake) heard(now time.Time) {
	s := &in.state
	in.dirty = true
	if today := now.Unix() / int64(day/time.Second); today != s.Today {
		missed := min(max(today-s.Today, 1), gapDays)
		s.Gaps = append(s.Gaps, make([]time.Duration, missed)...)
		if extra := len(s.Gaps) - gapDays; extra > 0 {
			s.Gaps = slices.Clone(s.Gaps[extra:])
		}
		s.Today = today
	}
	// A pause during which we did not listen, or that we called silence, teaches nothing.
	if since := in.bridge.listeningSince(); !s.Last.IsZero() && s.Silent.IsZero() && s.Last.After(since) {
		if pause := now.Sub(s.Last); pause > s.Gaps[len(s.Gaps)-1] {
			s.Gaps[len(s.Gaps)-1] = pause
			s.Gap = slices.Max(s.Gaps)
		}
	}
	s.Last, s.Silent = now, time.Time{}
}

// patience is how long the sensor may say nothing before that is an incident.
func (in *intake) patience(state *sekisho.SensorState) time.Duration {
	if state.Received < learnRecords || state.Gap == 0 {
		return neverHeard
	}
	wait := time.Duration(silentFactor * float64(state.Gap))
	return min(max(wait, in.bridge.cfg.QuietAtLeast), longestQuiet)
}

// lookForSilence reports each sensor once that has fallen silent. Before started nobody listened.
func (b *Bridge) lookForSilence(started, now time.Time) {
	b.mu.Lock()
	intakes := make([]*intake, 0, len(b.intakes))
	for _, in := range b.intakes {
		intakes = append(intakes, in)
	}
	b.mu.Unlock()
	for _, in := range intakes {
		in.mu.Lock()
		since := in.state.Last
		if since.Before(started) {
			since = started
		}
		if since.Before(in.sensor.Created) {
			since = in.sensor.Created
		}
		silent := in.state.Silent.IsZero() && now.Sub(since) > in.patience(&in.state)
		if silent {
			in.state.Silent, in.dirty = since, true
		}
		last := in.state.Last
		in.mu.Unlock()
		if silent {
			in.reportSilence(last, now)
		}
	}
}

// reportSilence makes an event of a sensor's silence. It is not among the sensor's own records and not counted as one.
func (in *intake) reportSilence(last, now time.Time) {
	what := "no record has ever come"
	if !last.IsZero() {
		what = fmt.Sprintf("no record since %s", last.UTC().Format(time.RFC3339))
	}
	e := sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now.UTC(), Trust: sekisho.TimeExact, Tenant: in.sensor.Tenant, SiteID: in.sensor.SiteID, Site: in.sensor.Site,
		Source: sekisho.SourceUTM, Vendor: "Sekisho", Product: "sensor bridge", Sensor: in.sensor.Name, Device: in.sensor.Name, Host: in.sensor.Name,
		Format: "sensor_silent", Class: sekisho.ClassSensorSilent, Family: "sensor_silent", Outcome: sekisho.OutcomeSucceeded,
		Action: sekisho.ActionDetected, Signature: what, Count: 1,
	}
	if err := in.bridge.deps.Sink.Append(e); err != nil {
		in.bridge.log.Error("silence of a sensor not recorded", slog.String("sensor", in.sensor.Name), obs.Err(err))
		in.mu.Lock()
		in.state.Silent = time.Time{} // next time
		in.mu.Unlock()
	}
}
