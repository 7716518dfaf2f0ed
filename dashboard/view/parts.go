package view

import "github.com/sekisho-waf/sekisho"

// IncidentRow is one incident in a list.
type IncidentRow struct {
	Href   string
	Rank   sekisho.Severity
	ByHand bool   // the rank is an analyst's
	State  string // message key of who has looked; empty when it has no case
	Title  string
	Site   string
	Count  int
	Last   Time
}

// Figure is a number that may be unknown. Unknown is printed as such, never as 0.
type Figure struct {
	Label string // message key
	Note  string // message key, or empty
	Tone  string // "stopped" or empty
	Value int64
	Known bool
	More  bool // there are more than Value
}

// None reports that there is certainly nothing.
func (f Figure) None() bool { return f.Known && f.Value == 0 }

// ActionOther stands for an action of a sensor that has no word here.
const ActionOther sekisho.Action = "other"

// KnownAction returns an action that the catalogues have a word for.
func KnownAction(action sekisho.Action) sekisho.Action {
	switch action {
	case sekisho.ActionPassed, sekisho.ActionDetected, sekisho.ActionBlocked, sekisho.ActionRefused, sekisho.ActionFailed:
		return action
	}
	return ActionOther
}

// KnownOutcome returns an outcome that the catalogues have a word for.
func KnownOutcome(outcome sekisho.Outcome) sekisho.Outcome {
	switch outcome {
	case sekisho.OutcomePrevented, sekisho.OutcomeRefused, sekisho.OutcomeContained, sekisho.OutcomeRedirected,
		sekisho.OutcomeDetected, sekisho.OutcomeErrored, sekisho.OutcomeSucceeded:
		return outcome
	}
	return sekisho.OutcomeUnknown
}

// SourceOther stands for a kind of sensor that has no word here.
const SourceOther sekisho.Source = "other"

// KnownSource returns a source that the catalogues have a word, and the style sheet a shape, for.
func KnownSource(source sekisho.Source) sekisho.Source {
	switch source {
	case sekisho.SourceWAF, sekisho.SourceUTM, sekisho.SourceEDR, sekisho.SourceWeb:
		return source
	}
	return SourceOther
}
