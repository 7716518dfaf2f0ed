package juniper

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// tell reads a message by its tag.
func tell(tag, text string, set field.Set, e *sekisho.Event) {
	switch {
	case strings.HasPrefix(tag, "RT_FLOW_"), strings.HasPrefix(tag, "APPTRACK_"), strings.HasPrefix(tag, "PFE_FW_"):
		e.Family, e.Signature = "firewall", get(set, "policy-name")
		if strings.Contains(tag, "DENY") || tag == "PFE_FW_SYSLOG_IP" && strings.Contains(text, " D ") {
			e.Outcome, e.Verb = sekisho.OutcomePrevented, "deny"
		}
	case strings.HasPrefix(tag, "IDP_"):
		tellIDP(text, set, e)
	case strings.HasPrefix(tag, "RT_SCREEN_"):
		e.Class, e.Family, e.Confidence = sekisho.ClassScan, "scan", 0.7
		e.Signature = get(set, "attack-name")
		if strings.Contains(strings.ToLower(text+e.Signature), "flood") {
			e.Family = "dos"
		}
		e.Outcome = sekisho.OutcomePrevented
		if e.Verb = get(set, "action"); strings.Contains(e.Verb, "alarm") {
			e.Outcome = sekisho.OutcomeDetected
		}
	case strings.HasPrefix(tag, "WEBFILTER_"):
		e.Family, e.Signature = "webfilter", e.Category
		if strings.Contains(tag, "BLOCKED") {
			e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
			if lower := strings.ToLower(e.Category); strings.Contains(lower, "malicious") || strings.Contains(lower, "malware") || strings.Contains(lower, "phish") || strings.Contains(lower, "spyware") || strings.Contains(lower, "bot_network") || strings.Contains(lower, "compromised") {
				e.Class = sekisho.ClassMaliciousWeb
			}
		}
	case strings.HasPrefix(tag, "AV_VIRUS_DETECTED"), strings.HasPrefix(tag, "AV_FILE_"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomePrevented
		e.Signature, e.File = get(set, "name", "virus-name", "threat-name"), get(set, "filename", "file-name")
		if strings.Contains(tag, "NOT_SCANNED") || strings.Contains(tag, "_PASS") {
			e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
		}
	case strings.HasPrefix(tag, "AV_"):
		if e.Family = "update"; strings.Contains(strings.ToLower(tag+text), "fail") || strings.Contains(strings.ToLower(text), "expire") {
			fault(e)
		}
	case strings.HasPrefix(tag, "ANTISPAM_"):
		e.Family = "spam"
	case strings.HasPrefix(tag, "AAMW_"):
		tellSandbox(tag, set, e)
	case strings.HasPrefix(tag, "SECINTEL_"):
		tellIntelligence(set, e)
	case strings.HasPrefix(tag, "LICENSE_") && strings.Contains(tag, "EXPIRE"), strings.HasPrefix(tag, "CHASSISD_") && (strings.Contains(tag, "FAIL") || strings.Contains(tag, "ALARM")):
		fault(e)
	default:
		tellPerson(tag, text, set, e)
	}
}

func fault(e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
}

// act takes the action's word for the outcome; what was not stopped was only found.
func act(e *sekisho.Event) {
	word := strings.ToLower(e.Verb)
	e.Outcome = sekisho.OutcomeDetected
	if outcome, ok := verb.AtGateway(e.Verb); ok {
		e.Outcome = outcome
	} else if strings.HasPrefix(word, "close") || strings.HasPrefix(word, "drop") {
		e.Outcome = sekisho.OutcomePrevented
	}
}

func tellIDP(text string, set field.Set, e *sekisho.Event) {
	e.Class, e.Family, e.Signature = sekisho.ClassExploit, "ips", get(set, "attack-name", "name")
	if e.Severity == "" {
		e.Severity = get(set, "threat-severity")
	}
	act(e)
	if family, ok := attack.Named(strings.ReplaceAll(e.Signature, ":", " ")); ok {
		e.Family = family
	}
	switch {
	case strings.HasPrefix(e.Signature, "TROJAN:"), strings.HasPrefix(e.Signature, "SPYWARE:"), strings.HasPrefix(e.Signature, "VIRUS:"), strings.HasPrefix(e.Signature, "WORM:"):
		e.Class, e.Family = sekisho.ClassMalware, "malware"
	case strings.HasPrefix(e.Signature, "SCAN:"):
		e.Class, e.Family = sekisho.ClassScan, "scan"
	}
	if when, ok := field.Epoch(get(set, "epoch-time")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	} else if when, ok := field.Epoch(strings.TrimSuffix(field.WordBehind(text, "IDP: at "), ",")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
}

// tellSandbox reads Advanced Anti-Malware: verdicts from 0 to 10, where 7 and above are malware by default.
func tellSandbox(tag string, set field.Set, e *sekisho.Event) {
	e.Class, e.Family = sekisho.ClassMalware, "sandbox"
	e.Signature, e.File, e.Hash, e.Severity = get(set, "malware-info"), get(set, "file-name"), field.Hash(get(set, "sample-sha256")), get(set, "verdict-number")
	e.Host = get(set, "hostname")
	if act(e); e.Severity != "" && len(e.Severity) == 1 && e.Severity < "7" {
		e.Class = sekisho.ClassSuspiciousFile
		if e.Severity < "4" {
			e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
		}
	}
	if strings.Contains(tag, "HOST_INFECTED") {
		e.Class, e.Outcome = sekisho.ClassC2, sekisho.OutcomeDetected
	}
}

// tellIntelligence reads feeds of bad addresses: CC is command and control.
func tellIntelligence(set field.Set, e *sekisho.Event) {
	e.Class, e.Family, e.Category = sekisho.ClassKnownBadConnection, "reputation", get(set, "sub-category", "category")
	if e.Category == "CC" {
		e.Class, e.Family = sekisho.ClassC2, "c2"
	}
	e.Signature = get(set, "feed-name")
	if e.URL == "" {
		e.URL = get(set, "http-host")
	}
	act(e)
}

// tellPerson reads logins and changes.
func tellPerson(tag, text string, set field.Set, e *sekisho.Event) {
	if e.User == "" {
		e.User = strings.Trim(field.WordBehind(text, "ser '"), "'")
	}
	if e.User == "" {
		e.User = strings.Trim(cmp.Or(field.WordBehind(text, "for user "), field.WordBehind(text, "user ")), "'")
	}
	if !e.SrcIP.IsValid() {
		e.SrcIP = field.Address(cmp.Or(get(set, "remote-address", "source-address"), strings.Trim(cmp.Or(field.WordBehind(text, "from host "), field.WordBehind(text, "from ")), "'")))
	}
	switch {
	case strings.HasSuffix(tag, "LOGIN_FAILED"), strings.HasPrefix(tag, "LOGIN_FAILED"), tag == "LOGIN_PAM_AUTHENTICATION_ERROR", strings.Contains(tag, "AUTH_FAIL"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case tag == "UI_AUTH_EVENT", tag == "UI_LOGIN_EVENT", tag == "LOGIN_INFORMATION", tag == "LOGIN_ROOT":
		if e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case tag == "UI_COMMIT", tag == "UI_COMMIT_COMPLETED", tag == "UI_CFG_AUDIT_SET", tag == "UI_CFG_AUDIT_OTHER", tag == "UI_CFG_AUDIT_NEW":
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	case strings.HasPrefix(tag, "SNMP_TRAP_LINK"), strings.HasPrefix(tag, "ESWD_"), tag == "EVENT":
		e.User, e.Family = "", "link"
	}
}
