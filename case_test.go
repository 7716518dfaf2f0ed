package sekisho_test

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestCaseDo_followsTheLifeOfACase(t *testing.T) {
	now := time.Date(2026, 4, 6, 12, 0, 0, 0, time.UTC)
	low := sekisho.SeverityLow
	open := sekisho.Case{ID: "C", Tenant: "yamada", Key: "site:SHOP|sqli", Family: "sqli", Severity: sekisho.SeverityMedium, Outcome: sekisho.OutcomeUnknown, Revision: 3}
	closed, quiet := open, open
	closed.State = sekisho.CaseClosed
	quiet.QuietUntil = now.Add(time.Hour)
	tests := []struct {
		name   string
		from   sekisho.Case
		action sekisho.CaseAction
		want   sekisho.CaseState
		fails  bool
	}{
		{"acknowledged", open, sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato"}, sekisho.CaseAcknowledged, false},
		{"acknowledged by nobody", open, sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: " "}, 0, true},
		{"acknowledged when closed", closed, sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato"}, 0, true},
		{"started", open, sekisho.CaseAction{Do: sekisho.ChangeStarted, By: "sato"}, sekisho.CaseInProgress, false},
		{"closed", open, sekisho.CaseAction{Do: sekisho.ChangeClosed, By: "sato", Reason: "our own test"}, sekisho.CaseClosed, false},
		{"closed with a verdict", open, sekisho.CaseAction{Do: sekisho.ChangeClosed, By: "sato", Reason: "removed", Verdict: sekisho.VerdictThreat}, sekisho.CaseClosed, false},
		{"closed without a reason", open, sekisho.CaseAction{Do: sekisho.ChangeClosed, By: "sato"}, 0, true},
		{"reopened", closed, sekisho.CaseAction{Do: sekisho.ChangeReopenedBy, By: "sato", Reason: "again"}, sekisho.CaseInProgress, false},
		{"reopened while open", open, sekisho.CaseAction{Do: sekisho.ChangeReopenedBy, By: "sato", Reason: "again"}, 0, true},
		{"a verdict", open, sekisho.CaseAction{Do: sekisho.ChangeVerdict, By: "sato", Reason: "known tool", Verdict: sekisho.VerdictClean, Severity: &low}, sekisho.CaseNew, false},
		{"a verdict that is none", open, sekisho.CaseAction{Do: sekisho.ChangeVerdict, By: "sato", Reason: "x", Verdict: "maybe"}, 0, true},
		{"suppressed", open, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "sato", Reason: "x", Until: now.Add(time.Hour)}, sekisho.CaseNew, false},
		{"suppressed for ever", open, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "sato", Reason: "x", Until: now.AddDate(5, 0, 0)}, 0, true},
		{"suppressed in the past", open, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, By: "sato", Reason: "x", Until: now}, 0, true},
		{"unsuppressed", quiet, sekisho.CaseAction{Do: sekisho.ChangeUnsuppressed, By: "sato", Reason: "x"}, sekisho.CaseNew, false},
		{"unsuppressed while it is not", open, sekisho.CaseAction{Do: sekisho.ChangeUnsuppressed, By: "sato", Reason: "x"}, 0, true},
		{"noted", closed, sekisho.CaseAction{Do: sekisho.ChangeNoted, By: "sato", Reason: "called the owner"}, sekisho.CaseClosed, false},
		{"what only the engine does", open, sekisho.CaseAction{Do: sekisho.ChangeRaised, By: "sato", Reason: "x"}, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, change, suppression, err := test.from.Do(test.action, now)
			if test.fails {
				if sekisho.KindOf(err) != sekisho.KindInvalid || sekisho.MessageOf(err) == "" || got.Revision != test.from.Revision {
					t.Errorf("got %+v and error %v, want KindInvalid and the case as it was", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.State != test.want || got.Revision != 4 || change.Revision != 4 || change.By != "sato" || change.Kind != test.action.Do {
				t.Errorf("got %+v by %+v, want state %s at revision 4 by sato", got, change, test.want)
			}
			if (suppression != nil) != (test.action.Do == sekisho.ChangeSuppressed) {
				t.Errorf("got suppression %+v", suppression)
			}
			if suppression != nil && (suppression.Key != open.Key || suppression.Family != "sqli" || suppression.Outcome != sekisho.OutcomeUnknown || !suppression.Expires.Equal(test.action.Until)) {
				t.Errorf("got suppression %+v, want it to hold for what the case is", suppression)
			}
			if test.action.Severity != nil && (got.Rank() != low || got.Severity != sekisho.SeverityMedium) {
				t.Errorf("rank %s beside %s, want the analyst's low beside the computed medium", got.Rank(), got.Severity)
			}
		})
	}
}
