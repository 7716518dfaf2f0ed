// Package sonicwall reads SonicWall firewalls: key=value behind id=firewall, and CEF (SonicOS Log Events Reference Guide).
//
// pri is a syslog level and mixes attacks with a line that went down; the message number m and the priority of the intrusion
// prevention decide.
package sonicwall

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var set field.Set
	var number string
	switch {
	case r.CEF != nil && r.CEF.Vendor == "SonicWall":
		set, number = fromCEF(r.CEF), r.CEF.ID
		e.Format = "sonicwall_cef"
	case looksLikeSonicWall(r.Raw):
		set = field.Collect(field.Pairs(r.Raw[strings.Index(r.Raw, "id="):]))
		number = set.Get("m")
		e.Format = "sonicwall_kv"
	default:
		return false
	}
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "SonicWall", "SonicOS"
	e.Device = set.Get("fw", "sn")
	field.TellTime(e, r.Zone, set.Get("time"))
	e.SrcIP, e.SrcPort = field.AddressPort(set.Get("src"))
	e.DstIP, e.DstPort = field.AddressPort(set.Get("dst"))
	if six := field.Address(set.Get("srcV6")); six.IsValid() {
		e.SrcIP, e.SrcPort = six, portOf(set.Get("src"))
	}
	if six := field.Address(set.Get("dstV6")); six.IsValid() {
		e.DstIP, e.DstPort = six, portOf(set.Get("dst"))
	}
	e.Protocol, e.User = field.Protocol(set.Get("proto")), set.Get("usr", "user")
	e.Verb, e.Signature, e.Code = set.Get("fw_action"), set.Get("msg"), number
	e.Category, e.Severity = set.Get("Category", "ipscat", "spycat", "appcat"), set.Get("ipspri", "spypri")
	e.File, e.Hash = set.Get("fileid", "fname"), field.Hash(set.Get("filehash"), set.Get("fileid"))
	if name := set.Get("dstname"); name != "" {
		e.URL = name + set.Get("arg")
	}
	tell(number, set, e)
	return true
}

// looksLikeSonicWall wants id=firewall, or another id, with a serial number or a message number behind it.
func looksLikeSonicWall(s string) bool {
	head := s[:min(len(s), 400)]
	at := strings.Index(head, "id=")
	if at < 0 || at > 0 && head[at-1] != ' ' && head[at-1] != '>' {
		return false
	}
	rest := s[at:]
	return strings.Contains(rest[:min(len(rest), 200)], " sn=") && (strings.Contains(rest, " m=") || strings.Contains(rest, " msg="))
}

// fromCEF takes CEF's names back to SonicOS's.
func fromCEF(c *line.CEF) (set field.Set) {
	set = field.Collect(c.Fields())
	names := map[string]string{"act": "fw_action", "suser": "usr", "request": "dstname"}
	ports := map[string]string{"src": set.Get("spt"), "dst": set.Get("dpt")}
	for i := range set {
		if port := ports[set[i].Key]; port != "" && !strings.Contains(set[i].Value, ":") {
			set[i].Value += ":" + port
		}
		if name := names[set[i].Key]; name != "" {
			set[i].Key, set[i].Value = name, strings.Trim(set[i].Value, `"`)
		}
	}
	if set.Get("msg") == "" {
		set = append(set, struct{ Key, Value string }{"msg", c.Name})
	}
	return set
}

// portOf reads the port of ":8080:X20", which SonicOS writes beside an IPv6 address.
func portOf(s string) uint16 {
	parts := strings.Split(s, ":")
	if len(parts) > 1 {
		return field.Port(parts[1])
	}
	return 0
}

