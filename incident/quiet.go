package incident

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// QuietRecords are the cases that may be over.
type QuietRecords interface {
	ListCases(context.Context, sekisho.TenantID, sekisho.CaseFilter) ([]sekisho.Case, string, error)
	FindIncident(context.Context, sekisho.TenantID, sekisho.IncidentID) (sekisho.Incident, error)
	ChangeCase(context.Context, sekisho.TenantID, sekisho.Case, sekisho.Change, *sekisho.Suppression) error
}

// quietReason stands in the life of a case that Sekisho closed by itself.
const quietReason = "7日間、新しい動きがありません / 7 quiet days"

// CloseQuiet closes the cases of a tenant in which nothing has happened and nobody has done anything for seven days at
// now, and returns how many. Nobody is told. What comes later is told anew: it begins another case (see settle).
//
// Two kinds wait for a person instead: a High case that nobody has looked at, because silence may be success; and one
// that an analyst found suspicious, which means that more has to be looked at. A case that somebody changes meanwhile is
// left for the next time.
func CloseQuiet(ctx context.Context, records QuietRecords, tenant sekisho.TenantID, now time.Time) (closed int, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	var quiet []sekisho.Case // read before anything changes: a change moves a case to the front of the list
	filter := sekisho.CaseFilter{Open: true, Now: now, Limit: 1000}
	for {
		cases, next, err := records.ListCases(ctx, tenant, filter)
		if err != nil {
			return 0, fmt.Errorf("closing quiet cases of %s: %w", tenant, err)
		}
		for _, c := range cases {
			if mayClose(c) && isOver(c.Updated, now) && isOver(c.Last, now) {
				quiet = append(quiet, c)
			}
		}
		if filter.Cursor = next; next == "" {
			break
		}
	}
	for _, c := range quiet {
		i, err := records.FindIncident(ctx, tenant, c.Incident)
		if err == nil && !isOver(i.Last, now) {
			continue // it goes on, in no way that would change the case
		}
		if err != nil && sekisho.KindOf(err) != sekisho.KindNotFound { // what is deleted for its age is over
			return closed, fmt.Errorf("closing quiet case %s of %s: %w", c.ID, tenant, err)
		}
		c.State = sekisho.CaseClosed
		c, change := c.Turn(sekisho.ChangeClosed, sekisho.TellNobody, now)
		change.Reason = quietReason
		switch err := records.ChangeCase(ctx, tenant, c, change, nil); {
		case err == nil:
			closed++
		case sekisho.KindOf(err) != sekisho.KindConflict:
			return closed, fmt.Errorf("closing quiet case %s of %s: %w", c.ID, tenant, err)
		}
	}
	return closed, nil
}

func isOver(last, now time.Time) bool { return now.Sub(last) >= caseWithin }

func mayClose(c sekisho.Case) bool {
	unseen := c.State == sekisho.CaseNew && c.Rank() == sekisho.SeverityHigh
	return !unseen && c.Verdict != sekisho.VerdictSuspicious
}
