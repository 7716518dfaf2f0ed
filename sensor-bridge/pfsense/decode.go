// Package pfsense reads pfSense and OPNsense: the packet filter's filterlog, logins to the web interface, sshguard, OpenVPN.
//
// filterlog is a list of columns whose number depends on the IP version and protocol (Netgate Docs, "Raw Filter Log Format").
package pfsense

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.App == "filterlog" || strings.HasPrefix(r.Body, "filterlog") {
		return decodeFilter(r, e)
	}
	if tellGUI(r, e) || tellGuard(r, e) {
		who(r, e)
		return true
	}
	return false
}

func who(r *line.Record, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "Netgate", "pfSense"
	if r.App == "audit" || r.App == "configd.py" || strings.Contains(r.Body, "Web GUI") || strings.HasPrefix(r.Data, "[meta sequenceId") || strings.HasPrefix(r.Host, "OPNsense") {
		e.Vendor, e.Product = "OPNsense", "OPNsense"
	}
}

// decodeFilter reads rule, sub-rule, anchor, tracker, interface, reason, action, direction, IP version, and what follows it.
func decodeFilter(r *line.Record, e *sekisho.Event) bool {
	body := r.Body
	if r.App != "filterlog" {
		_, after, found := strings.Cut(body, ": ")
		if !found {
			return false
		}
		body = after
	}
	c := field.Columns(body, ',')
	if len(c) < 9 || c[8] != "4" && c[8] != "6" {
		return false
	}
	who(r, e)
	e.Format, e.Code, e.Verb = "pf_filterlog", c[3], c[6]
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	if e.Verb == "block" || e.Verb == "reject" || e.Verb == "unknown(11)" {
		e.Outcome = sekisho.OutcomePrevented
	}
	e.Signature = "rule " + c[0]
	protocol, source := 16, 18
	if c[8] == "6" {
		protocol, source = 12, 15
	}
	e.Protocol = field.Protocol(field.Column(c, protocol))
	if e.Protocol == "icmpv6" || e.Protocol == "ipv6-icmp" {
		e.Protocol = "icmpv6"
	}
	e.SrcIP, e.DstIP = field.Address(field.Column(c, source)), field.Address(field.Column(c, source+1))
	if e.Protocol == "tcp" || e.Protocol == "udp" {
		e.SrcPort, e.DstPort = field.Port(field.Column(c, source+2)), field.Port(field.Column(c, source+3))
	}
	return true
}

// tellGUI reads "/index.php: webConfigurator authentication error for user 'admin' from: 203.0.113.9" and its relatives.
func tellGUI(r *line.Record, e *sekisho.Event) bool {
	text := r.Body
	if r.App != "" && strings.HasSuffix(r.App, ".php") {
		text = r.App + ": " + text
	}
	at := strings.Index(text[:min(len(text), 80)], ".php: ")
	if at < 0 {
		return false
	}
	text = text[at+len(".php: "):]
	class, family, outcome := sekisho.ClassNoise, "admin_login", sekisho.OutcomeUnknown
	switch {
	case strings.Contains(text, "authentication error for"), strings.Contains(text, "authentication failed for"), strings.Contains(text, "Failed login for"):
		class, outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	case strings.HasPrefix(text, "Successful login for"):
		outcome = sekisho.OutcomeSucceeded
	case strings.HasPrefix(text, "User logged out for"), strings.HasPrefix(text, "Session timed out for"):
	case strings.Contains(text, " changed configuration") || strings.Contains(text, "Configuration Change:"):
		class, family, outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	default:
		return false
	}
	e.Class, e.Family, e.Outcome, e.Signature = class, family, outcome, text
	e.User = field.WordBehind(text, " user '", " for '", "user ", "Configuration Change: ")
	e.SrcIP = field.Address(field.WordBehind(text, " from: ", " from "))
	if user, from, found := strings.Cut(e.User, "@"); found {
		if ip := field.Address(from); ip.IsValid() {
			e.User, e.SrcIP = user, ip
		}
	}
	if outcome == sekisho.OutcomeSucceeded && family == "admin_login" && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
		e.Class = sekisho.ClassAdminLoginExternal
	}
	return true
}

// tellGuard reads sshguard, which shuts out who guesses passwords.
func tellGuard(r *line.Record, e *sekisho.Event) bool {
	if r.App != "sshguard" {
		return false
	}
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "admin_login", sekisho.OutcomeUnknown
	e.Signature = r.Body
	if strings.HasPrefix(r.Body, "Attack from ") || strings.HasPrefix(r.Body, "Blocking ") {
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		e.SrcIP = field.Address(field.WordBehind(r.Body, "Attack from ", "Blocking "))
	}
	return true
}
