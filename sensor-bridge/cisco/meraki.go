package cisco

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// kinds are the words that stand where others have a tag.
var kinds = set("events", "urls", "flows", "firewall", "vpn_firewall", "cellular_firewall", "bridge_anyconnect_client_vpn_firewall",
	"ids-alerts", "security_event", "airmarshal_events", "l7_firewall", "ip_flow_start", "ip_flow_end")

// decodeMeraki reads "1744679533.000 name kind ...", behind a PRI and perhaps a version.
func decodeMeraki(r *line.Record, e *sekisho.Event) bool {
	kind, text, name, ok := merakiParts(r)
	if !ok {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Cisco", "Meraki MX", "cisco_meraki"
	e.Device, e.Code = name, kind
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	set := field.Collect(field.Pairs(text))
	e.SrcIP, e.SrcPort = field.AddressPort(set.Get("src"))
	e.DstIP, e.DstPort = field.AddressPort(set.Get("dst"))
	if port := field.Port(set.Get("sport")); port != 0 {
		e.SrcPort = port
	}
	if port := field.Port(set.Get("dport")); port != 0 {
		e.DstPort = port
	}
	e.Protocol = field.Protocol(set.Get("protocol"))
	switch kind {
	case "ids-alerts", "security_event":
		tellMerakiAlert(text, set, e)
	case "urls":
		e.Family = "webfilter"
		_, request, _ := strings.Cut(text, "request: ")
		method, url, _ := strings.Cut(strings.TrimSpace(request), " ")
		e.Method, e.URL, e.UserAgent = method, url, set.Get("agent")
	case "events", "airmarshal_events":
		tellMerakiEvent(kind, text, set, e)
	default:
		tellMerakiFlow(text, e)
	}
	return true
}

// merakiParts finds the kind of a record: the word behind a time in seconds and a name.
func merakiParts(r *line.Record) (kind, text, name string, ok bool) {
	if kinds[r.App] {
		return r.App, r.Body, r.Host, true
	}
	words := strings.SplitN(r.Raw, " ", 6)
	for i, w := range words[:min(len(words), 4)] {
		if at := strings.IndexByte(w, '>'); at >= 0 {
			w = w[at+1:]
		}
		if whole, fraction, found := strings.Cut(w, "."); found && len(whole) == 10 && len(fraction) >= 3 {
			if _, isTime := field.Epoch(w); isTime && i+2 < len(words) {
				rest := strings.SplitN(r.Raw, " ", i+4)
				if len(rest) == i+4 && kinds[rest[i+2]] {
					return rest[i+2], rest[i+3], rest[i+1], true
				}
			}
		}
	}
	first, rest, _ := strings.Cut(r.Body, " ")
	if kinds[first] && first != "events" && first != "firewall" {
		return first, rest, r.Host, true
	}
	return "", "", "", false
}

func tellMerakiFlow(text string, e *sekisho.Event) {
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "deny ") || strings.Contains(lower, "pattern: deny") || strings.Contains(lower, "pattern: 0 ") || strings.Contains(lower, "decision=blocked"):
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "deny"
	case strings.HasPrefix(lower, "allow ") || strings.Contains(lower, "pattern: allow") || strings.Contains(lower, "pattern: 1 "):
		e.Verb = "allow"
	}
}

// tellMerakiAlert reads ids_alerted and what file scanning found. "decision" is newer than the rest; without it nobody
// says that anything was blocked.
func tellMerakiAlert(text string, set field.Set, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", sekisho.OutcomeDetected
	e.Severity, e.Code = set.Get("priority"), cmp.Or(set.Get("signature"), e.Code)
	if _, message, found := strings.Cut(text, "message: "); found {
		e.Signature = message
	} else {
		e.Signature = set.Get("message", "signature")
	}
	if when, ok := field.Epoch(set.Get("timestamp")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	switch e.Verb = set.Get("decision", "action", "disposition"); strings.ToLower(e.Verb) {
	case "blocked", "block":
		e.Outcome = sekisho.OutcomePrevented
	}
	switch set.Get("direction") {
	case "ingress":
		e.Direction = sekisho.DirectionInbound
	case "egress":
		e.Direction = sekisho.DirectionOutbound
	}
	if strings.HasPrefix(text, "security_filtering") || set.Get("sha256") != "" {
		e.Class, e.Family = sekisho.ClassMalware, "antivirus"
		e.URL, e.Hash, e.File = set.Get("url"), field.Hash(set.Get("sha256")), set.Get("name")
		if strings.EqualFold(set.Get("disposition"), "malicious") && set.Get("action") == "block" {
			e.Outcome = sekisho.OutcomePrevented
		}
		return
	}
	if family, ok := attack.Named(e.Signature); ok {
		e.Family = family
	}
	lower := strings.ToLower(e.Signature)
	if strings.HasPrefix(lower, "malware-cnc") {
		e.Class, e.Family = sekisho.ClassC2, "botnet"
	}
}

func tellMerakiEvent(kind, text string, set field.Set, e *sekisho.Event) {
	e.Family, e.Signature = cmp.Or(set.Get("type"), "event"), firstWord(text)
	if e.Signature = cmp.Or(set.Get("type"), text); kind == "airmarshal_events" {
		e.Family = "wireless"
	}
	e.User = set.Get("user", "identity")
	if ip := field.Address(set.Get("ip", "client_ip", "remote_ip")); ip.IsValid() {
		e.SrcIP = ip
	}
	switch set.Get("type") {
	case "content_filtering_block":
		e.Class, e.Family, e.Outcome = sekisho.ClassPolicyWeb, "webfilter", sekisho.OutcomePrevented
		e.URL, e.Category = set.Get("url"), set.Get("category0")
	case "rogue_ssid_detected", "ssid_spoofing_detected":
		e.Class, e.Outcome = sekisho.ClassOpenWiFi, sekisho.OutcomeDetected
	case "8021x_auth_fail", "8021x_eap_failure", "anyconnect_vpn_auth_failure", "wpa_deauth":
		if set.Get("type") != "wpa_deauth" {
			e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
		}
	case "anyconnect_vpn_auth_success", "client_vpn_connect":
		e.Family, e.Outcome = "vpn_login", sekisho.OutcomeSucceeded
	}
	if strings.HasPrefix(text, "Blocked ") {
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "blocked"
	}
}
