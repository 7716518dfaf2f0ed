// Package panda reads WatchGuard EPDR, EDR and EPP, which were Panda Adaptive Defense: the security events of the Endpoint
// Security API (JSON), and what SIEMFeeder sends (LEEF).
//
// An event says by three booleans how far the threat came: was_run, accessed_data, made_external_connections. Together with
// the number of the action they are the outcome.
package panda

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one security event.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.LEEF != nil {
		return decodeFeeder(r, e)
	}
	if !r.JSON() {
		return false
	}
	o := r.Object()
	if !isOurs(o) {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "WatchGuard", "EPDR", "watchguard_epdr"
	e.Host, e.User = o.String("host_name", "hostname"), o.String("user_name", "source_user")
	e.Signature, e.File = o.String("item_name", "malware_name", "rule_name", "exploit_technique", "alias", "description"), o.String("path")
	e.Hash, e.URL = field.Hash(o.String("sha256"), o.String("hash")), ""
	e.Category, e.Code = o.String("rule_mitre", "exploit_technique", "detection_technology"), o.String("event_type")
	for _, name := range []string{"security_event_date", "endpoint_event_date", "date"} {
		if when, ok := utc(o.String(name)); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			break
		}
	}
	e.SrcIP = field.Address(o.String("source_ip"))
	if number := o.Get("like_lihood_of_being_malicious"); number.Exists() {
		e.Severity = at([]string{"Low", "Medium", "High", "Very High"}, number)
	} else if risk := o.Get("rule_risk"); risk.Exists() {
		e.Severity = at([]string{"Undefined", "Critical", "High", "Medium", "Low"}, risk)
	}
	switch {
	case o.Has("rule_mitre") || o.Has("rule_risk"):
		tellIndicator(o, e)
	case o.Has("remote_endpoint") || o.Has("local_endpoint") || o.Has("network_activity_type"):
		tellConnection(o, e)
	case o.Has("alias") || o.Has("instance_id") && o.Has("type"):
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomePrevented
		if o.String("action") != "" {
			e.Outcome = tellOutcome(o, e)
		}
	default:
		e.Class, e.Family = classOf(o, e)
		e.Outcome = tellOutcome(o, e)
	}
	return true
}

// isOurs asks for words that only this API writes.
func isOurs(o *line.Object) bool {
	host := o.Has("host_name") || o.Has("hostname")
	switch {
	case !host:
		return false
	case o.Has("was_run") || o.Has("made_external_connections") || o.Has("like_lihood_of_being_malicious"):
		return o.Has("item_name") || o.Has("event_type") || o.Has("accessed_data")
	case o.Has("rule_mitre") || o.Has("rule_risk"):
		return o.Has("rule_id") && (o.Has("endpoint_event_date") || o.Has("filed_date") || o.Has("site_id") || o.Has("device_id"))
	}
	return o.Has("security_event_date") && (o.Has("malware_category") || o.Has("malware_name") || o.Has("remote_endpoint") || o.Has("network_activity_type") || o.Has("alias") || o.Has("instance_id"))
}

func at(words []string, number gjson.Result) string {
	if n := int(number.Int()); n >= 0 && n < len(words) {
		return words[n]
	}
	return number.String()
}

// actions are what the protection did, by number.
var actions = map[string]struct {
	word    string
	outcome sekisho.Outcome
}{
	"0": {"Allowed", sekisho.OutcomeDetected}, "1": {"Moved to quarantine", sekisho.OutcomeContained}, "2": {"Blocked", sekisho.OutcomePrevented}, "3": {"Killed", sekisho.OutcomeContained},
	"4": {"Ignored", sekisho.OutcomeDetected}, "5": {"Cleaned", sekisho.OutcomeContained}, "6": {"Deleted", sekisho.OutcomeContained}, "7": {"Restored", sekisho.OutcomeDetected},
	"8": {"Allowed by whitelist", sekisho.OutcomeDetected}, "9": {"Write blocked", sekisho.OutcomePrevented}, "10": {"User pending", sekisho.OutcomeDetected}, "11": {"Uninstalled", sekisho.OutcomeContained},
	"13": {"Blocked after process", sekisho.OutcomeContained}, "14": {"Immediately blocked", sekisho.OutcomePrevented}, "15": {"Allowed by user", sekisho.OutcomeDetected},
	"16": {"Detected, restart pending", sekisho.OutcomeDetected}, "17": {"Allowed by administrator", sekisho.OutcomeDetected}, "18": {"Allowed", sekisho.OutcomeDetected}, "21": {"Process suspended", sekisho.OutcomeContained},
	"1009": {"Informed", sekisho.OutcomeDetected}, "1010": {"Taken out of quarantine", sekisho.OutcomeDetected}, "1011": {"Renamed", sekisho.OutcomeContained}, "1012": {"URL blocked", sekisho.OutcomePrevented},
}

