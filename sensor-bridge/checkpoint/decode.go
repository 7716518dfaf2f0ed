// Package checkpoint reads Check Point's Log Exporter: RFC 5424 with its pairs in the structured data or in brackets, CEF,
// LEEF, semicolons and JSON (Check Point, "Log Exporter" and "Log Fields Description").
//
// Product names the blade that speaks. severity is 0 to 4 and confidence_level 0 to 5; neither says what was done, action
// does. A gateway's own syslog carries no blade's logs at all: then only the firewall is heard.
package checkpoint

import (
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	set, format, ok := pairsOf(r)
	if !ok {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Check Point", "Quantum", format
	field.TellTime(e, r.Zone, set.Get("time", "rt", "devTime"))
	e.Device = set.Get("origin_sic_name", "originsicname", "dvchost", "origin")
	if name, _, found := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(e.Device, "CN="), "cn="), ","); found {
		e.Device = name
	}
	e.SrcIP, e.SrcPort = field.Address(set.Get("src", "client_ip", "endpoint_ip")), field.Port(set.Get("s_port", "spt", "srcPort"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst", "server_ip")), field.Port(set.Get("service", "dpt", "dstPort"))
	e.Protocol = field.Protocol(set.Get("proto"))
	e.User, e.Host = set.Get("src_user_name", "user", "suser", "administrator", "duser", "usrName"), set.Get("src_machine_name", "machine_name", "host_name", "shost")
	e.File, e.Hash = set.Get("file_name", "fname"), field.Hash(set.Get("file_sha256"), set.Get("file_sha1", "fileHash"), set.Get("file_md5"))
	e.URL, e.Category, e.Severity = set.Get("resource", "request", "domain_name"), set.Get("app_category", "matched_category", "appi_name"), set.Get("severity")
	e.Verb, e.Code = set.Get("action", "act", "rule_action"), set.Get("protection_id", "logid")
	switch set.Get("ifdir", "deviceDirection") {
	case "inbound", "0":
		if field.Inside(e.DstIP) && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Direction = sekisho.DirectionInbound
		}
	}
	tell(set, e)
	return true
}

// pairsOf finds the pairs of a log in whichever form it came.
func pairsOf(r *line.Record) (set field.Set, format string, ok bool) {
	switch {
	case r.CEF != nil:
		if r.CEF.Vendor != "Check Point" {
			return nil, "", false
		}
		set = field.Collect(r.CEF.Fields())
		for i := range set { // cs1Label=Threat Prevention Rule Name: the label is the field
			if key, found := strings.CutSuffix(set[i].Key, "Label"); found {
				set = append(set, struct{ Key, Value string }{strings.ToLower(strings.ReplaceAll(set[i].Value, " ", "_")), set.Get(key)})
			}
		}
		return append(set, struct{ Key, Value string }{"product", r.CEF.Product}, struct{ Key, Value string }{"protection_name", r.CEF.Name}), "checkpoint_cef", true
	case r.LEEF != nil:
		if r.LEEF.Vendor != "Check Point" {
			return nil, "", false
		}
		return append(field.Collect(r.LEEF.Fields()), struct{ Key, Value string }{"product", r.LEEF.Product}), "checkpoint_leef", true
	case r.JSON():
		o := r.Object()
		if !o.Has("loguid") || !o.Has("product") {
			return nil, "", false
		}
		for _, key := range names {
			if value := o.String(key); value != "" {
				set = append(set, struct{ Key, Value string }{key, value})
			}
		}
		return set, "checkpoint_json", true
	}
	text := r.Data
	if text == "" {
		text = r.Body
	}
	head := text[:min(len(text), 4096)]
	if !strings.Contains(head, "loguid") || !strings.Contains(text, "product") && !strings.Contains(text, "ifdir") {
		return nil, "", false
	}
	return collect(text), "checkpoint_syslog", true
}

// names are the fields that are read, for JSON.
var names = []string{
	"time", "origin", "origin_sic_name", "originsicname", "src", "dst", "s_port", "service", "proto", "src_user_name", "user", "administrator", "src_machine_name",
	"machine_name", "host_name", "file_name", "file_sha256", "file_sha1", "file_md5", "resource", "domain_name", "app_category", "matched_category", "appi_name",
	"severity", "confidence_level", "action", "rule_action", "protection_id", "protection_name", "protection_type", "malware_action", "malware_family", "attack",
	"attack_info", "product", "verdict", "operation", "subject", "client_ip", "endpoint_ip", "ifdir", "app_risk", "rule_name", "auth_status", "update_status",
	"status", "description", "sys_message", "event_type", "reason", "logid",
}

