package sekisho

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// CaseAction is what a person does with a case.
type CaseAction struct {
	Do       ChangeKind  `json:"do"`
	By       string      `json:"by"` // who does it: an address of the portal, or a user of the machine
	Reason   string      `json:"reason,omitempty"`
	Verdict  CaseVerdict `json:"verdict,omitempty"`  // of ChangeVerdict, and at will of ChangeClosed
	Severity *Severity   `json:"severity,omitempty"` // of ChangeVerdict: the analyst's own rank
	Until    time.Time   `json:"until,omitzero"`     // of ChangeSuppressed
}

const (
	longestReason      = 1000
	longestBy          = 200
	longestSuppression = 400 * 24 * time.Hour
)

// Do returns the case behind an action, and the change to store with it; of ChangeSuppressed also the suppression that
// keeps later cases of the same kind quiet. The case itself stays as it is. An action that does not fit, or lacks its
// reason, is KindInvalid.
func (c Case) Do(a CaseAction, now time.Time) (Case, Change, *Suppression, error) {
	now = now.UTC()
	a.By, a.Reason = strings.TrimSpace(a.By), strings.TrimSpace(a.Reason)
	if err := c.check(a, now); err != nil {
		return c, Change{}, nil, err
	}
	var quiet *Suppression
	switch a.Do {
	case ChangeAcknowledged:
		c.State = max(c.State, CaseAcknowledged)
	case ChangeStarted:
		c.State, c.Owner = CaseInProgress, a.By
	case ChangeClosed:
		c.State = CaseClosed
		if a.Verdict != "" {
			c.Verdict, c.Reason = a.Verdict, a.Reason
		}
	case ChangeReopenedBy:
		c.State = CaseInProgress
	case ChangeVerdict:
		c.Verdict, c.Reason, c.Override = a.Verdict, a.Reason, a.Severity
	case ChangeSuppressed:
		c.QuietUntil, c.Reason = a.Until.UTC(), a.Reason
		quiet = &Suppression{
			ID: SuppressionID(newID(now)), Tenant: c.Tenant, Case: c.ID, Key: c.Key, Family: c.Family, Outcome: c.Outcome,
			Severity: c.Severity, By: a.By, Reason: a.Reason, Created: now, Expires: a.Until.UTC(),
		}
	case ChangeUnsuppressed:
		c.QuietUntil = time.Time{}
	}
	c.Updated = now
	change := c.next(a.Do, now)
	change.By, change.Reason, change.Verdict, change.Until = a.By, a.Reason, a.Verdict, a.Until
	c.Revision = change.Revision
	return c, change, quiet, nil
}

// next makes the change that brings the case to its next revision, without altering the case.
func (c Case) next(kind ChangeKind, now time.Time) Change {
	return Change{
		Tenant: c.Tenant, Case: c.ID, Revision: c.Revision + 1, Incident: c.Incident, Time: now, Kind: kind,
		State: c.State, Severity: c.Rank(), Outcome: c.Outcome,
	}
}

func (c Case) check(a CaseAction, now time.Time) error {
	switch {
	case a.By == "" || len(a.By) > longestBy:
		return Invalid("by: say who does this")
	case utf8.RuneCountInString(a.Reason) > longestReason:
		return Invalid(fmt.Sprintf("reason: use at most %d characters", longestReason))
	}
	switch a.Do {
	case ChangeAcknowledged, ChangeStarted:
		if c.State == CaseClosed {
			return Invalid("this case is closed: reopen it first")
		}
		return nil
	case ChangeClosed:
		if a.Verdict != "" {
			return checkVerdict(a)
		}
		return needReason(a)
	case ChangeReopenedBy:
		if c.State != CaseClosed {
			return Invalid("this case is not closed")
		}
		return needReason(a)
	case ChangeVerdict:
		return checkVerdict(a)
	case ChangeSuppressed:
		if !a.Until.After(now) || a.Until.After(now.Add(longestSuppression)) {
			return Invalid("until: use a time from now to 400 days ahead")
		}
		return needReason(a)
	case ChangeUnsuppressed:
		if !c.QuietUntil.After(now) {
			return Invalid("this case is not suppressed")
		}
		return needReason(a)
	case ChangeNoted:
		return needReason(a)
	}
	return Invalid(fmt.Sprintf("%q is nothing that a person does with a case", a.Do))
}

func checkVerdict(a CaseAction) error {
	switch a.Verdict {
	case VerdictThreat, VerdictSuspicious, VerdictClean:
		return needReason(a)
	}
	return Invalid(fmt.Sprintf("verdict %q: use threat, suspicious or clean", a.Verdict))
}

func needReason(a CaseAction) error {
	if a.Reason == "" {
		return Invalid("reason: say why, for whoever reads this later")
	}
	return nil
}

// Turn is [Case.Do] for the incident engine: it returns the case at its next revision and the change to store with it.
func (c Case) Turn(kind ChangeKind, tell Tell, now time.Time) (Case, Change) {
	c.Updated = now.UTC()
	change := c.next(kind, c.Updated)
	change.Tell = tell
	c.Revision = change.Revision
	return c, change
}
