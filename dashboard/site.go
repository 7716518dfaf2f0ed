package dashboard

import (
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// describe adds to a site what else is true of it now: its certificate, its limits and whom they turned away, and what is
// excluded from inspection. A part that cannot be read is said to be unknown.
func (s *Server) describe(v *visit, site sekisho.Site, shown *view.Site) {
	shown.State = site.State(site.Mode)
	shown.PastUs = len(site.BypassTo) > 0
	shown.Maintenance, shown.Alert = site.Maintenance.On, site.Limits.UnderAttack == sekisho.AlertOn
	if s.watch.certificate != nil {
		text, trouble := s.watch.certificate(site.Host)
		shown.Certificate, shown.CertificateTrouble = view.Visible(text.In(string(v.lang))), trouble
	}
	shown.Limits = limitsOf(site.Limits)
	if shown.AwayKnown = s.watch.away != nil; shown.AwayKnown {
		shown.Away = turnedAway(s.watch.away()[site.ID])
	}
	exclusions, err := s.records.ListExclusions(v.ctx(), v.tenant.ID, site.ID)
	if err != nil {
		s.log.ErrorContext(v.ctx(), "site without its exclusions", obs.Tenant(v.tenant.ID), obs.Err(err))
	}
	shown.ExclusionsKnown = err == nil
	for _, e := range exclusions {
		expired := e.ExpiredAt(v.now)
		if !expired {
			shown.Excluded++
		}
		shown.Exclusions = append(shown.Exclusions, view.Exclusion{
			Rule: e.Rule, Path: view.Show(e.Path), Parameter: view.Show(e.Parameter), Reason: view.Show(e.Reason), Author: view.Show(e.Author),
			Expires: view.Until(e.Expires), Expired: expired,
		})
	}
}

// limitsOf says every limit in force in a sentence.
func limitsOf(l sekisho.Limits) (limits []view.Message) {
	add := func(key string, rate sekisho.Rate, pairs ...any) {
		if !rate.IsZero() {
			limits = append(limits, view.Say(key, append(pairs, "Requests", rate.Requests, "Span", view.Span(rate.Per))...))
		}
	}
	add("limit.site", l.Site)
	add("limit.address", l.Address)
	add("limit.session", l.Session)
	for _, path := range l.Paths {
		add("limit.path", path.Rate, "Path", view.Visible(path.Prefix))
	}
	add("limit.ban", l.Bans.After, "For", view.Span(l.Bans.For))
	add("limit.login", l.Login.Failures)
	if n := len(l.Deny); n > 0 {
		limits = append(limits, view.Say("limit.deny", "Count", n))
	}
	if n := len(l.Allow); n > 0 {
		limits = append(limits, view.Say("limit.allow", "Count", n))
	}
	return limits
}

// turnedAway lists whom the limits turned away, the most frequent reason first.
func turnedAway(counts map[sekisho.Reason]int64) (away []view.Away) {
	for reason, n := range counts {
		away = append(away, view.Away{Reason: view.AwayWord(reason), Count: n})
	}
	slices.SortFunc(away, func(a, b view.Away) int {
		if a.Count != b.Count {
			return int(max(min(b.Count-a.Count, 1), -1))
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return away
}
