// Package mikrotik reads RouterOS: packets that firewall rules log, logins, changes, DHCP, VPN.
//
// A message begins with its topics, "firewall,info" or "system,error,critical", unless the administrator sends it in BSD
// form without them (MikroTik documentation, "Log", "Log messages"). What became of a packet stands in the rule's
// log-prefix, if its author wrote it there.
package mikrotik

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one message.
func Decode(r *line.Record, e *sekisho.Event) bool {
	text := r.Body
	if r.App == "input" || r.App == "forward" || r.App == "output" || strings.Contains(r.App, ",") {
		text = r.App + ": " + text
	}
	topics, rest := cutTopics(text)
	if topics != "" {
		text = rest
	}
	if !tellPacket(text, e) && !tellPerson(text, topics, e) {
		if topics == "" {
			return false
		}
		tellTopic(text, topics, e)
	}
	e.Source, e.Vendor, e.Product, e.Code = sekisho.SourceUTM, "MikroTik", "RouterOS", topics
	if _, level, found := strings.Cut(topics, ","); found {
		e.Severity = level
	}
	if e.Signature == "" {
		e.Signature = text
	}
	return true
}

// first words of topics, as RouterOS writes them.
var known = map[string]bool{
	"firewall": true, "system": true, "dhcp": true, "l2tp": true, "pptp": true, "ppp": true, "pppoe": true, "ipsec": true, "ovpn": true, "sstp": true, "wireless": true, "caps": true,
	"interface": true, "script": true, "dns": true, "ntp": true, "hotspot": true, "route": true, "ospf": true, "bgp": true, "web-proxy": true, "wireguard": true, "account": true, "critical": true,
	"bridge": true, "certificate": true, "e-mail": true, "snmp": true, "radius": true, "upnp": true, "backup": true, "poe-out": true, "health": true, "ssh": true, "manager": true, "watchdog": true,
}

var levels = map[string]bool{"info": true, "error": true, "warning": true, "critical": true, "debug": true, "packet": true, "account": true}

// cutTopics takes "system,error,critical " off.
func cutTopics(s string) (topics, rest string) {
	topics, rest, found := strings.Cut(s, " ")
	topics = strings.TrimSuffix(topics, ":")
	first, _, several := strings.Cut(topics, ",")
	if !found || !several || !known[first] {
		return "", s
	}
	for topic := range strings.SplitSeq(topics, ",") {
		if levels[topic] && topic != first {
			return topics, strings.TrimSpace(rest)
		}
	}
	return "", s
}

// tellPacket reads "PREFIX forward: in:ether1 out:bridge, src-mac 26:5a:..., proto TCP (SYN), a:p->b:p, len 64".
func tellPacket(text string, e *sekisho.Event) bool {
	at := strings.Index(text, ": in:")
	arrow := strings.Index(text, "->")
	proto := strings.Index(text, "proto ")
	if at < 0 || arrow < at || proto < at {
		return false
	}
	chain := text[:at]
	from := text[:arrow]
	if begin := strings.LastIndexAny(from, " ,"); begin >= 0 {
		from = from[begin+1:]
	}
	to := text[arrow+2:]
	if end := strings.IndexAny(to, ", "); end >= 0 {
		to = to[:end]
	}
	e.SrcIP, e.SrcPort = field.AddressPort(from)
	e.DstIP, e.DstPort = field.AddressPort(to)
	protocol := text[proto+len("proto "):]
	if end := strings.IndexAny(protocol, " ,("); end >= 0 {
		protocol = protocol[:end]
	}
	e.Protocol = field.Protocol(protocol)
	e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown, chain
	lower := strings.ToLower(chain)
	for _, word := range []string{"drop", "block", "reject", "deny", "tarpit", "blacklist"} {
		if strings.Contains(lower, word) {
			e.Verb, e.Outcome = word, sekisho.OutcomePrevented
		}
	}
	if strings.Contains(lower, "scan") {
		e.Class, e.Family, e.Confidence = sekisho.ClassScan, "scan", 0.7
	}
	return true
}

