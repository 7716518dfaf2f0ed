// Package barracuda reads Barracuda's Web Application Firewall: firewall (ALER ... or key=value), access, audit and network
// logs by position (Barracuda WAF, "Syslog and other logs"), and CloudGen's firewall lines with pipes.
package barracuda

import (
	"net/netip"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	raw := r.Raw
	if strings.Contains(raw, " logType=WF") || strings.Contains(raw, "actionTaken=") && strings.Contains(raw, "attackId=") {
		begin(e)
		tellPairs(field.Collect(spaced(raw[max(0, strings.Index(raw, "src=")):])), r, e)
		return true
	}
	if strings.Contains(raw, "box_Firewall") {
		return decodeCloudGen(raw, e)
	}
	words := strings.Fields(raw)
	for i, w := range words[:min(len(words), 6)] {
		if (w == "ALER" || w == "EMER" || w == "CRIT" || w == "ERRO" || w == "WARN" || w == "NOTI" || w == "INFO") && i+7 < len(words) && address(words[i+2]).IsValid() {
			if words[i+1] == "TCP" || words[i+1] == "UDP" || words[i+1] == "ICMP" {
				break
			}
			begin(e)
			tellFirewall(w, words[i+1:], raw, e)
			return true
		}
		if w == "ADMIN_M" || w == "PROCMON" || w == "INSTALL" || w == "STM" || w == "UPDATE" && i+2 < len(words) {
			begin(e)
			tellSystem(words[i:], raw, e)
			return true
		}
	}
	return tellNetwork(words, e)
}

func begin(e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceWAF, "Barracuda", "WAF", "barracuda_waf"
	e.Direction, e.Asset = sekisho.DirectionInbound, sekisho.AssetServer
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
}

func address(s string) netip.Addr { return field.Address(s) }

