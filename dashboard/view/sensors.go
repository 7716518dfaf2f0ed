package view

import (
	"slices"
	"time"
)

// Sensors lists the devices whose records a tenant sends us, those that need somebody first.
type Sensors struct {
	Sensors []Sensor
}

// Sensor is one device. Received is Parsed + Unparsed + Rejected.
type Sensor struct {
	Name     Evidence
	Site     string // whose access log it is
	Status   SensorStatus
	Known    bool // false: its counts are not known here
	Last     Time
	Silent   Time    // since when; zero when it is not
	Gap      Message // the longest pause that is usual for it; no key when not known
	Formats  Evidence
	Received int64
	Parsed   int64
	Unparsed int64
	Rejected int64
	Samples  []Evidence // records that nobody could read; operators only
}

// SensorStatus is a sensor's state in one word.
type SensorStatus string

// Sensor states. Each has a word, a shape and a colour.
const (
	SensorSilent  SensorStatus = "silent"  // it said something before, and now does not
	SensorUnread  SensorStatus = "unread"  // what it sends cannot be read
	SensorUnknown SensorStatus = "unknown" // nothing is known of it here
	SensorWaiting SensorStatus = "waiting" // it has sent nothing yet
	SensorHeard   SensorStatus = "heard"
)

// Urgency orders states: what needs somebody is the lowest.
func (s SensorStatus) Urgency() int {
	return slices.Index([]SensorStatus{SensorSilent, SensorUnread, SensorUnknown, SensorWaiting, SensorHeard}, s)
}

// Span says how long something lasts, in the largest unit that fits; without a key for nothing.
func Span(d time.Duration) Message {
	switch {
	case d <= 0:
		return Message{}
	case d >= 48*time.Hour || d%(24*time.Hour) == 0:
		return Say("span.days", "Count", int(d/(24*time.Hour)))
	case d >= 2*time.Hour || d%time.Hour == 0:
		return Say("span.hours", "Count", int(d/time.Hour))
	case d >= time.Minute:
		return Say("span.minutes", "Count", int(d/time.Minute))
	}
	return Say("span.seconds", "Count", max(int(d/time.Second), 1))
}

// Template names the template.
func (Sensors) Template() string { return "sensors" }