// collect reads key="value" or key:"value", divided by space or semicolon, in brackets or not.
func collect(s string) (set field.Set) {
	set = make(field.Set, 0, 64)
	for len(set) < 300 {
		quote := strings.IndexByte(s, '"')
		if quote < 1 {
			return set
		}
		key := strings.TrimRight(s[:quote], ":=")
		if at := strings.LastIndexAny(key, " ;[|"); at >= 0 {
			key = key[at+1:]
		}
		end := quote + 1
		for end < len(s) && s[end] != '"' {
			if s[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, len(s))
		if key != "" {
			set = append(set, struct{ Key, Value string }{key, s[quote+1 : end]})
		}
		s = s[min(end+1, len(s)):]
	}
	return set
}

// tell reads what happened by the blade that speaks.
func tell(set field.Set, e *sekisho.Event) {
	product := strings.ToLower(set.Get("product"))
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	e.Signature = set.Get("protection_name", "attack", "rule_name", "subject", "description")
	outcome, acted := verb.AtGateway(e.Verb)
	found := sekisho.OutcomeDetected
	if acted {
		found = outcome
	}
	e.Confidence = confidence(set.Get("confidence_level"))
	attacked := set.Get("attack", "protection_name", "malware_action", "malware_family") != ""
	switch {
	case set.Get("update_status") != "" || set.Get("db_ver") != "":
		e.Confidence, e.Family, e.Signature = 0, "update", set.Get("description")
		if status := strings.ToLower(set.Get("update_status")); strings.Contains(status, "fail") || strings.Contains(strings.ToLower(set.Get("reason")), "expire") {
			e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		}
	case strings.Contains(product, "anti-bot"), strings.Contains(product, "anti malware") && strings.Contains(strings.ToLower(set.Get("malware_action")), "c&c"):
		e.Class, e.Family, e.Outcome = sekisho.ClassC2, "botnet", found
	case strings.Contains(product, "anti malware"), strings.Contains(product, "anti-malware"), strings.Contains(product, "anti-virus"), strings.Contains(product, "anti virus"), strings.Contains(product, "new anti virus"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", found
	case strings.Contains(product, "threat emulation"), strings.Contains(product, "threat extraction"):
		tellSandbox(set, found, e)
	case strings.Contains(product, "forensics") || strings.Contains(product, "anti-ransomware"):
		e.Source, e.Class, e.Family, e.Outcome = sekisho.SourceEDR, sekisho.ClassMalware, "antivirus", onHost(e.Verb)
	case strings.Contains(product, "anti phishing") || strings.Contains(product, "zero phishing"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMaliciousWeb, "phishing", found
	case product == "ips", strings.Contains(product, "smartdefense"), attacked && (strings.Contains(product, "vpn-1") || product == ""):
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", found
		if family, ok := attack.Named(e.Signature, set.Get("attack")); ok {
			e.Family = family
			if attack.Class(family) == sekisho.ClassScan {
				e.Class = sekisho.ClassScan
			}
		}
	case strings.Contains(product, "ddos"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "dos", found
	case strings.Contains(product, "url filtering"), strings.Contains(product, "application control"):
		tellCategory(product, outcome == sekisho.OutcomePrevented, e)
	case strings.Contains(product, "dlp"):
		e.Class, e.Family, e.Outcome = sekisho.ClassDLP, "dlp", found
	default:
		tellManagement(product, set, outcome, e)
	}
}

// tellSandbox reads the verdict on a file.
func tellSandbox(set field.Set, found sekisho.Outcome, e *sekisho.Event) {
	e.Family = "sandbox"
	switch strings.ToLower(set.Get("verdict")) {
	case "malicious", "exploit":
		e.Class, e.Outcome = sekisho.ClassMalware, found
	default:
		e.Confidence = 0
	}
}

func tellCategory(product string, prevented bool, e *sekisho.Event) {
	e.Confidence, e.Family = 0, "webfilter"
	if strings.Contains(product, "application") {
		e.Family = "application"
	}
	if !prevented {
		return
	}
	e.Class, e.Outcome = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented
	lower := strings.ToLower(e.Category)
	for _, harm := range []string{"malware", "phishing", "botnet", "spyware", "malicious", "hacking"} {
		if strings.Contains(lower, harm) {
			e.Class = sekisho.ClassMaliciousWeb
		}
	}
}

// tellManagement reads logins, changes and the firewall's own log of sessions.
func tellManagement(product string, set field.Set, outcome sekisho.Outcome, e *sekisho.Event) {
	e.Confidence = 0
	operation, subject := strings.ToLower(set.Get("operation")), strings.ToLower(set.Get("subject"))
	failed := strings.Contains(strings.ToLower(set.Get("auth_status", "status", "event_type")+set.Get("reason")+set.Get("action")), "fail") || set.Get("action") == "Reject" && operation == "log in"
	switch {
	case operation == "log in" || strings.Contains(subject, "administrator login"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
		if failed {
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		} else if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case operation == "log out":
		e.Family = "admin_login"
	case strings.Contains(subject, "object manipulation") || strings.Contains(subject, "policy installation") || strings.Contains(subject, "revision control"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	case strings.Contains(product, "mobile access"), strings.Contains(product, "identity awareness"), strings.Contains(product, "vpn") && set.Get("auth_status") != "":
		e.Family = "vpn_login"
		if failed {
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		}
	case product != "" && !strings.Contains(product, "vpn-1") && !strings.Contains(product, "firewall"):
		e.Family = strings.ReplaceAll(product, " ", "_")
		fallthrough
	default:
		if outcome == sekisho.OutcomePrevented {
			e.Outcome = outcome
		}
	}
}

func onHost(word string) sekisho.Outcome {
	outcome, ok := verb.OnHost(word)
	if !ok {
		return sekisho.OutcomeDetected
	}
	return outcome
}

// confidence takes 1 to 5 to 0.4 to 1; without one it is unset.
func confidence(level string) float64 {
	n, err := strconv.Atoi(level)
	if err != nil || n < 1 || n > 5 {
		return 0
	}
	return []float64{0.4, 0.5, 0.7, 0.9, 1}[n-1]
}
