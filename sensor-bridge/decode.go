package sensorbridge

import (
	"fmt"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/redact"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Marks, as stored in Event.Marks.
const (
	MarkUnparsed = "unparsed" // no decoder knew the record; it is kept, counted and not scored
	MarkCut      = "cut"      // a transport cut the end off
	MarkRelayed  = "relayed"  // a relay put its own header around it
)

// FormatUnknown is the Format of a record that no decoder knew.
const FormatUnknown = "unknown"

// Decode reads a record with the decoder that knows it and returns a complete event, but for what the record cannot know:
// ID, tenant, sensor and site. A record that nobody knows gives an event of class noise, marked [MarkUnparsed].
func Decode(r *line.Record) sekisho.Event {
	return decodeWith(r, formats)
}

// Find returns a function that decodes as the named format only, or KindInvalid with the names that there are.
func Find(name string) (func(*line.Record) sekisho.Event, error) {
	for _, f := range formats {
		if f.name == name {
			return func(r *line.Record) sekisho.Event { return decodeWith(r, []format{f}) }, nil
		}
	}
	return nil, sekisho.Invalid(fmt.Sprintf("format %q: use one of %s", name, strings.Join(Formats(), ", ")))
}

func decodeWith(r *line.Record, candidates []format) sekisho.Event {
	var e sekisho.Event
	for _, f := range candidates {
		if f.decode(r, &e) {
			if e.Format == "" {
				e.Format = f.name
			}
			finish(r, &e)
			return e
		}
	}
	e = sekisho.Event{
		Source: sekisho.SourceUTM, Format: FormatUnknown, Class: sekisho.ClassNoise, Outcome: sekisho.OutcomeUnknown,
		Marks: []string{MarkUnparsed},
	}
	finish(r, &e)
	return e
}

// finish fills what every event has and no decoder needs to think of.
func finish(r *line.Record, e *sekisho.Event) {
	finishTime(r, e)
	if e.Device == "" {
		e.Device = r.Host
	}
	if e.Direction == "" {
		e.Direction = field.Direction(e.SrcIP, e.DstIP)
	}
	if e.Class == "" {
		e.Class = sekisho.ClassNoise
	}
	if e.Outcome == "" || e.Class == sekisho.ClassNoise && e.Outcome == sekisho.OutcomeDetected {
		e.Outcome = sekisho.OutcomeUnknown // nothing was found that could have been stopped
	}
	if e.Format != FormatUnknown {
		e.Action = actionOf(e)
	}
	if e.Host == "" && e.Class == sekisho.ClassSensorFault {
		e.Host = e.Device // the machine that it is about is the sensor itself
	}
	e.Count = max(1, e.Count, r.Repeated)
	if r.Cut {
		e.Marks = append(e.Marks, MarkCut)
	}
	if r.Relay != "" {
		e.Marks = append(e.Marks, MarkRelayed)
	}
	finishText(r, e)
}

func finishTime(r *line.Record, e *sekisho.Event) {
	switch {
	case !e.Time.IsZero():
		e.Time = e.Time.UTC()
	case !r.Time.IsZero():
		e.Time, e.Trust = r.Time, r.Trust
	default:
		e.Time, e.Trust = r.Received.UTC(), sekisho.TimeReceived
	}
}

// actionOf says in the proxy's words what the sensor did; see the package comment.
func actionOf(e *sekisho.Event) sekisho.Action {
	switch e.Outcome {
	case sekisho.OutcomePrevented, sekisho.OutcomeRefused, sekisho.OutcomeContained:
		return sekisho.ActionBlocked
	}
	if e.Class == sekisho.ClassNoise {
		return sekisho.ActionPassed
	}
	return sekisho.ActionDetected
}

// Lengths of what is kept, in bytes. A raw record is kept whole up to maxRaw, which is more than any syslog transport carries.
const (
	maxRaw  = 16 << 10
	maxText = 2048
	maxWord = 256
)

// finishText hides secrets in what is kept and bounds its length. Every text of a sensor may hold a password: the URL that
// a proxy logs, the command line of an EDR, the raw record itself.
func finishText(r *line.Record, e *sekisho.Event) {
	for _, text := range []*string{&e.URL, &e.Path, &e.Process, &e.Signature, &e.File, &e.UserAgent, &e.User} {
		*text = redact.Line(*text, maxText)
	}
	for _, word := range []*string{
		&e.Vendor, &e.Product, &e.Device, &e.Family, &e.Verb, &e.Severity, &e.Code, &e.Protocol, &e.Host, &e.Hash, &e.Category, &e.Method,
	} {
		if len(*word) > maxWord {
			*word = redact.Clip(*word, maxWord)
		}
	}
	e.Raw = redact.Line(r.Raw, maxRaw)
}
