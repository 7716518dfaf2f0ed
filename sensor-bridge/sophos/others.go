package sophos

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// isUTM9 wants id="4 digits" severity= sys= sub=, which every log of UTM 9 begins with.
func isUTM9(head string) bool {
	at := strings.Index(head, `id="`)
	return at >= 0 && strings.Contains(head[at:], `severity="`) && strings.Contains(head[at:], `sys="`) && strings.Contains(head[at:], `sub="`)
}

// tellUTM9 reads UTM 9 (Astaro): sub is the part that speaks, name says what it did.
func tellUTM9(r *line.Record, set field.Set, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Sophos", "UTM", "sophos_utm9"
	e.SrcIP, e.SrcPort = field.Address(set.Get("srcip")), field.Port(set.Get("srcport"))
	e.DstIP, e.DstPort = field.Address(set.Get("dstip")), field.Port(set.Get("dstport"))
	e.Protocol, e.User = field.Protocol(set.Get("proto")), set.Get("user", "username")
	e.Verb, e.Signature, e.Code = set.Get("action"), set.Get("reason", "virus", "name"), set.Get("sid", "id")
	e.URL, e.Category, e.Method, e.Site = set.Get("url"), set.Get("categoryname", "group"), set.Get("method"), ""
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, cmp.Or(set.Get("sub"), "firewall"), sekisho.OutcomeUnknown
	outcome, acted := verb.AtGateway(e.Verb)
	found := sekisho.OutcomeDetected
	if acted {
		found = outcome
	}
	name := strings.ToLower(set.Get("name"))
	switch set.Get("sub") {
	case "packetfilter":
		if e.Family = "firewall"; found == sekisho.OutcomePrevented && acted {
			e.Outcome = found
		}
	case "ips":
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", found
		if family, ok := attack.Named(e.Signature); ok {
			e.Family = family
		}
	case "http":
		tellUTM9Web(name, set, found, e)
	case "auth":
		if e.Family = "login"; strings.Contains(name, "fail") || strings.Contains(strings.ToLower(set.Get("status")), "fail") {
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		} else if strings.Contains(name, "success") {
			e.Outcome = sekisho.OutcomeSucceeded
		}
		if caller := set.Get("caller"); caller == "webadmin" {
			if e.Family = "admin_login"; e.Outcome == sekisho.OutcomeSucceeded && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
				e.Class = sekisho.ClassAdminLoginExternal
			}
		}
	case "confd":
		e.Class, e.Family, e.Outcome, e.User = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded, set.Get("user")
	case "smtp", "pop3":
		if e.Family = "mail"; strings.Contains(name, "virus") {
			e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomePrevented
		}
	case "atp", "afcd":
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassC2, "botnet", found, set.Get("threatname", "name")
	}
	if strings.Contains(name, "portscan") || strings.Contains(name, "flood") {
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "scan", sekisho.OutcomePrevented, 0.7
	}
}

