package view

import "github.com/sekisho-waf/sekisho"

// EventRow is one event in a timeline.
type EventRow struct {
	Href    string
	Number  string // as the block page prints it
	Time    Time
	Action  sekisho.Action
	Count   int
	Source  sekisho.Source  // one that has a word
	Outcome sekisho.Outcome // one that has a word
	Sensor  Evidence
	Method  Evidence // of a request
	Path    Evidence
	What    Evidence // of a sensor: what it saw
	Where   Evidence // of a sensor: on which machine, or between which
}

// Event is one thing that a sensor saw: what the number on the block page leads to.
type Event struct {
	Number   string // as the block page prints it
	Time     Time
	Action   sekisho.Action
	Source   sekisho.Source // one that has a word
	Request  bool           // a request to a site of ours; else what a sensor wrote
	Device   []Field
	Raw      Evidence // an operator sees what the sensor sent
	Site     string
	Count    int
	Client   Evidence
	Incident *IncidentRow
	Back     string

	Method       Evidence
	Path         Evidence
	URL          Evidence
	UserAgent    Evidence
	Class        Evidence
	Family       Evidence
	Outcome      sekisho.Outcome
	Reason       Evidence
	Status       int
	OriginStatus int
	Score        int
	Matches      []Match
}

// Field is one thing that a sensor said, by its message key.
type Field struct {
	Label string
	Value Evidence
}

// Match is one rule that matched, as evidence.
type Match struct {
	RuleID   int
	Message  Evidence
	Variable Evidence
	Data     Evidence
	Score    int
}

// Template names the template.
func (Event) Template() string { return "event" }

// Find is the answer when a number leads to no event.
type Find struct {
	Asked   Evidence
	Problem string // message key: what is wrong with the number, or that nothing is on record
}

// Template names the template.
func (Find) Template() string { return "find" }