// tellOutcome reads what was done and how far the threat came. What ran and was not stopped has succeeded; what ran before it
// was stopped has landed, and was contained.
func tellOutcome(o *line.Object, e *sekisho.Event) sekisho.Outcome {
	number := o.String("action")
	done, known := actions[number]
	if e.Verb = done.word; !known {
		e.Verb = number
	}
	far := o.String("was_run") == "true" || o.String("accessed_data") == "true" || o.String("made_external_connections") == "true"
	switch {
	case far && (!known || done.outcome == sekisho.OutcomeDetected):
		return sekisho.OutcomeSucceeded
	case far:
		return sekisho.OutcomeContained
	case known:
		return done.outcome
	}
	return sekisho.OutcomeDetected
}

// classOf reads the kind of a detection, and the name of the threat where the kind is one of malware.
func classOf(o *line.Object, e *sekisho.Event) (sekisho.Class, string) {
	class, family, named := behaviour.Threat(e.Signature, o.String("exploit_technique"))
	switch category := o.String("malware_category"); {
	case category == "3":
		return sekisho.ClassPUA, "pua"
	case category == "4" || category == "8":
		return sekisho.ClassMaliciousWeb, "malicious_web"
	case category == "5" || category == "6":
		return sekisho.ClassSuspiciousFile, "suspicious_activity"
	case category == "7":
		return sekisho.ClassNoise, "tracking_cookie"
	case category != "" && category != "0":
		if named {
			return class, family
		}
		return sekisho.ClassMalware, "malware"
	}
	switch o.String("event_type") {
	case "1":
		return sekisho.ClassExploit, "exploit"
	case "2":
		return sekisho.ClassPUA, "pua"
	case "3", "6", "7", "8":
		return sekisho.ClassSuspiciousFile, "application_control"
	}
	if named && class != sekisho.ClassExploit {
		return class, family
	}
	return sekisho.ClassMalware, "malware"
}

// tellIndicator reads an indicator of attack. Its actions are counted differently: 1 informed, 2 blocked.
func tellIndicator(o *line.Object, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassAPT, "indicator_of_attack", sekisho.OutcomeDetected
	if class, family, ok := behaviour.Threat(e.Signature, e.Category); ok {
		e.Class, e.Family = class, family
	}
	e.Confidence = 0.7
	if o.String("action") == "2" {
		e.Verb, e.Outcome = "Attack blocked", sekisho.OutcomePrevented
	}
	if count := o.Get("count").Int(); count > 1 {
		e.Count = int(min(count, 1_000_000))
	}
}

// tellConnection reads what the firewall on the PC blocked.
func tellConnection(o *line.Object, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomePrevented
	if activity := o.String("network_activity_type"); activity != "" {
		e.Class, e.Family = sekisho.ClassExploit, "intrusion"
		switch activity {
		case "2", "15", "11", "10":
			e.Class, e.Family = sekisho.ClassScan, "scan"
		}
		e.Signature = at([]string{
			"", "ICMP attack", "UDP port scan", "header lengths", "UDP flood", "TCP flags check", "smart WINS", "explicit path", "land attack", "smart DNS",
			"ICMP echo request", "detection of the operating system", "smart DHCP", "SYN flood", "smart ARP", "TCP port scan",
		}, o.Get("network_activity_type"))
	}
	local, remote := endpoint(o, "local_endpoint"), endpoint(o, "remote_endpoint")
	inside, outside := field.Address(local("ip")), field.Address(remote("ip"))
	e.SrcIP, e.SrcPort, e.DstIP, e.DstPort = outside, field.Port(remote("port")), inside, field.Port(local("port"))
	if o.String("direction") == "2" {
		e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = e.DstIP, e.SrcIP, e.DstPort, e.SrcPort
	}
	switch o.String("protocol") {
	case "1":
		e.Protocol = "tcp"
	case "2":
		e.Protocol = "udp"
	case "4":
		e.Protocol = "icmp"
	}
}

// endpoint reads an end of a connection: an object, or one written as text, whose names begin with ip, mac and port.
func endpoint(o *line.Object, name string) func(string) string {
	v := o.Get(name)
	if text := v.String(); v.Type == gjson.String && strings.HasPrefix(text, "{") {
		v = gjson.Parse(text)
	}
	return func(part string) (found string) {
		v.ForEach(func(key, value gjson.Result) bool {
			if k := strings.ToLower(strings.ReplaceAll(key.String(), "_", "")); k == part || k == part+"address" {
				found = value.String()
			}
			return found == ""
		})
		return found
	}
}

// utc reads the time of the API, which is UTC whether it says so or not.
func utc(s string) (time.Time, bool) {
	when, _, ok := field.Time(s, time.UTC)
	return when, ok
}