// tell reads what happened by the message's number and words.
func tell(number string, set field.Set, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	lower := strings.ToLower(e.Signature)
	outcome, acted := verb.AtGateway(strings.Trim(e.Verb, `"`))
	switch strings.ToUpper(e.Verb) {
	case "NA", "N/A", "":
		acted = false
	}
	prevented := acted && outcome == sekisho.OutcomePrevented || strings.Contains(lower, "prevention alert") || strings.Contains(lower, "blocked") || strings.Contains(lower, "dropped") || strings.Contains(lower, "denied")
	found := sekisho.OutcomeDetected
	if prevented {
		found = sekisho.OutcomePrevented
	}
	if e.Verb == "" && prevented {
		e.Verb = "drop"
	}
	switch {
	case number == "608" || number == "609" || strings.HasPrefix(lower, "ips "):
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", found
		_, name, has := strings.Cut(e.Signature, "Alert: ")
		if has {
			e.Signature = name
		}
		if family, ok := attack.Named(e.Signature, set.Get("ipscat")); ok {
			e.Family = family
		}
		e.Code = cmp.Or(set.Get("sid"), e.Code)
	case strings.Contains(lower, "anti-spyware"):
		e.Class, e.Family, e.Outcome, e.Code = sekisho.ClassC2, "spyware", found, cmp.Or(set.Get("sid"), e.Code)
	case strings.Contains(lower, "gateway anti-virus") || strings.Contains(lower, "gav alert") || strings.Contains(lower, "virus") && strings.Contains(lower, "alert"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", found
	case strings.Contains(lower, "botnet"):
		e.Class, e.Family, e.Outcome = sekisho.ClassC2, "botnet", found
	case strings.Contains(lower, "capture atp") || strings.Contains(lower, "capture client"):
		e.Family = "sandbox"
		if strings.Contains(lower, "malicious") {
			e.Class, e.Outcome = sekisho.ClassMalware, found
		}
	case strings.Contains(lower, "geo ip") || strings.Contains(lower, "geo-ip"):
		e.Family, e.Outcome = "geo", found
	case number == "14" || number == "16" || number == "1599" || strings.Contains(lower, "web site access"):
		e.Family = "webfilter"
		if prevented {
			if e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented; harmful(e.Category) {
				e.Class = sekisho.ClassMaliciousWeb
			}
		}
	case strings.Contains(lower, "application control") || strings.Contains(lower, "app rules") || strings.Contains(lower, "application filter"):
		if e.Family = "application"; prevented {
			e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
		}
	case strings.Contains(lower, "port scan") || strings.Contains(lower, "flood") || strings.Contains(lower, "spoof") || strings.Contains(lower, "probable") || strings.Contains(lower, "possible") || strings.Contains(lower, "smurf") || strings.Contains(lower, "attack"):
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "scan", found, 0.7
		if strings.Contains(lower, "flood") || strings.Contains(lower, "smurf") {
			e.Family = "dos"
		}
	case strings.Contains(lower, "login denied") || strings.Contains(lower, "login failed") || strings.Contains(lower, "incorrect password") || strings.Contains(lower, "bad credentials") || strings.Contains(lower, "login failure") || strings.Contains(lower, "authentication fail"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, loginFamily(lower), sekisho.OutcomePrevented
	case strings.Contains(lower, "login allowed") || strings.Contains(lower, "login successful") || strings.Contains(lower, "logged in") || strings.Contains(lower, "remote user login"):
		e.Family, e.Outcome = loginFamily(lower), sekisho.OutcomeSucceeded
		if e.Family == "admin_login" && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case strings.Contains(lower, "license") && strings.Contains(lower, "expire") || strings.Contains(lower, "subscription") && strings.Contains(lower, "expire") || strings.Contains(lower, "fan fail") || strings.Contains(lower, "signature download failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	case strings.Contains(lower, "configuration") && (strings.Contains(lower, "chang") || strings.Contains(lower, "succeeded") || strings.Contains(lower, "import")) || strings.Contains(lower, "preferences"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	case prevented:
		e.Outcome = sekisho.OutcomePrevented
	}
}

func loginFamily(lower string) string {
	if strings.Contains(lower, "administrator") || strings.Contains(lower, "admin") {
		return "admin_login"
	}
	if strings.Contains(lower, "vpn") || strings.Contains(lower, "remote user") {
		return "vpn_login"
	}
	return "login"
}

func harmful(category string) bool {
	lower := strings.ToLower(category)
	for _, part := range []string{"malware", "phishing", "hacking", "spyware", "malicious", "botnet"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}
