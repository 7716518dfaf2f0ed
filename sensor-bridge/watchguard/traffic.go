package watchguard

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// tellTraffic reads what the packet filter and the proxies log of a connection.
func (w *report) tellTraffic(e *sekisho.Event) {
	e.Class, e.Family = w.finding(e)
	e.Outcome = w.outcome(e.Class)
}

// outcome decides between disposition and verb. They contradict in about every ninth line: "Allow" with "ProxyStrip" took
// the dangerous part out, "Allow" with "ProxyLock" locked the attachment, "Deny" with "ProxyAllow: DNSWatch" denied. So what
// stopped something wins wherever it stands; a replaced part never arrived either; and what is left is let through: detected
// if something was found, and nothing to speak of otherwise.
func (w *report) outcome(class sekisho.Class) sekisho.Outcome {
	for _, word := range []string{w.disposition, strings.TrimPrefix(w.verb, "Proxy")} {
		switch strings.ToLower(word) {
		case "deny", "drop", "block", "strip", "lock", "replace", "quarantine", "denied", "dropped", "blocked":
			return sekisho.OutcomePrevented
		}
	}
	if strings.Contains(strings.ToLower(w.about), "blackhole") { // DNSWatch answers with an address of its own
		return sekisho.OutcomePrevented
	}
	if class == sekisho.ClassNoise {
		return sekisho.OutcomeUnknown
	}
	return sekisho.OutcomeDetected
}

// finding says what the line is about. A service that could not look, or found nothing, found nothing.
func (w *report) finding(e *sekisho.Event) (sekisho.Class, string) {
	about := strings.ToLower(w.about)
	stopped := w.outcome(sekisho.ClassNoise) == sekisho.OutcomePrevented
	switch {
	case strings.Contains(about, "cannot perform"), strings.Contains(about, "scan error"), strings.Contains(about, "not scanned"),
		strings.Contains(about, "submitted"), strings.Contains(about, "reported safe"), strings.Contains(about, "good reputation"),
		strings.Contains(about, "scan timed out"), strings.Contains(about, "scan object too large"):
		return sekisho.ClassNoise, w.service()
	case strings.Contains(about, "apt ") || strings.HasPrefix(about, "apt") || strings.Contains(about, "advanced malware"):
		if w.threat == "clean" || w.threat == "0" {
			return sekisho.ClassNoise, "apt"
		}
		return sekisho.ClassAPT, "apt"
	case w.virus != "" || strings.Contains(about, "virus found") || strings.Contains(about, "intelligentav") || strings.Contains(about, "malware"):
		return sekisho.ClassMalware, "antivirus"
	case w.signature != "" || strings.Contains(about, "ips detected") || strings.Contains(about, "ips match") || w.code == "3000-0150":
		return sekisho.ClassExploit, "ips"
	case strings.Contains(about, "dlp") || strings.Contains(about, "data loss"):
		return sekisho.ClassDLP, "dlp"
	case strings.Contains(about, "botnet"):
		if e.Direction == sekisho.DirectionInbound {
			return sekisho.ClassScan, "botnet"
		}
		return sekisho.ClassC2, "botnet"
	case strings.Contains(about, "dnswatch"):
		return sekisho.ClassMaliciousWeb, "dnswatch"
	case strings.Contains(about, "bad reputation"):
		e.Confidence = 0.6
		return sekisho.ClassMaliciousWeb, "reputation"
	case strings.Contains(about, "phish"):
		return sekisho.ClassMaliciousWeb, "phishing"
	case w.categories != "" || strings.Contains(about, "categor") || strings.Contains(about, "webblocker"):
		return categoryOf(w.categories, stopped), "webblocker"
	case w.app != "":
		return w.application(stopped), "application"
	case strings.Contains(about, "spam"), strings.Contains(about, "bulk"), strings.Contains(about, "geo"):
		return sekisho.ClassNoise, w.service()
	case stopped && w.isMail() && (strings.Contains(about, "file name") || strings.Contains(about, "filename") || strings.Contains(about, "content type") || w.file != ""):
		return sekisho.ClassSuspiciousFile, "attachment"
	case stopped && strings.Contains(about, "auth") && strings.Contains(about, "fail"):
		return sekisho.ClassLoginFailure, w.service()
	case stopped && (strings.Contains(about, "content type") || strings.Contains(about, "url path") || strings.Contains(about, "file name") || strings.Contains(about, "url match") || strings.Contains(about, "domain name match")):
		return sekisho.ClassPolicyWeb, w.service()
	case w.code == "3000-0173":
		return w.hostile(about)
	}
	return sekisho.ClassNoise, w.service()
}

// hostile reads the log of packets that were dropped for whom they came from or how they look.
func (w *report) hostile(about string) (sekisho.Class, string) {
	for word, family := range map[string]string{
		"blocked site": "blocked_site", "blocked port": "blocked_port", "scan": "scan", "spoof": "spoofing", "flood": "dos", "ddos": "dos", "tor ": "tor",
	} {
		if strings.Contains(about, word) {
			return sekisho.ClassScan, family
		}
	}
	return sekisho.ClassNoise, "firewall"
}

func (w *report) application(stopped bool) sekisho.Class {
	category := strings.ToLower(w.appCategory)
	switch {
	case strings.Contains(category, "remote access"):
		return sekisho.ClassRemoteTool
	case stopped:
		return sekisho.ClassPolicyWeb
	}
	return sekisho.ClassNoise
}

// categoryOf reads WebBlocker's categories. Those that do harm stay what they are when they were allowed.
func categoryOf(categories string, stopped bool) sekisho.Class {
	categories = strings.ToLower(categories)
	for _, harm := range []string{
		"malicious", "phishing", "spyware", "keylogger", "malware", "command and control", "bot network", "botnet", "compromised website",
		"embedded link", "embedded iframe", "emerging exploits",
	} {
		if strings.Contains(categories, harm) {
			return sekisho.ClassMaliciousWeb
		}
	}
	if stopped {
		return sekisho.ClassPolicyWeb
	}
	return sekisho.ClassNoise
}

// service names the part of the Firebox that speaks, by the family of its msg_id.
func (w *report) service() string {
	switch family, _, _ := strings.Cut(strings.ToUpper(w.code), "-"); family {
	case "1AFF":
		return "http_proxy"
	case "1BFF":
		return "smtp_proxy"
	case "1CFF":
		return "ftp_proxy"
	case "1DFF":
		return "dns_proxy"
	case "21FF":
		return "pop3_proxy"
	case "22FF":
		return "imap_proxy"
	case "2CFF":
		return "https_proxy"
	case "28FF":
		return "h323_proxy"
	case "2AFF":
		return "sip_proxy"
	case "2DFF":
		return "tcp_udp_proxy"
	}
	return "firewall"
}

func (w *report) isMail() bool {
	switch w.service() {
	case "smtp_proxy", "pop3_proxy", "imap_proxy":
		return true
	}
	return false
}
