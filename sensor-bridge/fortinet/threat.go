package fortinet

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// tellThreat reads the logs of the security profiles.
func (l *log) tellThreat(e *sekisho.Event) {
	outcome, known := verb.AtGateway(e.Verb)
	if !known {
		outcome = sekisho.OutcomeUnknown
	}
	e.Outcome = outcome
	prevented := outcome == sekisho.OutcomePrevented
	e.Signature = cmp.Or(l.attack, l.virus, l.app, l.msg)
	if l.botnet != "" || l.eventtype == "botnet" || strings.HasPrefix(l.eventtype, "botnet") {
		e.Class, e.Family, e.Signature = sekisho.ClassC2, "botnet", cmp.Or(l.attack, l.virus, l.botnet, l.msg)
		return
	}
	switch l.subtype {
	case "virus":
		l.tellVirus(e)
	case "ips", "signature":
		e.Class, e.Family = sekisho.ClassExploit, "ips"
		if strings.HasPrefix(l.eventtype, "malicious-url") {
			e.Class = sekisho.ClassMaliciousWeb
		}
	case "anomaly", "dos":
		// Counters over a threshold: floods and scans, as often a busy server as an attack.
		e.Class, e.Family, e.Confidence = sekisho.ClassScan, "dos", 0.7
		if strings.Contains(l.attack, "scan") || strings.Contains(l.attack, "sweep") {
			e.Family = "scan"
		}
	case "webfilter", "dns":
		l.tellCategory(e, prevented)
	case "app-ctrl":
		l.tellApplication(e, prevented)
	case "dlp":
		e.Class, e.Family = sekisho.ClassDLP, "dlp"
	case "waf":
		e.Class, e.Family = sekisho.ClassWAFAttack, "waf"
	case "emailfilter":
		e.Class, e.Family = sekisho.ClassNoise, "spam"
		if strings.Contains(strings.ToLower(l.msg), "phish") {
			e.Class = sekisho.ClassMaliciousWeb
		}
	case "cifs-auth-fail":
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
	default:
		e.Class, e.Family = sekisho.ClassNoise, cmp.Or(l.subtype, "utm")
	}
}

func (l *log) tellVirus(e *sekisho.Event) {
	e.Family = "antivirus"
	switch {
	case l.virus != "" || l.eventtype == "infected" || l.eventtype == "outbreak-prevention" || l.eventtype == "malware-list" || l.eventtype == "ems-threat-feed":
		e.Class = sekisho.ClassMalware
	case l.eventtype == "analytics": // sent to the sandbox, nothing known yet
		e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
	case l.eventtype == "command-blocked" || l.eventtype == "filename" || l.eventtype == "filetype-executable":
		e.Class = sekisho.ClassSuspiciousFile
	default: // oversize, scan errors, content disarmed
		e.Class = sekisho.ClassNoise
	}
}

// tellCategory reads web and DNS filtering: what was refused for the firm's rules is no attack, and what was allowed is
// nothing at all unless the category itself is one of harm.
func (l *log) tellCategory(e *sekisho.Event, prevented bool) {
	e.Family = l.subtype
	e.Signature = cmp.Or(l.catdesc, l.msg)
	switch l.cat { // FortiGuard categories
	case "26", "61", "86":
		e.Class = sekisho.ClassMaliciousWeb
		return
	case "88", "90", "91": // dynamic DNS, newly observed, newly registered: reputation only
		if prevented {
			e.Class, e.Confidence = sekisho.ClassMaliciousWeb, 0.6
			return
		}
	}
	switch category := strings.ToLower(l.catdesc); {
	case strings.Contains(category, "malicious"), strings.Contains(category, "phishing"), strings.Contains(category, "malware"):
		e.Class = sekisho.ClassMaliciousWeb
	case prevented:
		e.Class = sekisho.ClassPolicyWeb
	default:
		e.Class = sekisho.ClassNoise
	}
}

func (l *log) tellApplication(e *sekisho.Event, prevented bool) {
	e.Family, e.Signature = "application", cmp.Or(l.app, l.msg)
	switch category := strings.ToLower(l.appcat); {
	case category == "botnet":
		e.Class = sekisho.ClassC2
	case category == "remote.access":
		e.Class = sekisho.ClassRemoteTool
	case prevented:
		e.Class = sekisho.ClassPolicyWeb
	default:
		e.Class = sekisho.ClassNoise
	}
}
