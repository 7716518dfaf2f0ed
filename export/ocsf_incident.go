package export

import (
	"github.com/sekisho-waf/sekisho"
)

// incidentEvent is class 2005, Incident Finding: one change of a case.
type incidentEvent struct {
	ocsfBase
	FindingInfo   []ocsfFinding `json:"finding_info_list"`
	Desc          string        `json:"desc,omitempty"`
	Assignee      *ocsfUser     `json:"assignee,omitempty"`
	AssigneeGroup *ocsfGroup    `json:"assignee_group,omitempty"` // one of the two is always there
	Comment       string        `json:"comment,omitempty"`
	Count         int           `json:"count,omitempty"`
	Start         int64         `json:"start_time,omitempty"`
	End           int64         `json:"end_time,omitempty"`
	ImpactScore   *int          `json:"impact_score,omitempty"`
	VerdictID     int           `json:"verdict_id"`
	Verdict       string        `json:"verdict"`
}

type ocsfUser struct {
	Name string `json:"name"`
}

type ocsfGroup struct {
	Name string `json:"name"`
}

func incidentFinding(r Record, words Words, version, lang string) incidentEvent {
	c := r.Change
	title, why := r.sentences(words, lang)
	e := incidentEvent{ocsfBase: newBase(r, ocsfIncident, incidentActivity(c), title, version, lang), Desc: why, Comment: c.Reason}
	e.Metadata.TenantUID, e.Metadata.CorrelationUID, e.Metadata.Profiles = string(c.Tenant), string(c.Incident), []string{"incident"}
	e.StatusID, e.Status = incidentStatus(c, r.Case)
	verdict := c.Verdict
	if verdict == "" && r.Case != nil {
		verdict = r.Case.Verdict
	}
	e.VerdictID, e.Verdict = incidentVerdict(verdict)
	finding := ocsfFinding{UID: string(c.Incident), Title: title, Desc: why}
	if class, family := r.kind(); class != "" {
		finding.Types = []string{class}
		if family != "" {
			finding.Types = append(finding.Types, family)
		}
	}
	if i := r.Incident; i != nil {
		finding.FirstSeen, finding.LastSeen = millis(i.First), millis(i.Last)
		for _, source := range []sekisho.Source{sekisho.SourceWAF, sekisho.SourceUTM, sekisho.SourceEDR, sekisho.SourceWeb} {
			if i.Sources[source] > 0 {
				finding.DataSources = append(finding.DataSources, string(source))
			}
		}
		e.Start, e.End, e.Count, e.ImpactScore = finding.FirstSeen, finding.LastSeen, i.Count, &i.Score
	}
	e.FindingInfo = []ocsfFinding{finding}
	if r.Case != nil && r.Case.Owner != "" {
		e.Assignee = &ocsfUser{Name: r.Case.Owner}
	} else {
		e.AssigneeGroup = &ocsfGroup{Name: string(c.Tenant)}
	}
	e.Unmapped = struct {
		Case     sekisho.CaseID     `json:"case_uid"`
		Revision int64              `json:"case_revision"`
		Change   sekisho.ChangeKind `json:"change"`
		By       string             `json:"by,omitempty"`
		Outcome  sekisho.Outcome    `json:"outcome,omitempty"`
	}{c.Case, c.Revision, c.Kind, c.By, c.Outcome}
	return e
}

func incidentActivity(c *sekisho.Change) int {
	switch {
	case c.Kind == sekisho.ChangeOpened:
		return 1
	case c.Kind == sekisho.ChangeClosed:
		return 3
	}
	return 2
}

// incidentStatus is where the case stands behind the change. A suppressed one is on hold.
func incidentStatus(c *sekisho.Change, now *sekisho.Case) (int, string) {
	quiet := c.Kind == sekisho.ChangeSuppressed || c.Kind == sekisho.ChangeOpened && now != nil && now.QuietUntil.After(c.Time)
	switch {
	case c.State == sekisho.CaseClosed:
		return 5, "Closed"
	case quiet:
		return 3, "On Hold"
	case c.State == sekisho.CaseNew:
		return 1, "New"
	}
	return 2, "In Progress"
}

func incidentVerdict(v sekisho.CaseVerdict) (int, string) {
	switch v {
	case sekisho.VerdictThreat:
		return 2, "True Positive"
	case sekisho.VerdictSuspicious:
		return 4, "Suspicious"
	case sekisho.VerdictClean:
		return 5, "Benign"
	}
	return 0, "Unknown"
}
