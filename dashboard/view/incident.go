package view

import "github.com/sekisho-waf/sekisho"

// Incident tells what happened, why it ranks so, what it means and what to do; then the evidence, folded.
type Incident struct {
	Row       IncidentRow
	Call      bool // a person comes first
	Care      bool // how machines are kept, and no attack
	Case      *Case
	About     string
	Why       string
	Effect    string
	Advice    string
	First     Time
	Actors    int
	Outcomes  []OutcomeCount
	Continued string // address of the incident that this one continues
	Events    []EventRow
	Next      string // address of older events
	Later     bool   // this is not the first page of events
	Back      string

	Technical Technical
}

// OutcomeCount says how many events ended in one way.
type OutcomeCount struct {
	Outcome sekisho.Outcome
	Count   int
}

// Technical is the folded part, for whoever maintains the site.
type Technical struct {
	ID        string
	Key       Evidence
	Class     string
	Family    Evidence
	Terms     sekisho.Terms
	Reasons   []Evidence
	Guard     Evidence
	Rules     []Tally
	Paths     []Tally
	Addresses []Tally
	Sample    int // how many events the three tallies are made of
}

// Tally is a value and how often it came.
type Tally struct {
	Value Evidence
	Count int
}

// Template names the template.
func (Incident) Template() string { return "incident" }