// tellPairs reads the key=value form.
func tellPairs(set field.Set, _ *line.Record, e *sekisho.Event) {
	if when, ok := field.Epoch(set.Get("rt")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.SrcIP, e.SrcPort = address(set.Get("src")), field.Port(set.Get("spt"))
	e.DstIP, e.DstPort = address(set.Get("dst")), field.Port(set.Get("dpt"))
	e.Verb, e.Signature, e.Category, e.Code = set.Get("actionTaken"), set.Get("attackDescription"), set.Get("attackGroup"), set.Get("attackId")
	e.Path, e.URL, e.Method, e.UserAgent = set.Get("request"), set.Get("request"), set.Get("requestMethod"), set.Get("userAgent")
	judge(e)
}

// tellFirewall reads "PRE_1_0_REQUEST client port server port rule type action follow-up [detail] method url ...".
func tellFirewall(severity string, words []string, raw string, e *sekisho.Event) {
	e.Severity, e.Signature = severity, words[0]
	e.SrcIP, e.SrcPort = address(words[1]), field.Port(words[2])
	e.DstIP, e.DstPort = address(words[3]), field.Port(words[4])
	for _, w := range words[5:min(len(words), 10)] {
		switch w {
		case "DENY", "LOG", "WARNING", "CLOAK", "REDIRECT":
			e.Verb = w
		}
	}
	if _, detail, found := strings.Cut(raw, "["); found {
		e.Category, _, _ = strings.Cut(detail, "]")
	}
	if _, rest, found := strings.Cut(raw, "] "); found {
		if request := strings.Fields(rest); len(request) > 1 {
			e.Method, e.URL = request[0], request[1]
		}
	}
	judge(e)
}

// judge names what was found and what was done: DENY and what follows it kept the visitor out, LOG and WARNING let it by.
func judge(e *sekisho.Event) {
	family, ok := attack.Named(e.Signature, e.Category)
	if !ok {
		family = "generic"
	}
	e.Family, e.Class, e.Outcome = family, attack.Class(family), sekisho.OutcomeDetected
	switch e.Verb {
	case "DENY", "CLOAK":
		e.Outcome = sekisho.OutcomePrevented
	case "REDIRECT":
		e.Outcome = sekisho.OutcomeRedirected
	}
}

func tellSystem(words []string, raw string, e *sekisho.Event) {
	e.Direction, e.Asset, e.Family = "", "", "system"
	if at := strings.Index(raw, words[0]); at >= 0 {
		e.Signature = raw[at:]
	}
	lower := strings.ToLower(raw)
	if strings.Contains(lower, "log-in failures") || strings.Contains(lower, "login failed") || strings.Contains(lower, "failed login") {
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	}
}

// tellNetwork reads the packet filter's "INFO TCP a p b q ALLOW acl ...", the audit log's "user GUI address port CONFIG ..."
// and the access log's "server port client port ...".
func tellNetwork(words []string, e *sekisho.Event) bool {
	for i, w := range words {
		if i > 8 {
			return false
		}
		switch {
		case (w == "TCP" || w == "UDP" || w == "ICMP") && i+6 < len(words) && address(words[i+1]).IsValid() && address(words[i+3]).IsValid() && (words[i+5] == "ALLOW" || words[i+5] == "DENY"):
			begin(e)
			e.Family, e.Protocol, e.Verb, e.Direction = "firewall", strings.ToLower(w), words[i+5], ""
			e.SrcIP, e.SrcPort, e.DstIP, e.DstPort = address(words[i+1]), field.Port(words[i+2]), address(words[i+3]), field.Port(words[i+4])
			if e.Verb == "DENY" {
				e.Outcome = sekisho.OutcomePrevented
			}
			return true
		case (w == "GUI" || w == "CLI" || w == "API") && i > 0 && i+3 < len(words) && address(words[i+1]).IsValid():
			begin(e)
			e.User, e.SrcIP, e.Verb, e.Direction, e.Asset = words[i-1], address(words[i+1]), words[i+3], "", ""
			switch e.Family = "audit"; e.Verb {
			case "CONFIG":
				e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
			case "LOGIN":
				e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
			case "UNSUCCESSFUL_LOGIN":
				e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
			}
			return true
		case i+13 < len(words) && address(w).IsValid() && address(words[i+2]).IsValid() && strings.HasPrefix(words[i+4], `"`) && strings.HasPrefix(words[i+9], "HTTP/"):
			begin(e)
			e.Source, e.Method = sekisho.SourceWeb, words[i+6]
			e.DstIP, e.DstPort, e.SrcIP, e.SrcPort = address(w), field.Port(words[i+1]), address(words[i+2]), field.Port(words[i+3])
			return true
		}
	}
	return false
}

// spaced ranges over key=value pairs whose values may hold spaces.
func spaced(s string) func(func(string, string) bool) {
	c := line.CEF{Extension: s}
	return c.Fields()
}

// decodeCloudGen reads "... box_Firewall_Activity: Info host Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=...|...".
func decodeCloudGen(raw string, e *sekisho.Event) bool {
	_, text, found := strings.Cut(raw, "type=")
	if !found {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Barracuda", "CloudGen", "barracuda_cloudgen"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	set := field.Set{}
	for part := range strings.SplitSeq("type="+text, "|") {
		if key, value, ok := strings.Cut(part, "="); ok && len(set) < 100 {
			set = append(set, struct{ Key, Value string }{key, value})
		}
	}
	e.SrcIP, e.SrcPort, e.DstIP, e.DstPort = address(set.Get("srcIP")), field.Port(set.Get("srcPort")), address(set.Get("dstIP")), field.Port(set.Get("dstPort"))
	e.Protocol, e.User, e.Signature, e.Category = field.Protocol(set.Get("proto")), set.Get("user"), set.Get("rule"), set.Get("app")
	for _, action := range []string{"Allow", "Block", "Drop", "Deny", "LocalAllow", "LocalBlock", "Detect", "Fail", "Remove"} {
		if strings.Contains(raw, " "+action+": ") {
			e.Verb = action
		}
	}
	switch e.Verb {
	case "Block", "Drop", "Deny", "LocalBlock":
		e.Outcome = sekisho.OutcomePrevented
	}
	return true
}
