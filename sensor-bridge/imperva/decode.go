// Package imperva reads Imperva SecureSphere and Cloud WAF in CEF, and Cloud WAF in LEEF (Imperva, "Log file structure").
package imperva

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var set field.Set
	var product, kind, name, severity string
	switch {
	case r.CEF != nil && (strings.HasPrefix(r.CEF.Vendor, "Imperva") || r.CEF.Vendor == "Incapsula"):
		set, product, kind, name, severity = field.Collect(r.CEF.Fields()), r.CEF.Product, r.CEF.ID, r.CEF.Name, r.CEF.Severity
	case r.LEEF != nil && (strings.HasPrefix(r.LEEF.Vendor, "Imperva") || r.LEEF.Vendor == "Incapsula"):
		set, product, kind, severity = field.Collect(r.LEEF.Fields()), r.LEEF.Product, r.LEEF.ID, ""
	default:
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceWAF, "Imperva", product, "imperva"
	e.Direction, e.Asset = sekisho.DirectionInbound, sekisho.AssetServer
	field.TellTime(e, r.Zone, set.Get("rt", "start", "devTime"))
	e.SrcIP, e.SrcPort = field.Address(set.Get("src")), field.Port(set.Get("spt", "cpt", "srcPort"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst", "sip")), field.Port(set.Get("dpt", "spt", "dstPort"))
	e.Protocol = "tcp"
	if field.Inside(e.SrcIP) && field.Inside(e.DstIP) {
		e.Direction = ""
	}
	if user := set.Get("duser", "suser", "usrName"); user != "n/a" && user != "Multiple" {
		e.User = user
	}
	e.Site, e.Method, e.UserAgent = set.Get("sourceServiceName", "dhost"), set.Get("requestMethod", "requestmethod"), set.Get("requestClientApplication", "dproc")
	e.URL = cmp.Or(set.Get("request", "url"), set.Labelled("HTTPHeaderRequest-URLPath"))
	e.Method = cmp.Or(e.Method, set.Labelled("HTTPHeaderRequest-URLMethod"))
	e.Path, _, _ = strings.Cut(e.URL, "?")
	e.Verb, e.Severity, e.Code, e.Category = set.Get("act"), severity, kind, set.Labelled("Policy")
	description := cmp.Or(set.Labelled("Description"), set.Get("filePermission"), name)
	e.Signature = cmp.Or(name, description)
	tell(kind, name, description, set, e)
	return true
}

// tell reads the verdict. Cloud WAF writes REQ_BLOCKED_SECURITY and its kin, SecureSphere Block or None.
func tell(kind, name, description string, set field.Set, e *sekisho.Event) {
	verb := strings.ToLower(e.Verb)
	blocked := strings.HasPrefix(verb, "block") || strings.HasPrefix(verb, "req_blocked") || strings.HasPrefix(verb, "req_challenge") || strings.Contains(verb, "session_blocked")
	family, ok := attack.Named(name, description, kind, set.Labelled("Policy"))
	attacked := ok || kind == "Signature" || kind == "Correlation" || kind == "Custom" || kind == "Worm" || kind == "Protocol" || kind == "Profile" || blocked
	if !attacked || name == "Normal" || strings.HasPrefix(verb, "req_passed") && !ok {
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
		return
	}
	if !ok {
		if family = "generic"; kind == "Protocol" {
			family = "protocol"
		}
	}
	e.Family, e.Class, e.Outcome = family, attack.Class(family), sekisho.OutcomeDetected
	if blocked {
		e.Outcome = sekisho.OutcomePrevented
	}
}
