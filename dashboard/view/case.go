package view

import "github.com/sekisho-waf/sekisho"

// Case is who answers for an incident, what was found, and what this reader may do about it.
type Case struct {
	State      sekisho.CaseState
	Owner      string
	Verdict    string // message key; empty while nobody has said
	Reason     Evidence
	Override   string           // rank chosen by hand; empty for the computed one
	Rank       sekisho.Severity // what people see
	QuietUntil Time             // zero when it is not suppressed now
	Incidents  int

	Action   string // address that the forms post to
	Incident string // where the forms lead back to
	Operator bool   // may do everything; an owner may acknowledge
	Days     []int  // for how long it can be suppressed

	Changes []Change // newest first
	More    bool     // there are older ones
	Known   bool     // false: the changes could not be read
}

// Closed reports that nothing is left to do.
func (c Case) Closed() bool { return c.State == sekisho.CaseClosed }

// Unseen reports that nobody has looked yet.
func (c Case) Unseen() bool { return c.State == sekisho.CaseNew }

// Change is one line of a case's history.
type Change struct {
	Time    Time
	What    string // message key
	By      Evidence
	Reason  Evidence
	Verdict string // message key; empty for none
	Until   Time   // of a suppression
}

// KnownState keeps a state that a later version stored from breaking a page.
func KnownState(state sekisho.CaseState) sekisho.CaseState {
	if state > sekisho.CaseClosed {
		return sekisho.CaseInProgress
	}
	return state
}

// VerdictWord is the message key of a verdict; empty for none, and for one that has no word here.
func VerdictWord(verdict sekisho.CaseVerdict) string {
	switch verdict {
	case sekisho.VerdictThreat, sekisho.VerdictSuspicious, sekisho.VerdictClean:
		return "case.verdict." + string(verdict)
	}
	return ""
}

// ChangeWord is the message key of what happened to a case.
func ChangeWord(kind sekisho.ChangeKind) string {
	switch kind {
	case sekisho.ChangeOpened, sekisho.ChangeContinued, sekisho.ChangeRaised, sekisho.ChangeWorsened, sekisho.ChangeReopened,
		sekisho.ChangeBrokeThrough, sekisho.ChangeResumed, sekisho.ChangeAcknowledged, sekisho.ChangeStarted, sekisho.ChangeClosed,
		sekisho.ChangeReopenedBy, sekisho.ChangeVerdict, sekisho.ChangeSuppressed, sekisho.ChangeUnsuppressed, sekisho.ChangeNoted:
		return "change." + string(kind)
	}
	return "change.other"
}
