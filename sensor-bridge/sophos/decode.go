// Package sophos reads Sophos firewalls: XG and SFOS by key=value (Sophos Firewall, "Syslog guide"), UTM 9 by its own
// key="value" (ulogd, httpproxy, snort, ...), the web appliance, and Sophos Central's alerts in JSON.
//
// priority is "Information" on nearly everything; log_subtype, status and sub decide.
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

// Decode reads one record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.JSON() {
		return decodeCentral(r, e)
	}
	raw := r.Raw
	head := raw[:min(len(raw), 400)]
	switch {
	case strings.Contains(head, `device="SFW"`) || strings.Contains(head, `device_name="`) && strings.Contains(head, "log_component=") || strings.Contains(head, "device_model=") && strings.Contains(head, "log_component="):
		tellSFOS(r, field.Collect(field.Pairs(raw)), e)
	case isUTM9(head):
		tellUTM9(r, field.Collect(field.Pairs(raw)), e)
	case strings.Contains(head, " u=") && strings.Contains(head, " act=") && strings.Contains(raw, "sav-ev="):
		tellAppliance(field.Collect(field.Pairs(raw)), e)
	default:
		return false
	}
	return true
}

// tellSFOS reads XG and SFOS by log type, component and subtype.
func tellSFOS(r *line.Record, set field.Set, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Sophos", "Firewall", "sophos_sfos"
	e.Device = set.Get("device_name", "device_serial_id", "device_id")
	tellTime(r, set, e)
	e.SrcIP, e.SrcPort = field.Address(set.Get("src_ip", "client_host_name", "sourceip")), field.Port(set.Get("src_port"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst_ip")), field.Port(set.Get("dst_port"))
	e.Protocol, e.User = field.Protocol(set.Get("protocol")), set.Get("user_name", "user", "name", "usergroupname")
	e.URL, e.UserAgent, e.Category = set.Get("url", "domain"), set.Get("user_agent"), set.Get("category", "application_category")
	e.File, e.Hash = set.Get("filename", "file_name", "download_file_name", "file_path"), field.Hash(set.Get("sha1sum", "file_hash", "sha256"))
	e.Code, e.Signature, e.Severity = set.Get("signature_id", "log_id", "message_id"), set.Get("signature_msg", "virus", "threatname", "malware", "message", "reason"), set.Get("severity")
	subtype, status := set.Get("log_subtype"), set.Get("status")
	if e.Verb = subtype; subtype == "" || subtype == "Alert" && status != "" {
		e.Verb = cmp.Or(status, subtype)
	}
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	outcome, acted := verb.AtGateway(e.Verb)
	found := sekisho.OutcomeDetected
	if acted {
		found = outcome
	}
	prevented := found == sekisho.OutcomePrevented
	component := strings.ToLower(set.Get("log_component"))
	switch kind := strings.ToLower(set.Get("log_type")); {
	case kind == "idp" || kind == "ips":
		e.Class, e.Family, e.Outcome, e.Category = sekisho.ClassExploit, "ips", found, set.Get("classification", "category")
		if family, ok := attack.Named(e.Signature, e.Category); ok {
			e.Family = family
		}
		if component == "anomaly" {
			e.Class, e.Confidence = sekisho.ClassScan, 0.7
		}
	case kind == "anti-virus":
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", found
		if strings.EqualFold(subtype, "virus") {
			e.Outcome = sekisho.OutcomePrevented // the scanner removes what it names; what it lets by is "Allowed"
		}
		if strings.EqualFold(subtype, "PUA") || strings.EqualFold(set.Get("malware_type"), "pua") {
			e.Class = sekisho.ClassPUA
		}
	case kind == "atp":
		e.Class, e.Family, e.Outcome = sekisho.ClassC2, "botnet", found
		e.Signature, e.URL = set.Get("threatname"), set.Get("url", "domain")
	case kind == "sandbox", kind == "zero-day protection", kind == "sandstorm":
		e.Family = "sandbox"
		if strings.EqualFold(subtype, "Denied") || strings.EqualFold(set.Get("reason"), "malicious") {
			e.Class, e.Outcome = sekisho.ClassMalware, sekisho.OutcomePrevented
		}
	case kind == "waf", component == "web application firewall":
		tellSFOSWAF(set, e)
	case kind == "content filtering":
		tellFiltering(component, prevented, set, e)
	case kind == "anti-spam":
		e.Family = "spam"
		if strings.Contains(strings.ToLower(subtype+set.Get("spamaction")), "phish") {
			e.Class = sekisho.ClassMaliciousWeb
		}
		if prevented || strings.Contains(strings.ToLower(set.Get("spamaction")), "drop") || strings.Contains(strings.ToLower(set.Get("spamaction")), "quarantine") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case kind == "event":
		tellSFOSEvent(component, subtype, status, set, e)
	case kind == "system health":
		e.Family = "health"
	case component == "dos attack" || component == "ddos":
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "dos", sekisho.OutcomePrevented, 0.7
	case kind == "heartbeat", component == "heartbeat":
		e.Family = "heartbeat"
	case prevented:
		e.Outcome = sekisho.OutcomePrevented
	}
}

func tellFiltering(component string, prevented bool, set field.Set, e *sekisho.Event) {
	if e.Family = "webfilter"; component == "application" {
		e.Family, e.Signature = "application", set.Get("application_name", "application")
	}
	if !prevented {
		return
	}
	e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
	lower := strings.ToLower(e.Category)
	for _, harm := range []string{"malware", "phishing", "spyware", "hacking", "command & control", "botnet", "malicious", "callhome"} {
		if strings.Contains(lower, harm) {
			e.Class = sekisho.ClassMaliciousWeb
		}
	}
}

func tellSFOSWAF(set field.Set, e *sekisho.Event) {
	e.Source, e.Family, e.Method, e.Site = sekisho.SourceWAF, "waf", set.Get("method"), set.Get("server")
	e.SrcIP = field.Address(set.Get("sourceip", "src_ip"))
	reason := set.Get("reason", "extra")
	if reason == "" || reason == "-" {
		return
	}
	e.Signature = reason
	family, ok := attack.Named(reason)
	if !ok {
		family = "generic"
	}
	e.Class, e.Family = attack.Class(family), family
	if e.Outcome = sekisho.OutcomeDetected; strings.HasPrefix(set.Get("httpstatus"), "4") {
		e.Outcome = sekisho.OutcomePrevented
	}
}

// tellSFOSEvent reads what the firewall says of people and of itself.
func tellSFOSEvent(component, subtype, status string, set field.Set, e *sekisho.Event) {
	message := strings.ToLower(set.Get("message"))
	failed := strings.EqualFold(status, "Failed") || strings.EqualFold(status, "Fail") || strings.Contains(message, "wrong credentials") || strings.Contains(message, "failed to login")
	login := strings.Contains(message, "login") || strings.Contains(message, "logged in") || strings.EqualFold(subtype, "Authentication") || strings.Contains(component, "authentication")
	switch {
	case login && failed:
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
		if component == "gui" || strings.Contains(message, "admin") || strings.EqualFold(subtype, "Admin") {
			e.Family = "admin_login"
		} else if strings.Contains(component, "vpn") {
			e.Family = "vpn_login"
		}
	case login && strings.EqualFold(status, "Successful"):
		if e.Family, e.Outcome = "login", sekisho.OutcomeSucceeded; component == "gui" || strings.EqualFold(subtype, "Admin") {
			if e.Family = "admin_login"; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
				e.Class = sekisho.ClassAdminLoginExternal
			}
		}
	case strings.Contains(message, "expire") || strings.Contains(message, "license") && strings.Contains(message, "invalid") || strings.Contains(message, "update failed") || strings.Contains(message, "failed to update"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	case strings.EqualFold(subtype, "Admin") && (component == "gui" || component == "cli" || component == "api"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	default:
		e.Family = cmp.Or(strings.ToLower(strings.ReplaceAll(component, " ", "_")), "event")
	}
}

// tellTime reads the date and time that the device shows, with the zone where it names one that is known.
func tellTime(r *line.Record, set field.Set, e *sekisho.Event) {
	if when, exact, ok := field.Time(set.Get("timestamp"), r.Zone); ok && exact {
		e.Time, e.Trust = when, sekisho.TimeExact
		return
	}
	date, clock := set.Get("date"), set.Get("time")
	if date == "" || clock == "" {
		return
	}
	field.TellTime(e, r.Zone, date+" "+clock+" "+set.Get("timezone"), date+" "+clock)
}
