package eventformat

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// signs are words by which a record says what it is about, in lower case; the first that fits counts, so what is grave and
// special stands before what is general.
var signs = []struct {
	part, family string
	class        sekisho.Class
}{
	{"ransom", "ransomware", sekisho.ClassRansomware},
	{"ランサム", "ransomware", sekisho.ClassRansomware},
	{"command and control", "c2", sekisho.ClassC2},
	{"c&c", "c2", sekisho.ClassC2},
	{" c2 ", "c2", sekisho.ClassC2},
	{"botnet", "botnet", sekisho.ClassC2},
	{"beacon", "c2", sekisho.ClassC2},
	{"web shell", "web_shell", sekisho.ClassWebShell},
	{"webshell", "web_shell", sekisho.ClassWebShell},
	{"advanced persistent", "apt", sekisho.ClassAPT},
	{"malicious url", "webfilter", sekisho.ClassMaliciousWeb},
	{"malicious site", "webfilter", sekisho.ClassMaliciousWeb},
	{"malicious web", "webfilter", sekisho.ClassMaliciousWeb},
	{"phish", "phishing", sekisho.ClassMaliciousWeb},
	{"フィッシング", "phishing", sekisho.ClassMaliciousWeb},
	{"malware", "antivirus", sekisho.ClassMalware},
	{"マルウェア", "antivirus", sekisho.ClassMalware},
	{"trojan", "antivirus", sekisho.ClassMalware},
	{"ウイルス", "antivirus", sekisho.ClassMalware},
	{"virus found", "antivirus", sekisho.ClassMalware},
	{"virus detected", "antivirus", sekisho.ClassMalware},
	{"virus", "antivirus", sekisho.ClassMalware},
	{"potentially unwanted", "pua", sekisho.ClassPUA},
	{"adware", "pua", sekisho.ClassPUA},
	{"spyware", "spyware", sekisho.ClassMalware},
	{"brute force", "login", sekisho.ClassLoginFailure},
	{"port scan", "scan", sekisho.ClassScan},
	{"portscan", "scan", sekisho.ClassScan},
	{"reconnaissance", "scan", sekisho.ClassScan},
	{"denial of service", "dos", sekisho.ClassScan},
	{"flood", "dos", sekisho.ClassScan},
	{"data loss", "dlp", sekisho.ClassDLP},
	{"dlp", "dlp", sekisho.ClassDLP},
	{"removable", "usb", sekisho.ClassUSB},
	{"usb", "usb", sekisho.ClassUSB},
	{"tamper", "tampering", sekisho.ClassTampering},
	{"exploit", "ips", sekisho.ClassExploit},
	{"intrusion", "ips", sekisho.ClassExploit},
	{"injection", "ips", sekisho.ClassExploit},
	{"cross-site", "ips", sekisho.ClassExploit},
	{"cross site", "ips", sekisho.ClassExploit},
	{"traversal", "ips", sekisho.ClassExploit},
	{"buffer overflow", "ips", sekisho.ClassExploit},
	{"attack", "ips", sekisho.ClassExploit},
	{"侵入", "ips", sekisho.ClassExploit},
	{"攻撃", "ips", sekisho.ClassExploit},
}

// updates are records about the signatures of an antivirus, which hold its words and find nothing.
var updates = []string{"update", "scan completed", "scan started", "scan finished", "pattern", "signature database", "definition", "license", "heartbeat"}

func judge(h head, set field.Set, e *sekisho.Event) {
	text := strings.ToLower(h.name + " " + h.id + " " + e.Category + " " + set.Get("msg", "eventDesc", "reason", "eventName"))
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "event", sekisho.OutcomeUnknown
	outcome, known := outcomeOf(e)
	switch {
	case judgeLogin(text, e), judgeUpkeep(text, e):
		return
	case judgeThreat(text, e):
		if e.Outcome = sekisho.OutcomeDetected; known {
			e.Outcome = outcome
		} else if strings.Contains(text, "blocked") || strings.Contains(text, "prevented") {
			e.Outcome = sekisho.OutcomePrevented
		}
	default:
		if known && outcome == sekisho.OutcomePrevented {
			e.Family, e.Outcome = "firewall", outcome
			if e.URL != "" {
				e.Class, e.Family = sekisho.ClassPolicyWeb, "webfilter"
			}
		}
	}
}

func judgeThreat(text string, e *sekisho.Event) bool {
	for _, sign := range signs {
		if strings.Contains(text, sign.part) {
			e.Class, e.Family = sign.class, sign.family
			if sign.family == "ips" {
				if family, ok := attack.Named(e.Signature); ok {
					e.Family = family
				}
			}
			return true
		}
	}
	return false
}

// judgeLogin reads logins. A failed one was prevented.
func judgeLogin(text string, e *sekisho.Event) bool {
	if !strings.Contains(text, "login") && !strings.Contains(text, "logon") && !strings.Contains(text, "authenticat") && !strings.Contains(text, "sign-in") && !strings.Contains(text, "ログイン") {
		return false
	}
	outcome := strings.ToLower(e.Verb)
	switch {
	case strings.Contains(text, "fail") || strings.Contains(text, "denied") || strings.Contains(text, "invalid") || strings.Contains(text, "失敗") || strings.HasPrefix(outcome, "fail") || outcome == "denied":
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
	case strings.Contains(text, "success") || strings.Contains(text, "成功") || strings.HasPrefix(outcome, "success") || strings.Contains(text, "logged in") || outcome == "allowed":
		e.Family, e.Outcome = "login", sekisho.OutcomeSucceeded
	default:
		return false
	}
	return true
}

// judgeUpkeep reads what products say of themselves.
func judgeUpkeep(text string, e *sekisho.Event) bool {
	failed := strings.Contains(text, "fail") || strings.Contains(text, "expire") || strings.Contains(text, "error")
	for _, word := range updates {
		if strings.Contains(text, word) {
			if e.Family = "update"; failed {
				e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
			}
			return true
		}
	}
	if strings.Contains(text, "config") && (strings.Contains(text, "chang") || strings.Contains(text, "modif")) || strings.Contains(text, "policy changed") {
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		return true
	}
	return false
}
