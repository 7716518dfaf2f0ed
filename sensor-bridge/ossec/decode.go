// Package ossec reads alerts of OSSEC and Wazuh: the one-line syslog form, and Wazuh's JSON.
//
// The level, 0 to 15, is the only severity (OSSEC documentation, "Rules Classification"; Wazuh, "Rules classification"): 12 and
// above is grave. What happened is told by the rule's groups. An agent sees and does not stop.
package ossec

import (
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one alert.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.JSON() {
		return decodeJSON(r, e)
	}
	at := strings.Index(r.Body[:min(len(r.Body), 200)], "Alert Level: ")
	if at < 0 || !strings.Contains(r.Body, "; Rule: ") || !strings.Contains(r.Body, "; Location: ") {
		return false
	}
	text := r.Body[at:]
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "OSSEC", "OSSEC", "ossec_syslog"
	e.Severity = part(text, "Alert Level: ")
	id, description, _ := strings.Cut(part(text, "Rule: "), " - ")
	tellRule(e, id, strings.TrimSuffix(description, "."))
	location := part(text, "Location: ")
	host, where, _ := strings.Cut(location, "->")
	e.Host = strings.Trim(strings.TrimSpace(host), "()")
	if name, ip, found := strings.Cut(e.Host, ") "); found {
		e.Host, e.SrcIP = name, field.Address(ip)
	}
	e.SrcIP, e.DstIP = field.Address(part(text, "srcip: ")), field.Address(part(text, "dstip: "))
	e.User = part(text, "user: ")
	if e.File = quoted(text, "checksum changed for: '"); e.File == "" {
		e.File = quoted(text, "File '")
	}
	e.Hash = field.Hash(part(text, "Current SHA1: "), part(text, "Current MD5: "))
	judge(e, strings.ToLower(part(text, "lassification: ")+","+where))
	return true
}

// part is what stands behind a mark, up to the next semicolon.
func part(text, mark string) string {
	_, rest, found := strings.Cut(text, mark)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, ";")
	return strings.TrimSpace(value)
}

func quoted(text, mark string) string {
	_, rest, found := strings.Cut(text, mark)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, "'")
	return value
}

func tellRule(e *sekisho.Event, id, description string) {
	e.Signature, e.Code = description, id
	if n, err := strconv.Atoi(id); err == nil && n > 0 {
		e.RuleIDs = []int{n}
	}
}

// decodeJSON reads an alert of Wazuh: rule, agent, decoder, data.
func decodeJSON(r *line.Record, e *sekisho.Event) bool {
	if !strings.Contains(r.Body, `"rule"`) || !strings.Contains(r.Body, `"level"`) {
		return false
	}
	o := r.Object()
	if !o.Get("rule.level").Exists() || !o.Get("rule.description").Exists() || !o.Has("agent") && !o.Has("manager") && !o.Has("decoder") {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Wazuh", "Wazuh", "wazuh_json"
	e.Severity = o.String("rule.level")
	tellRule(e, o.String("rule.id", "rule.sidid"), o.String("rule.description"))
	field.TellTime(e, r.Zone, o.String("timestamp", "@timestamp"))
	e.Host, e.Device = o.String("agent.name", "predecoder.hostname"), o.String("manager.name")
	e.SrcIP, e.SrcPort = field.Address(o.String("data.srcip", "data.src_ip", "data.win.eventdata.ipAddress", "data.aws.source_ip_address")), field.Port(o.String("data.srcport", "data.src_port"))
	e.DstIP, e.DstPort = field.Address(o.String("data.dstip", "data.dest_ip")), field.Port(o.String("data.dstport", "data.dest_port"))
	e.Protocol = field.Protocol(o.String("data.protocol", "data.proto"))
	e.User = o.String("data.dstuser", "data.srcuser", "data.win.eventdata.targetUserName", "data.win.eventdata.user", "syscheck.uname_after")
	e.File, e.Hash = o.String("syscheck.path", "data.virustotal.source.file", "data.file"), field.Hash(o.String("syscheck.sha256_after"), o.String("syscheck.sha1_after"), o.String("syscheck.md5_after"))
	e.URL, e.Process = o.String("data.url"), o.String("data.win.eventdata.commandLine", "data.command")
	var groups strings.Builder
	for _, group := range o.Get("rule.groups").Array() {
		groups.WriteString(group.String() + ",")
	}
	judge(e, strings.ToLower(groups.String()))
	return true
}

// meanings are groups of rules, the grave ones first; a rule below its level is a remark.
var meanings = []struct {
	group, family string
	class         sekisho.Class
	level         int
	outcome       sekisho.Outcome
}{
	{"rootcheck", "rootkit", sekisho.ClassMalware, 7, sekisho.OutcomeDetected},
	{"virus", "antivirus", sekisho.ClassMalware, 5, sekisho.OutcomeDetected},
	{"malware", "antivirus", sekisho.ClassMalware, 5, sekisho.OutcomeDetected},
	{"virustotal", "antivirus", sekisho.ClassMalware, 10, sekisho.OutcomeDetected},
	{"exploit_attempt", "ips", sekisho.ClassExploit, 6, sekisho.OutcomeDetected},
	{"sql_injection", "sqli", sekisho.ClassExploit, 6, sekisho.OutcomeDetected},
	{"attack", "ips", sekisho.ClassExploit, 6, sekisho.OutcomeDetected},
	{"web_scan", "scan", sekisho.ClassScan, 6, sekisho.OutcomeDetected},
	{"recon", "scan", sekisho.ClassScan, 6, sekisho.OutcomeDetected},
	{"authentication_fail", "login", sekisho.ClassLoginFailure, 1, sekisho.OutcomePrevented},
	{"invalid_login", "login", sekisho.ClassLoginFailure, 1, sekisho.OutcomePrevented},
	{"login_denied", "login", sekisho.ClassLoginFailure, 1, sekisho.OutcomePrevented},
	{"win_authentication_failed", "login", sekisho.ClassLoginFailure, 1, sekisho.OutcomePrevented},
	{"adduser", "account", sekisho.ClassConfigChange, 5, sekisho.OutcomeSucceeded},
	{"account_changed", "account", sekisho.ClassConfigChange, 5, sekisho.OutcomeSucceeded},
	{"logs_cleared", "tampering", sekisho.ClassTampering, 5, sekisho.OutcomeSucceeded},
	{"usb", "usb", sekisho.ClassUSB, 3, sekisho.OutcomeSucceeded},
	{"syscheck", "integrity", sekisho.ClassConfigChange, 5, sekisho.OutcomeSucceeded},
	{"config_changed", "config", sekisho.ClassConfigChange, 5, sekisho.OutcomeSucceeded},
	{"policy_changed", "config", sekisho.ClassConfigChange, 5, sekisho.OutcomeSucceeded},
}

func judge(e *sekisho.Event, groups string) {
	level, _ := strconv.Atoi(e.Severity)
	e.Class, e.Family, e.Outcome, e.Category = sekisho.ClassNoise, "host_log", sekisho.OutcomeUnknown, strings.Trim(strings.ReplaceAll(groups, ",,", ","), ", ")
	for _, m := range meanings {
		if level >= m.level && strings.Contains(groups, m.group) {
			e.Class, e.Family, e.Outcome = m.class, m.family, m.outcome
			return
		}
	}
	if strings.Contains(groups, "authentication_success") {
		if e.Family, e.Outcome = "login", sekisho.OutcomeSucceeded; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
		return
	}
	if level >= 12 { // grave, whatever it is
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassMalware, "host_log", sekisho.OutcomeDetected, 0.6
	}
}
