package proxy

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// Recorder keeps events.
type Recorder interface {
	// Append returns once the event survives the death of this process.
	Append(sekisho.Event) error
}

// record makes an event of an exchange that is worth telling, once, before the visitor has the answer. Clean requests
// leave no event, and neither do hosts that are nobody's: there is no tenant to tell.
//
// A recorder that fails does not fail the visitor: the request goes on, the loss is counted and shown (see Health).
func (s *Server) record(x *exchange) {
	if x.recorded || !worthTelling(x) {
		return
	}
	x.recorded = true
	if x.decision.Status == 0 {
		x.decision.Status = x.originStatus
	}
	if err := s.recorder.Append(newEvent(x)); err != nil {
		s.unrecorded.Add(1)
		if !s.recordingFails.Swap(true) { // said once, not once a request
			s.log.LogAttrs(context.Background(), slog.LevelError, "events are not recorded", obs.Err(err))
		}
		return
	}
	if s.recordingFails.Load() && s.recordingFails.Swap(false) {
		s.log.LogAttrs(context.Background(), slog.LevelInfo, "events are recorded again", slog.Int64("lost", s.unrecorded.Load()))
	}
}

// worthTelling sorts attacks, refusals and failures from what happens every second on the internet.
func worthTelling(x *exchange) bool {
	if x.site == nil {
		return false
	}
	switch x.decision.Action {
	case sekisho.ActionDetected, sekisho.ActionBlocked, sekisho.ActionFailed:
		return true
	case sekisho.ActionRefused:
		if x.untold {
			return false
		}
		switch x.decision.Reason {
		case sekisho.ReasonMisdirected:
			return false // browsers that share a connection between hosts do this, and then ask again
		case sekisho.ReasonMalformed:
			return worthAWord(x.fault)
		}
		return true
	default:
		return x.decision.Reason.Uninspected() || x.decision.Reason == sekisho.ReasonExcluded
	}
}

// worthAWord tells a request that is wrong from one whose sender went away or fell asleep.
func worthAWord(fault string) bool {
	switch fault {
	case "slow_body", "broken_body", wire.Late.Code, wire.Incomplete.Code:
		return false
	}
	return true
}

func newEvent(x *exchange) sekisho.Event {
	decision := x.decision
	event := sekisho.Event{
		ID: x.ID, Time: x.began.UTC(),
		Tenant: x.site.Tenant, SiteID: x.site.ID, Site: x.site.Host,
		Source: sekisho.SourceWAF, Vendor: "Sekisho", Product: "WAF",
		Outcome: outcome(x), Direction: sekisho.DirectionInbound,
		Action: decision.Action, Reason: decision.Reason, Status: decision.Status, OriginStatus: x.originStatus,
		Method: clip(x.r.Method, 32), Path: clip(x.r.URL.EscapedPath(), 512), UserAgent: clip(x.r.UserAgent(), 256),
		Signature: x.fault,
		Score:     decision.Verdict.Score, Matches: decision.Verdict.Matches, Exclusions: decision.Verdict.Excluded, Count: 1,
		SrcIP: x.Client.Addr(), SrcPort: x.Client.Port(), DstIP: x.Server.Addr(), DstPort: x.Server.Port(),
	}
	event.Class, event.Family = classify(decision)
	for _, match := range decision.Verdict.Spared {
		if !slices.Contains(event.Matches, match) {
			event.Matches = append(slices.Clip(event.Matches), match)
		}
	}
	for _, match := range event.Matches {
		event.RuleIDs = append(event.RuleIDs, match.RuleID)
	}
	return event
}

// classify says what an event is about. Only a rule's verdict is an attack. A refusal and an origin that is away are
// noise by their own reason: worth a line and a number that can be looked up, never an alarm about an intruder. An
// inspection that failed is a sensor fault: nothing happened to the site, but it was less protected than promised.
func classify(decision sekisho.Decision) (sekisho.Class, string) {
	found := decision.Action == sekisho.ActionDetected || decision.Action == sekisho.ActionBlocked
	onlyMalformed := decision.Reason == sekisho.ReasonMalformed && !decision.Verdict.Attack // told in detect mode
	if found && !onlyMalformed {
		class := decision.Verdict.Class
		if class == "" {
			class = sekisho.ClassWAFAttack
		}
		return class, decision.Verdict.Family
	}
	if reason := decision.Reason; reason.Uninspected() || reason.Uninspectable() || reason == sekisho.ReasonPanic {
		return sekisho.ClassSensorFault, string(reason)
	}
	return sekisho.ClassNoise, string(decision.Reason)
}

// outcome says what became of it (severity.md, term O). A page that we withheld is contained, not prevented: the
// origin had already done what was asked. A detected attack on an origin that then broke is errored, because crashing
// may be what the attack did.
func outcome(x *exchange) sekisho.Outcome {
	switch x.decision.Action {
	case sekisho.ActionBlocked:
		if x.decision.Reason == sekisho.ReasonResponseRule {
			return sekisho.OutcomeContained
		}
		return sekisho.OutcomePrevented
	case sekisho.ActionRefused:
		return sekisho.OutcomePrevented
	case sekisho.ActionFailed:
		if x.decision.Reason.Uninspectable() {
			return sekisho.OutcomePrevented
		}
		return sekisho.OutcomeErrored
	case sekisho.ActionDetected:
		return detectedOutcome(x)
	}
	return sekisho.OutcomeUnknown
}

func detectedOutcome(x *exchange) sekisho.Outcome {
	switch status := x.originStatus; {
	case x.decision.Verdict.Leak:
		return sekisho.OutcomeSucceeded
	case status >= 500, status == 0 && x.decision.Status >= 500:
		return sekisho.OutcomeErrored
	case status >= 400:
		return sekisho.OutcomeRefused
	case status >= 300:
		return sekisho.OutcomeRedirected
	}
	return sekisho.OutcomeUnknown
}

// clip bounds what a visitor can make us store, and keeps it valid UTF-8.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
