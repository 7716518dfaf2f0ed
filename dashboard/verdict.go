package dashboard

import (
	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

// verdict is the sentence at the top of the home page. The first line that holds wins: what needs the owner comes before
// what is unfinished, and that before what is ours to repair. "Working normally" is said only when nothing else is true.
func verdict(now standing) view.Verdict {
	say := func(state view.VerdictState, key string, pairs ...any) view.Verdict {
		return view.Verdict{State: state, Reason: view.Say(key, pairs...)}
	}
	detect := len(now.in(sekisho.ModeDetect))
	switch urgent := len(now.urgent()); {
	case len(now.sites) == 0:
		return say(view.VerdictSetup, "reason.no_sites")
	case urgent > 0:
		return say(view.VerdictAttention, "reason.high", "Count", urgent)
	case len(now.in(sekisho.ModeOff)) > 0:
		return say(view.VerdictAttention, "reason.off")
	case now.trafficKnown && now.lastSeen().IsZero():
		return say(view.VerdictSetup, "reason.no_traffic")
	case now.stale():
		return say(view.VerdictAttention, "reason.stale")
	case detect == len(now.sites):
		return say(view.VerdictSetup, "reason.detect")
	case detect > 0:
		return say(view.VerdictSetup, "reason.detect_some")
	case !now.incidentsKnown:
		return say(view.VerdictContinues, "reason.incidents_unknown")
	case now.degraded:
		return say(view.VerdictContinues, "reason.continues")
	case !now.trafficKnown:
		return say(view.VerdictOK, "reason.ok_unknown")
	case now.month().Blocked == 0:
		return say(view.VerdictOK, "reason.ok_none")
	default:
		return say(view.VerdictOK, "reason.ok", "Count", now.month().Blocked)
	}
}

// todos are at most three things for the owner, most urgent first.
func (s *Server) todos(v *visit, now standing) []view.Todo {
	var todos []view.Todo
	add := func(rank, key, href string, pairs ...any) {
		todos = append(todos, view.Todo{Rank: rank, Text: view.Say(key, pairs...), Link: view.Say(key + "_link"), Href: href})
	}
	for _, incident := range now.urgent() {
		add("high", "todo.high", v.path("/incidents/%s", incident.ID), "Title", view.Visible(s.explain(incident).Title.In(string(v.lang))))
	}
	for _, site := range now.in(sekisho.ModeOff) {
		add("medium", "todo.off", v.path("/sites"), "Site", view.Visible(site.Host))
	}
	if now.stale() {
		add("medium", "todo.stale", v.path("/sites"))
	}
	for _, site := range now.sites {
		if site.Maintenance.On {
			add("low", "todo.maintenance", v.path("/sites"), "Site", view.Visible(site.Host))
		}
	}
	for _, site := range now.in(sekisho.ModeDetect) {
		add("low", "todo.detect", v.path("/sites"), "Site", view.Visible(site.Host))
	}
	if len(now.sites) == 0 {
		add("low", "todo.no_sites", v.path("/sites"))
	}
	return todos[:min(len(todos), maxTodos)]
}
