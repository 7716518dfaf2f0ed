package cisco

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// tellFTD reads the security events of Threat Defense: 430001 intrusion, 430002 and 430003 connection begins and ends,
// 430004 file, 430005 malware.
func tellFTD(number string, set field.Set, e *sekisho.Event) {
	e.SrcIP, e.SrcPort = field.Address(set.Get("SrcIP", "InitiatorIP")), field.Port(set.Get("SrcPort", "InitiatorPort"))
	e.DstIP, e.DstPort = field.Address(set.Get("DstIP", "ResponderIP")), field.Port(set.Get("DstPort", "ResponderPort"))
	e.Protocol, e.User = field.Protocol(set.Get("Protocol")), known(set.Get("User"))
	e.URL, e.UserAgent = set.Get("URL"), set.Get("UserAgent")
	if when, exact, ok := field.Time(set.Get("FirstPacketSecond"), time.UTC); ok && exact {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	switch number {
	case "430001":
		tellIntrusion(set, e)
	case "430004", "430005":
		tellFile(number, set, e)
	default:
		e.Verb, e.Signature, e.Category = set.Get("AccessControlRuleAction"), set.Get("AccessControlRuleName"), set.Get("URLCategory")
		if outcome, ok := verb.AtGateway(e.Verb); ok && outcome == sekisho.OutcomePrevented {
			e.Outcome = outcome
		}
		if category := set.Get("URLSICategory", "IPSICategory", "DNSSICategory", "SecurityIntelligenceCategory"); category != "" {
			e.Class, e.Family, e.Category = sekisho.ClassKnownBadConnection, "reputation", category
			if lower := strings.ToLower(category); strings.Contains(lower, "cnc") || strings.Contains(lower, "c2") {
				e.Class = sekisho.ClassC2
			}
			if e.Outcome != sekisho.OutcomePrevented {
				e.Outcome = sekisho.OutcomeDetected
			}
		} else if e.Outcome == sekisho.OutcomePrevented && e.Category != "" {
			e.Class, e.Family = sekisho.ClassPolicyWeb, "webfilter"
		}
	}
}

func tellIntrusion(set field.Set, e *sekisho.Event) {
	e.Class, e.Family = sekisho.ClassExploit, "ips"
	e.Signature, e.Code, e.Severity, e.Category = set.Get("Message"), set.Get("SID"), set.Get("Priority", "Impact"), set.Get("Classification")
	if family, ok := attack.Named(e.Signature); ok {
		e.Family = family
	}
	e.Verb = set.Get("InlineResult")
	switch strings.ToLower(e.Verb) {
	case "dropped", "blocked", "rejected", "block", "drop":
		e.Outcome = sekisho.OutcomePrevented
	default: // "Would have dropped", "Partially dropped" and nothing at all: it went by
		e.Outcome = sekisho.OutcomeDetected
	}
}

func tellFile(number string, set field.Set, e *sekisho.Event) {
	e.File, e.Hash = set.Get("FileName"), field.Hash(set.Get("FileSHA256"))
	e.Signature, e.Category = set.Get("ThreatName", "FileType"), set.Get("FileType")
	disposition := strings.ToLower(set.Get("SHA_Disposition", "FileSandboxStatus"))
	e.Family, e.Verb = "file", set.Get("FileAction")
	outcome, ok := verb.AtGateway(e.Verb)
	if number == "430005" || disposition == "malware" || set.Get("ThreatName") != "" {
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomeDetected
	}
	if ok {
		e.Outcome = outcome
	}
	if strings.Contains(strings.ToLower(e.Verb), "lookup") {
		e.Outcome = sekisho.OutcomeDetected
	}
}

// tellSFIMS reads what a Firepower Management Center sends of its own: connection events in the same words, and
// intrusions as "[gid:sid:rev] "message" [Impact: ...] From ... {proto} a:p -> b:p".
func tellSFIMS(text string, e *sekisho.Event) {
	if !strings.HasPrefix(text, "[") {
		tellFTD("430003", pairs(text), e)
		return
	}
	e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", sekisho.OutcomeDetected
	e.Code = field.WordBehind(text, "[")
	_, rest, _ := strings.Cut(text, `"`)
	e.Signature, _, _ = strings.Cut(rest, `"`)
	e.Severity, e.Category = field.WordBehind(text, "[Priority: "), field.Between(text, "[Classification: ", "]")
	if before, to, found := strings.Cut(text, " -> "); found {
		words := strings.Fields(before)
		flow(e, words[len(words)-1], firstWord(to))
		e.Protocol = field.Protocol(field.WordBehind(text, "{"))
	}
	if strings.Contains(strings.ToLower(text), "blocked") || strings.Contains(strings.ToLower(text), "dropped") {
		e.Outcome = sekisho.OutcomePrevented
	}
}

func known(s string) string {
	switch s {
	case "No Authentication Required", "Unknown", "Not Found", "No Authentication Required ":
		return ""
	}
	return s
}
