package view

import "github.com/sekisho-waf/sekisho"

// EventRow is one event in a timeline.
type EventRow struct {
	Href   string
	Number string // as the block page prints it
	Time   Time
	Action sekisho.Action
	Count  int
	Method Evidence
	Path   Evidence
}

// Event is one thing that a sensor saw: what the number on the block page leads to.
type Event struct {
	Number   string // as the block page prints it
	Time     Time
	Action   sekisho.Action
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
