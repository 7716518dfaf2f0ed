// Package trellix reads what McAfee's products, now Trellix, send in forms of their own: events of ePolicy Orchestrator in XML,
// and alerts, rules, faults and audits of the Network Security Platform as name="value" lines.
//
// What FireEye's appliances send as CEF stands in package endpoint.
package trellix

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one event.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if at := orchestrator(r); at >= 0 {
		tellOrchestrator(r.Body[at:], e)
		return true
	}
	if strings.Contains(r.Body, `="`) {
		return decodeNetwork(r, e)
	}
	return false
}

// orchestrator returns where the XML of an event of ePolicy Orchestrator begins, or -1.
func orchestrator(r *line.Record) int {
	at := strings.IndexByte(r.Body, '<')
	if at < 0 || at > 400 || !strings.Contains(r.Body, "<MachineInfo") || !strings.Contains(r.Body, "<AgentGUID") {
		return -1
	}
	return at
}

func tellOrchestrator(body string, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Trellix", "ePolicy Orchestrator", "trellix_epo"
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "system"
	set := make(field.Set, 0, 48)
	for element, text := range field.Elements(body) {
		if text != "" && text != "_" && text != "N/A" && len(set) < 200 {
			set = append(set, struct{ Key, Value string }{element.Name, text})
		}
	}
	utc(e, set.Get("DetectedUTC"), set.Get("GMTTime"))
	e.Code, e.Severity = set.Get("ThreatEventID", "EventID"), set.Get("ThreatSeverity", "Severity")
	e.Host, e.User = set.Get("TargetHostName", "MachineName", "AnalyzerHostName"), set.Get("TargetUserName", "SourceUserName", "UserName")
	if strings.HasPrefix(e.User, "%") {
		e.User = ""
	}
	e.Signature, e.Verb, e.Category = set.Get("ThreatName"), set.Get("ThreatActionTaken"), set.Get("ThreatCategory")
	e.File, e.Process, e.URL = set.Get("TargetFileName", "SourceFilePath"), set.Get("SourceProcessName", "TargetProcessName"), set.Get("SourceURL", "TargetURL")
	e.Hash = field.Hash(set.Get("TargetHash", "SourceHash", "SourceProcessHash", "TargetSHA256"))
	e.SrcIP, e.SrcPort = field.Address(set.Get("SourceIPV4", "SourceIPV6", "IPAddress")), field.Port(set.Get("SourcePort"))
	e.DstIP, e.DstPort = field.Address(set.Get("TargetIPV4", "TargetIPV6")), field.Port(set.Get("TargetPort"))
	e.Protocol = field.Protocol(set.Get("TargetProtocol", "SourceProtocol"))
	switch category := e.Category; {
	case strings.HasPrefix(category, "av.detect"), strings.HasPrefix(category, "av.pup"):
		e.Class, e.Family = sekisho.ClassMalware, "malware"
		if class, family, ok := behaviour.Threat(e.Signature, set.Get("ThreatType"), category); ok {
			e.Class, e.Family = class, family
		}
		if strings.HasPrefix(category, "av.pup") {
			e.Class, e.Family = sekisho.ClassPUA, "pua"
		}
	case strings.HasPrefix(category, "wp."):
		e.Class, e.Family = sekisho.ClassMaliciousWeb, "malicious_web"
	case strings.HasPrefix(category, "hip."), strings.HasPrefix(category, "ip."):
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "suspicious_activity"
		if strings.Contains(category, "bo") || strings.Contains(strings.ToLower(e.Signature), "exploit") {
			e.Class, e.Family = sekisho.ClassExploit, "exploit"
		}
	case strings.HasPrefix(category, "fw."):
		e.Family = "firewall"
	case strings.HasPrefix(category, "ops.update") && (e.Code == "1119" || e.Code == "1123" || e.Code == "2402" || e.Code == "2412"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		e.Signature = "update failed"
	}
	if e.Class == sekisho.ClassNoise || e.Class == sekisho.ClassSensorFault {
		return
	}
	e.Outcome = outcomeOf(e.Verb, set.Get("ThreatHandled"), e.Class == sekisho.ClassMaliciousWeb)
}

// outcomeOf reads ThreatActionTaken, a word or one of the constants of VirusScan; ThreatHandled says whether it worked.
func outcomeOf(action, handled string, passing bool) sekisho.Outcome {
	word := action
	if code, found := strings.CutPrefix(action, "IDS_ALERT_ACT_TAK_"); found {
		word = map[string]string{"DEL": "deleted", "CLE": "cleaned", "QUA": "quarantined", "MOV": "quarantined", "DEN": "denied", "BLO": "blocked", "TER": "terminated", "NON": "none"}[code]
	} else if code, found := strings.CutPrefix(action, "IDS_ACTION_"); found {
		word = strings.ReplaceAll(strings.ToLower(code), "_", " ")
	}
	read := verb.OnHost
	if passing {
		read = verb.AtGateway
	}
	outcome, known := read(word)
	switch failed := strings.EqualFold(handled, "false") || handled == "0"; {
	case failed, !known:
		return sekisho.OutcomeDetected
	}
	return outcome
}

func utc(e *sekisho.Event, values ...string) {
	for _, s := range values {
		s = strings.TrimSuffix(s, " UTC")
		for _, spelling := range []string{s, strings.TrimSuffix(s, "Z")} {
			if when, _, ok := field.Time(spelling, time.UTC); ok {
				e.Time, e.Trust = when, sekisho.TimeExact
				return
			}
		}
	}
}

// decodeNetwork reads the Network Security Platform; each kind of line has words that no other product writes.
func decodeNetwork(r *line.Record, e *sekisho.Event) bool {
	body := r.Body
	alert := strings.Contains(body, `alertid="`) && strings.Contains(body, `attack_name="`)
	rule := strings.Contains(body, `acl_action="`) && strings.Contains(body, `admin_domain="`)
	fault := strings.Contains(body, `fault_name="`) && strings.Contains(body, `fault_type="`)
	audit := strings.Contains(body, `audit_action="`) && strings.Contains(body, `audit_result="`)
	if !alert && !rule && !fault && !audit {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Trellix", "Network Security Platform", "trellix_nsp"
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "firewall"
	set := field.Collect(field.Pairs(body))
	get := func(names ...string) string {
		if s := set.Get(names...); s != "N/A" && s != "n/a" {
			return s
		}
		return ""
	}
	utc(e, get("attack_time"), get("fault_time"), get("audit_time"))
	e.SrcIP, e.SrcPort = field.Address(get("src_ip")), field.Port(get("src_port"))
	e.DstIP, e.DstPort = field.Address(get("dest_ip")), field.Port(get("dest_port"))
	e.Protocol, e.Device, e.User, e.Severity = field.Protocol(get("protocol", "acl_protocol")), get("device_name", "sensor_name", "dvc"), get("user"), get("severity")
	switch {
	case alert:
		e.Class, e.Family, e.Code = sekisho.ClassExploit, "ips", get("attackid")
		e.Signature, e.Category, e.Verb = get("attack_name"), get("category"), get("result", "action_status")
		e.File, e.Hash = get("file_name"), field.Hash(get("file_hash"))
		if kind := strings.ToLower(e.Category); strings.Contains(kind, "recon") || strings.Contains(kind, "scan") || strings.Contains(kind, "sweep") {
			e.Class, e.Family = sekisho.ClassScan, "scan"
		} else if class, family, ok := behaviour.Threat(e.Signature, e.Category, get("virus_name")); ok {
			e.Class, e.Family = class, family
		} else if strings.Contains(kind, "dos") {
			e.Class, e.Family = sekisho.ClassWAFAttack, "dos"
		}
		e.Outcome = sekisho.OutcomeDetected
		for _, word := range []string{get("action_status"), get("result")} {
			if outcome, ok := verb.AtGateway(word); ok {
				e.Outcome = outcome
				break
			}
		}
		if strings.EqualFold(get("result"), "Attack Successful") {
			e.Outcome = sekisho.OutcomeSucceeded
		}
	case rule:
		e.Verb, e.Signature, e.Code = get("acl_action"), get("policy"), get("rule_id")
		if outcome, ok := verb.AtGateway(e.Verb); ok && outcome == sekisho.OutcomePrevented {
			e.Outcome = outcome
		}
	case fault:
		e.Family, e.Signature, e.Verb = "sensor_fault", get("fault_name", "description"), get("fault_type")
		if e.Verb != "cleared" {
			e.Class, e.Outcome = sekisho.ClassSensorFault, sekisho.OutcomeSucceeded
		}
	case audit:
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		e.Signature, e.Verb, e.Category = get("audit_action"), get("audit_result"), get("category")
		failed := strings.Contains(strings.ToLower(e.Verb), "fail")
		if strings.Contains(strings.ToLower(e.Signature), "login") || strings.Contains(strings.ToLower(e.Signature), "logon") {
			if e.Class, e.Family = sekisho.ClassNoise, "admin_login"; failed {
				e.Class = sekisho.ClassLoginFailure
			}
		}
		if failed {
			e.Outcome = sekisho.OutcomePrevented
		}
	}
	return true
}