// tellPerson reads who came, who failed and who changed what.
func tellPerson(text, topics string, e *sekisho.Event) bool {
	switch {
	case strings.HasPrefix(text, "login failure for user "):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		e.User, e.SrcIP = field.Between(text, "for user ", " from "), field.Address(field.WordBehind(text, " from "))
		e.Protocol = field.WordBehind(text, " via ")
	case strings.HasPrefix(text, "user ") && strings.Contains(text, " logged in from ") && strings.Contains(text, " via "):
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "admin_login", sekisho.OutcomeSucceeded
		e.User, e.SrcIP = field.Between(text, "user ", " logged in"), field.Address(field.WordBehind(text, " from "))
		if e.Protocol = field.WordBehind(text, " via "); e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case topics == "" && !(strings.HasPrefix(text, "user ") && strings.Contains(text, " logged out from ") && strings.Contains(text, " via ")):
		return false
	case strings.Contains(text, " logged out"):
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "admin_login", sekisho.OutcomeUnknown
		e.User, e.SrcIP = field.Between(text, "user ", " logged out"), field.Address(field.WordBehind(text, " from "))
	case strings.Contains(text, " changed by ") || strings.Contains(text, " added by ") || strings.Contains(text, " removed by ") || strings.Contains(text, " moved by "):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		e.User = strings.TrimRight(field.Between(text+" ", "ed by ", " "), ".,)")
		if _, tool, found := strings.Cut(e.User, ":"); found { // v7: "changed by winbox-3.41/tcp-msg(winbox):admin@192.168.1.5"
			e.User = tool
		}
		if user, from, found := strings.Cut(e.User, "@"); found {
			e.User, e.SrcIP = user, field.Address(from)
		}
	default:
		return false
	}
	return true
}

// tellTopic reads the rest by its topics.
func tellTopic(text, topics string, e *sekisho.Event) {
	first, _, _ := strings.Cut(topics, ",")
	lower := strings.ToLower(text)
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, first, sekisho.OutcomeUnknown
	switch first {
	case "dhcp":
		if _, lease, found := strings.Cut(text, " assigned "); found && !strings.Contains(text, "deassigned") {
			if e.SrcIP = field.Address(firstWord(lease)); !e.SrcIP.IsValid() { // v7: "assigned 192.168.88.10 for AA:BB:... pc1"
				return
			}
			e.Family, e.Host = sekisho.FamilyLease, field.WordBehind(text, " to ")
			if e.Host == "" {
				e.Host = field.WordBehind(text, " for ")
			}
		}
	case "l2tp", "pptp", "ovpn", "sstp", "ppp", "ipsec":
		e.Family = "vpn"
		switch {
		case strings.Contains(lower, "authentication failed"), strings.Contains(lower, "auth failed"), strings.Contains(lower, "login failed"):
			e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "vpn_login", sekisho.OutcomePrevented
			e.User = strings.Trim(field.WordBehind(text, "user "), "<>:")
		case strings.Contains(lower, " logged in"):
			e.Family, e.Outcome = "vpn_login", sekisho.OutcomeSucceeded
			before, _, _ := strings.Cut(text, " logged in")
			e.User = strings.Trim(before[strings.LastIndexByte(before, ' ')+1:], "<>:")
		}
		for piece := range strings.FieldsSeq(text) {
			if ip := field.Address(strings.Trim(piece, "<>,:[]")); ip.IsValid() {
				e.SrcIP = ip
				break
			}
		}
	case "system", "watchdog", "health", "poe-out":
		if strings.Contains(topics, "critical") || strings.Contains(lower, "without proper shutdown") || strings.Contains(lower, "kernel failure") {
			e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		}
	}
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return strings.TrimRight(w, ",")
}
