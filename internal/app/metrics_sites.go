package app

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// labelledSites bounds the series that sites make: those with the most to tell have one each, the rest share "other".
const labelledSites = 50

// siteFigures are what is counted of requests, with bounded labels.
func (h *house) siteFigures(out *bytes.Buffer, head func(name, kind, help string)) {
	pool, health := h.pool.Stats(), h.spool.Health()
	head("sekisho_inspected_total", "counter", "Requests and responses by lane: fast were proven clean, slow were shown to the rules.")
	for _, count := range []struct {
		what, lane string
		n          uint64
	}{
		{"request", "fast", pool.Clean},
		{"request", "slow", pool.Slow},
		{"response", "fast", pool.CleanResponses},
		{"response", "slow", pool.SlowResponses},
	} {
		_, _ = fmt.Fprintf(out, "sekisho_inspected_total{what=%q,lane=%q} %d\n", count.what, count.lane, count.n)
	}
	head("sekisho_spool_degraded", "gauge", "1 while recorded events are not safe on the disk.")
	_, _ = fmt.Fprintf(out, "sekisho_spool_degraded %d\n", oneIf(health.Degraded))
	head("sekisho_spool_backlog", "gauge", "Events that wait in memory for the disk.")
	_, _ = fmt.Fprintf(out, "sekisho_spool_backlog %d\n", health.Backlog)
	head("sekisho_degraded", "gauge", "How many things do not work as they should; `sekisho status` names them.")
	_, _ = fmt.Fprintf(out, "sekisho_degraded %d\n", len(h.degraded()))
	refused := h.proxy.Refused()
	head("sekisho_refused_total", "counter", "Requests and connections that were refused before any site's rules, by reason.")
	for _, reason := range slices.Sorted(maps.Keys(refused)) {
		_, _ = fmt.Fprintf(out, "sekisho_refused_total{reason=%s} %d\n", label(reason), refused[reason])
	}
	hosts := map[sekisho.SiteID]string{}
	for _, site := range h.sites.now() {
		hosts[site.ID] = site.Host
	}
	head("sekisho_turned_away_total", "counter", "Requests that a site's limits turned away, or in detect mode would have.")
	for _, s := range turnedAway(h.proxy.TurnedAway(), func(id sekisho.SiteID) string { return cmp.Or(hosts[id], string(id)) }) {
		_, _ = fmt.Fprintf(out, "sekisho_turned_away_total{site=%s,reason=%s} %d\n", label(s.site), label(s.reason), s.n)
	}
	head("sekisho_certificate_days_left", "gauge", "Days until a site's certificate lapses, of those that lapse first.")
	for _, c := range h.lapsing(time.Now()) {
		_, _ = fmt.Fprintf(out, "sekisho_certificate_days_left{site=%s} %.2f\n", label(c.host), c.days)
	}
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// series is one line of a figure by site.
type series struct {
	site, reason string
	n            int64
}

// turnedAway keeps the largest and adds the others up by reason.
func turnedAway(away map[sekisho.SiteID]map[sekisho.Reason]int64, name func(sekisho.SiteID) string) (lines []series) {
	for id, reasons := range away {
		for reason, n := range reasons {
			lines = append(lines, series{name(id), string(reason), n})
		}
	}
	slices.SortFunc(lines, func(a, b series) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.site, b.site), cmp.Compare(a.reason, b.reason))
	})
	if len(lines) <= labelledSites {
		return lines
	}
	others := map[string]int64{}
	for _, s := range lines[labelledSites:] {
		others[s.reason] += s.n
	}
	lines = lines[:labelledSites]
	for _, reason := range slices.Sorted(maps.Keys(others)) {
		lines = append(lines, series{"other", reason, others[reason]})
	}
	return lines
}

type lapse struct {
	host string
	days float64
}

// lapsing are the sites whose certificates lapse first.
func (h *house) lapsing(now time.Time) (all []lapse) {
	if h.keeper == nil {
		return nil
	}
	for _, site := range h.sites.now() {
		if expires := h.keeper.Status(site.Host).Expires; !expires.IsZero() {
			all = append(all, lapse{site.Host, expires.Sub(now).Hours() / 24})
		}
	}
	slices.SortFunc(all, func(a, b lapse) int { return cmp.Or(cmp.Compare(a.days, b.days), cmp.Compare(a.host, b.host)) })
	return all[:min(len(all), labelledSites)]
}
