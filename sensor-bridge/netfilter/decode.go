// Package netfilter reads what the packet filter of Linux logs by the kernel: iptables, nftables, ufw, firewalld, Shorewall,
// and the many routers built on it, UniFi gateways among them.
//
// The kernel writes only addresses; what became of the packet stands in the prefix that the rule's author chose, "[UFW
// BLOCK]" or "[WAN_LOCAL-D-4001]" (iptables-extensions(8), LOG). A prefix without such a word leaves the outcome unknown.
package netfilter

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one packet.
func Decode(r *line.Record, e *sekisho.Event) bool {
	at := strings.Index(r.Body, "IN=")
	if at < 0 || at > 300 || at > 0 && r.Body[at-1] != ' ' && r.Body[at-1] != ']' && r.Body[at-1] != ':' && r.Body[at-1] != '"' && r.Body[at-1] != '-' {
		return false
	}
	packet := r.Body[at:]
	if !strings.Contains(packet, " OUT=") || !strings.Contains(packet, " SRC=") || !strings.Contains(packet, " DST=") {
		return false
	}
	prefix := strings.TrimSpace(withoutUptime(r.Body[:at]))
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "Linux", "netfilter"
	tellVendor(r, prefix, e)
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	for key, value := range field.Pairs(packet) {
		switch key {
		case "SRC":
			if !e.SrcIP.IsValid() { // an ICMP error holds a second packet in brackets
				e.SrcIP = field.Address(value)
			}
		case "DST":
			if !e.DstIP.IsValid() {
				e.DstIP = field.Address(value)
			}
		case "PROTO":
			if e.Protocol == "" {
				e.Protocol = field.Protocol(value)
			}
		case "SPT":
			if e.SrcPort == 0 {
				e.SrcPort = field.Port(value)
			}
		case "DPT":
			if e.DstPort == 0 {
				e.DstPort = field.Port(value)
			}
		}
	}
	e.Signature, e.Verb = strings.Trim(prefix, "[]: "), verbOf(prefix)
	switch e.Verb {
	case "block", "drop", "reject", "deny":
		e.Outcome = sekisho.OutcomePrevented
	}
	return true
}

// withoutUptime takes "[12345.678901] " off: seconds since the kernel started.
func withoutUptime(s string) string {
	s = strings.TrimLeft(s, " ")
	inner, rest, found := strings.Cut(strings.TrimPrefix(s, "["), "]")
	if found && s[0] == '[' && strings.Trim(inner, " 0123456789.") == "" {
		return rest
	}
	return s
}

func tellVendor(r *line.Record, prefix string, e *sekisho.Event) {
	switch {
	case strings.HasPrefix(prefix, "[UFW "):
		e.Product = "ufw"
	case strings.HasPrefix(prefix, "Shorewall:"):
		e.Product = "Shorewall"
	case strings.HasPrefix(prefix, "[") && (strings.Contains(prefix, "WAN_") || strings.Contains(prefix, "LAN_") || strings.Contains(prefix, "GUEST_") || strings.Contains(prefix, "CUSTOM")) ||
		strings.HasPrefix(r.Host, "UDM") || strings.HasPrefix(r.Host, "USG") || strings.Contains(prefix, "DESCR="):
		e.Vendor, e.Product = "Ubiquiti", "UniFi"
	}
}

// verbOf finds the word for what was done in a prefix: whole words first, then the letters that UniFi and VyOS put at the
// end of a rule's name: [LAN_IN-default-A], [WAN_LOCAL-D-4001].
func verbOf(prefix string) string {
	lower := strings.ToLower(prefix)
	for _, word := range []struct{ part, verb string }{
		{"block", "block"},
		{"drop", "drop"},
		{"reject", "reject"},
		{"den", "deny"},
		{"bad tcp", "drop"},
		{"limit", "limit"},
		{"allow", "allow"},
		{"accept", "accept"},
		{"pass", "accept"},
		{"permit", "accept"},
		{"audit", "audit"},
	} {
		if strings.Contains(lower, word.part) {
			return word.verb
		}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(prefix, "["), "]")
	for part := range strings.SplitSeq(name, "-") {
		switch part {
		case "A", "RET":
			return "accept"
		case "D":
			return "drop"
		case "R":
			return "reject"
		}
	}
	return ""
}