func tellUTM9Web(name string, set field.Set, found sekisho.Outcome, e *sekisho.Event) {
	e.Family, e.Signature = "webfilter", set.Get("reason", "name")
	switch {
	case set.Get("virus") != "" || strings.Contains(name, "virus"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassMalware, "antivirus", found, set.Get("virus", "name")
	case found == sekisho.OutcomePrevented || strings.Contains(name, "blocked"):
		e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
		lower := strings.ToLower(e.Category)
		for _, harm := range []string{"malicious", "phishing", "spyware", "hacking", "botnet"} {
			if strings.Contains(lower, harm) {
				e.Class = sekisho.ClassMaliciousWeb
			}
		}
	}
}

// tellAppliance reads the web appliance: act 1 let through, other numbers refused; threat names what was found.
func tellAppliance(set field.Set, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Sophos", "Web Appliance", "sophos_swa"
	if when, ok := field.Epoch(set.Get("t")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.SrcIP, e.User, e.Method, e.UserAgent = field.Address(set.Get("h")), set.Get("u"), set.Get("meth"), set.Get("ua")
	words := strings.Fields(set.Get("req"))
	if len(words) > 1 {
		e.URL = words[1]
	}
	e.Category, e.Verb, e.Direction = set.Get("cat"), set.Get("act"), sekisho.DirectionOutbound
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "webfilter", sekisho.OutcomeUnknown
	prevented := e.Verb != "" && e.Verb != "1" && e.Verb != "-"
	switch threat := set.Get("threat"); {
	case threat != "" && threat != "-":
		if e.Class, e.Family, e.Signature, e.Outcome = sekisho.ClassMalware, "antivirus", threat, sekisho.OutcomeDetected; prevented {
			e.Outcome = sekisho.OutcomePrevented
		}
	case prevented:
		e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
	}
}

// decodeCentral reads alerts and events of Sophos Central's SIEM interface: type is "Event::Endpoint::Threat::CleanedUp".
func decodeCentral(r *line.Record, e *sekisho.Event) bool {
	o := r.Object()
	kind := o.String("type")
	if !strings.HasPrefix(kind, "Event::") {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Sophos", "Central", "sophos_central"
	if strings.HasPrefix(kind, "Event::Firewall") {
		e.Source = sekisho.SourceUTM
	}
	for _, name := range []string{"when", "rt", "created_at", "end"} {
		if when, _, ok := field.Time(o.String(name), r.Zone); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			break
		}
	}
	e.Host, e.User, e.SrcIP = o.String("location", "dhost", "data.endpoint_name"), o.String("source", "suser"), field.Address(o.String("source_info.ip"))
	e.Signature, e.Code, e.Severity, e.Verb = o.String("threat", "name", "description"), kind, o.String("severity"), kind[strings.LastIndexByte(kind, ':')+1:]
	e.File, e.Hash = o.String("filePath", "core_remedy_items.items.0.descriptor"), field.Hash(o.String("appSha256"))
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "event", sekisho.OutcomeUnknown
	outcome, acted := verb.OnHost(e.Verb)
	switch {
	case strings.Contains(kind, "::Threat::PuaDetected") || strings.Contains(kind, "::PuaCleanedUp") || strings.Contains(kind, "CorePua"):
		e.Class, e.Family = sekisho.ClassPUA, "pua"
	case strings.Contains(kind, "HmpaCryptoGuard") || strings.Contains(kind, "CryptoGuard"):
		e.Class, e.Family = sekisho.ClassRansomware, "ransomware"
	case strings.Contains(kind, "HmpaExploitPrevented"):
		e.Class, e.Family = sekisho.ClassExploit, "exploit"
	case strings.Contains(kind, "::Threat::"), strings.Contains(kind, "CoreDetection"), strings.Contains(kind, "CoreClean"):
		e.Class, e.Family = sekisho.ClassMalware, "antivirus"
	case strings.Contains(kind, "WebControlViolation"), strings.Contains(kind, "WebFilteringBlocked"):
		e.Class, e.Family, e.Outcome = sekisho.ClassPolicyWeb, "webfilter", sekisho.OutcomePrevented
	case strings.Contains(kind, "DeviceControl") || strings.Contains(kind, "Denc::Device"):
		e.Class, e.Family = sekisho.ClassUSB, "usb"
	case strings.Contains(kind, "DataLossPrevention"):
		e.Class, e.Family = sekisho.ClassDLP, "dlp"
	case strings.Contains(kind, "SavDisabled") || strings.Contains(kind, "TamperProtection") || strings.Contains(kind, "NotProtected"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
	case strings.Contains(kind, "UpdateFailure") || strings.Contains(kind, "LostConnection") || strings.Contains(kind, "License"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	default:
		return true
	}
	if e.Outcome != sekisho.OutcomeUnknown {
		return true
	}
	lower := strings.ToLower(kind)
	switch {
	case strings.Contains(lower, "failed") || strings.Contains(lower, "notcleaned") || strings.Contains(lower, "cleanupfailed"):
		e.Outcome = sekisho.OutcomeDetected
	case strings.Contains(lower, "cleaned") || strings.Contains(lower, "cleansuccess") || strings.Contains(lower, "coreclean") || strings.Contains(lower, "deleted"):
		e.Outcome = sekisho.OutcomeContained
	case strings.Contains(lower, "prevented") || strings.Contains(lower, "blocked"):
		e.Outcome = sekisho.OutcomePrevented
	case acted:
		e.Outcome = outcome
	default:
		e.Outcome = sekisho.OutcomeDetected
	}
	return true
}
