package dashboard

import (
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const changesPage = 50

// suppressionDays are the times that a form offers; longer ones need another way than a button.
var suppressionDays = []int{1, 7, 30, 90}

// caseOf shows who answers for an incident. An incident of before there were cases has none.
func (s *Server) caseOf(v *visit, incident sekisho.Incident) (*view.Case, []sekisho.Change, error) {
	if incident.Case == "" {
		return nil, nil, nil
	}
	c, err := s.records.FindCase(v.ctx(), v.tenant.ID, incident.Case)
	if sekisho.KindOf(err) == sekisho.KindNotFound && err != nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("showing case %s of %s: %w", incident.Case, v.tenant.ID, err)
	}
	shown := &view.Case{
		State: view.KnownState(c.State), Owner: view.Visible(c.Owner), Verdict: view.VerdictWord(c.Verdict), Reason: view.Show(c.Reason), Incidents: c.Incidents,
		Action: v.path("/cases/%s", url.PathEscape(string(c.ID))), Incident: string(incident.ID), Operator: v.operator(), Days: suppressionDays,
	}
	if c.Override != nil {
		shown.Override = knownRank(*c.Override).String()
		shown.Rank = knownRank(*c.Override)
	}
	if c.QuietUntil.After(v.now) {
		shown.QuietUntil = view.Until(c.QuietUntil)
	}
	changes, next, err := s.records.ListChanges(v.ctx(), v.tenant.ID, sekisho.ChangeFilter{Case: c.ID, Limit: changesPage})
	if err != nil { // what happened is worth showing without who did what
		s.log.ErrorContext(v.ctx(), "case without its changes", obs.Tenant(v.tenant.ID), obs.Err(err))
		return shown, nil, nil
	}
	shown.Known, shown.More = true, next != ""
	for _, change := range changes {
		shown.Changes = append(shown.Changes, view.Change{
			Time: view.At(change.Time), What: view.ChangeWord(change.Kind), By: view.Show(change.By), Reason: view.Show(change.Reason),
			Verdict: view.VerdictWord(change.Verdict), Until: view.Until(change.Until),
		})
	}
	return shown, changes, nil
}

// actOnCase does what somebody pressed. An owner may say that it was seen; everything else is an analyst's.
func (s *Server) actOnCase(v *visit) (reply, error) {
	id := sekisho.CaseID(v.r.PathValue("case"))
	action := sekisho.CaseAction{Do: sekisho.ChangeKind(v.r.PostFormValue("do")), By: v.user.Email, Reason: v.r.PostFormValue("reason")}
	op := fmt.Sprintf("acting on case %s of %s", id, v.tenant.ID)
	if !v.operator() && action.Do != sekisho.ChangeAcknowledged {
		return reply{}, &sekisho.Error{Kind: sekisho.KindForbidden, Op: op}
	}
	switch action.Do {
	case sekisho.ChangeVerdict, sekisho.ChangeClosed:
		action.Verdict = sekisho.CaseVerdict(v.r.PostFormValue("verdict"))
		if rank := v.r.PostFormValue("rank"); rank != "" && action.Do == sekisho.ChangeVerdict {
			var severity sekisho.Severity
			if err := severity.UnmarshalText([]byte(rank)); err != nil {
				return reply{}, fmt.Errorf("%s: %w", op, err)
			}
			action.Severity = &severity
		}
	case sekisho.ChangeSuppressed:
		days, err := strconv.Atoi(v.r.PostFormValue("days"))
		if err != nil || days < 1 || days > suppressionDays[len(suppressionDays)-1] {
			return reply{}, invalid(op)
		}
		action.Until = v.now.Add(time.Duration(days) * 24 * time.Hour)
	default:
	}
	changed, err := s.cases.Act(v.ctx(), v.tenant.ID, id, action)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", op, err)
	}
	s.log.InfoContext(v.ctx(), "case changed", who(v), obs.Tenant(v.tenant.ID), slog.String("case", string(id)), slog.String("do", string(action.Do)))
	back := v.r.PostFormValue("incident")
	if back == "" {
		back = string(changed.Incident)
	}
	return reply{to: v.path("/incidents/%s", url.PathEscape(back)) + "?" + url.Values{"done": {string(action.Do)}}.Encode()}, nil
}

// doneWithCase says what the button just did, if that is the last thing that happened and this person did it.
func doneWithCase(v *visit, changes []sekisho.Change) *view.Message {
	if len(changes) == 0 || changes[0].By != v.user.Email || string(changes[0].Kind) != v.r.URL.Query().Get("done") {
		return nil
	}
	notice := view.Say("done.case", "What", view.Say(view.ChangeWord(changes[0].Kind)))
	return &notice
}
