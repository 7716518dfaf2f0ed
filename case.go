package sekisho

import "time"

// CaseState says where a case stands. Higher is further along.
type CaseState uint8

// Case states. The zero state is the one that asks for somebody.
const (
	CaseNew          CaseState = iota // nobody has looked at it yet
	CaseAcknowledged                  // somebody has seen it
	CaseInProgress                    // somebody is working on it
	CaseClosed                        // nothing is left to do, until something worse happens
)

var caseStateNames = names[CaseState]{"new", "acknowledged", "in_progress", "closed"}

// String returns the state's stored name.
func (s CaseState) String() string { return caseStateNames.text(s) }

// MarshalText writes the state's name.
func (s CaseState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name; an unknown one is KindInvalid.
func (s *CaseState) UnmarshalText(text []byte) error {
	return caseStateNames.parse(s, "state", text)
}

// CaseVerdict is what an analyst found a case to be; empty while nobody has said.
type CaseVerdict string

// Verdicts on a case.
const (
	VerdictThreat     CaseVerdict = "threat"     // it is what it looks like
	VerdictSuspicious CaseVerdict = "suspicious" // still open: more has to be looked at
	VerdictClean      CaseVerdict = "clean"      // harmless, or our own doing
)

// Case is a story that somebody answers for: an incident, and those that continue it. The score says how bad it is; the
// case says who has looked, what they found, and what was told. People change it by [Case.Do], the incident engine when
// something new or worse happens; both write it with the next Revision, so that neither overwrites the other.
type Case struct {
	ID       CaseID     `json:"id"` // that of its first incident
	Tenant   TenantID   `json:"tenant"`
	Incident IncidentID `json:"incident"` // the latest of its incidents
	SiteID   SiteID     `json:"site_id,omitempty"`
	Site     string     `json:"site,omitempty"`
	Key      string     `json:"key"`
	Class    Class      `json:"class"`
	Family   string     `json:"family"`
	Track    Track      `json:"track,omitempty"` // of its first incident

	State    CaseState `json:"state"`
	Severity Severity  `json:"severity"` // the highest so far, as computed
	Outcome  Outcome   `json:"outcome"`  // the worst so far

	Owner      string      `json:"owner,omitempty"` // who works on it
	Verdict    CaseVerdict `json:"verdict,omitempty"`
	Override   *Severity   `json:"override,omitempty"`   // an analyst's rank, beside the computed one
	QuietUntil time.Time   `json:"quiet_until,omitzero"` // suppressed until then, unless it gets worse
	Reason     string      `json:"reason,omitempty"`     // of the last verdict, override or suppression
	Opened     time.Time   `json:"opened"`               // UTC, as the others
	Updated    time.Time   `json:"updated"`              // of the last change
	Last       time.Time   `json:"last"`                 // of its events, when it last changed
	Incidents  int         `json:"incidents"`            // how many incidents it holds
	Revision   int64       `json:"revision"`             // counts its changes, from 1
}

// Rank is what people see: the analyst's rank, or else the computed one.
func (c Case) Rank() Severity {
	if c.Override != nil {
		return *c.Override
	}
	return c.Severity
}

// ChangeKind says what happened to a case.
type ChangeKind string

// Kinds of change. The first group is the incident engine's, the second is people's.
const (
	ChangeOpened       ChangeKind = "opened"
	ChangeContinued    ChangeKind = "continued"     // another incident of the same story
	ChangeRaised       ChangeKind = "raised"        // to a higher rank
	ChangeWorsened     ChangeKind = "worsened"      // a worse outcome, at the same rank
	ChangeReopened     ChangeKind = "reopened"      // it was closed, and something worse happened
	ChangeBrokeThrough ChangeKind = "broke_through" // it was suppressed, and something worse happened
	ChangeResumed      ChangeKind = "resumed"       // the time of its suppression is over, and it goes on

	ChangeAcknowledged ChangeKind = "acknowledged"
	ChangeStarted      ChangeKind = "started"
	ChangeClosed       ChangeKind = "closed"
	ChangeReopenedBy   ChangeKind = "reopened_by_hand"
	ChangeVerdict      ChangeKind = "verdict"
	ChangeSuppressed   ChangeKind = "suppressed"
	ChangeUnsuppressed ChangeKind = "unsuppressed"
	ChangeNoted        ChangeKind = "noted"
)

// Tell is how somebody outside hears of a change. Only changes are ever told, and most are not.
type Tell string

// Ways to tell, from quiet to loud.
const (
	TellNobody Tell = ""       // shown in the portal only
	TellReport Tell = "report" // counts in the monthly report
	TellDigest Tell = "digest" // stands in the digest of the day
	TellNow    Tell = "now"    // a message of its own, at once
)

// TellOf is how a rank is told.
func TellOf(s Severity) Tell {
	switch s {
	case SeverityHigh:
		return TellNow
	case SeverityMedium:
		return TellDigest
	case SeverityLow:
		return TellReport
	}
	return TellNobody
}

// Change is one entry in the life of a case: who did what when, and why. Changes are never altered. Case and Revision
// together name one, once.
type Change struct {
	Tenant   TenantID    `json:"tenant"`
	Case     CaseID      `json:"case"`
	Revision int64       `json:"revision"`
	Incident IncidentID  `json:"incident"`
	Time     time.Time   `json:"time"` // UTC
	Kind     ChangeKind  `json:"kind"`
	By       string      `json:"by,omitempty"` // who did it; empty for Sekisho itself
	Reason   string      `json:"reason,omitempty"`
	State    CaseState   `json:"state"`    // behind the change, as the next two
	Severity Severity    `json:"severity"` // the rank that people see
	Outcome  Outcome     `json:"outcome,omitempty"`
	Verdict  CaseVerdict `json:"verdict,omitempty"`
	Until    time.Time   `json:"until,omitzero"` // of a suppression
	Tell     Tell        `json:"tell,omitempty"`
}

// Suppression keeps what is known and harmless from being told, until it expires. It is still counted and shown, and it
// ends early for a case that has a worse outcome or a higher rank than what was suppressed.
type Suppression struct {
	ID       SuppressionID `json:"id"`
	Tenant   TenantID      `json:"tenant"`
	Case     CaseID        `json:"case"` // that it was made for
	Key      string        `json:"key"`  // of the incidents it holds for, as the family
	Family   string        `json:"family"`
	Outcome  Outcome       `json:"outcome"` // the worst that was known when it was made
	Severity Severity      `json:"severity"`
	By       string        `json:"by"`
	Reason   string        `json:"reason"`
	Created  time.Time     `json:"created"`
	Expires  time.Time     `json:"expires"`
}

// Desk is what the incident engine must know of the cases it is about to change.
type Desk struct {
	Cases        []Case
	Suppressions []Suppression // those that hold now
}
