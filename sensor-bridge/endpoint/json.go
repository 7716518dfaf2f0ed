package endpoint

import (
	"cmp"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// decodeJSON tells the products that send JSON by names that only they write.
func decodeJSON(r *line.Record, e *sekisho.Event) bool {
	o := r.Object()
	switch {
	case o.Has("activitytype") && o.Has("primarydescription"), o.Has("activityType") && o.Has("primaryDescription"):
		begin(e, "SentinelOne", "Singularity", "sentinelone_activity")
		tellActivity(o, e)
	case o.Has("threatInfo") && (o.Has("agentRealtimeInfo") || o.Has("agentDetectionInfo")):
		begin(e, "SentinelOne", "Singularity", "sentinelone_threat")
		tellThreatInfo(o, e)
	case o.Has("event_type") && strings.HasSuffix(o.String("event_type"), "_Event") && (o.Has("source_uuid") || o.Has("occured") || o.Has("occurred")):
		begin(e, "ESET", "PROTECT", "eset_json")
		tellESET(o, e)
	case o.Has("org_key") && o.Has("device_name") && (o.Has("sensor_action") || o.Has("reason_code") || o.Has("threat_id") || o.Has("alert_url")):
		begin(e, "VMware Carbon Black", "Cloud", "carbonblack_alert")
		tellCarbonBlack(o, e)
	case o.Has("orgName") && o.Has("loginName") && o.Has("eventTime") && o.Has("description") && o.Has("flagged"):
		begin(e, "VMware Carbon Black", "Cloud", "carbonblack_audit")
		tellCarbonAudit(o, e)
	case o.Has("module") && (o.Has("computer_name") || o.Has("companyId")) && (o.Has("product_installed") || o.Has("computer_ip") || o.Has("companyId")):
		begin(e, "Bitdefender", "GravityZone", "bitdefender_json")
		tellModule(o, o.String("module"), e)
	case o.Has("engine") && o.Has("action") && o.Has("organization") && (o.Has("serverTimestamp") || o.Has("persistenceTimestamp")):
		begin(e, "WithSecure", "Elements", "withsecure_json")
		tellModule(o, o.String("engine"), e)
	default:
		return false
	}
	return true
}

func utc(e *sekisho.Event, values ...string) {
	for _, s := range values {
		if when, _, ok := field.Time(s, time.UTC); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			return
		}
	}
}

func threat(e *sekisho.Event, words ...string) {
	var ok bool
	if e.Class, e.Family, ok = behaviour.Threat(words...); !ok {
		e.Class, e.Family = sekisho.ClassMalware, "malware"
	}
}

// tellActivity reads SentinelOne's log of activities: threats among them, told by the number of the activity.
func tellActivity(o *line.Object, e *sekisho.Event) {
	get := func(names ...string) string {
		for _, name := range names {
			if s := o.String(name, strings.ToLower(name)); s != "" {
				return s
			}
		}
		return ""
	}
	e.Code = get("activityType")
	utc(e, get("createdAt"), get("updatedAt"))
	e.Host, e.User = get("data.computerName", "data.agentComputerName"), get("data.userName", "data.processUser", "data.fullName")
	e.File, e.Hash = get("data.filePath", "data.fileDisplayName"), field.Hash(get("data.fileContentHash"), get("data.sha256"), get("secondaryDescription"))
	e.SrcIP = field.Address(get("data.agentIpV4", "data.ipAddress"))
	e.DstIP, e.DstPort = field.Address(get("data.dstIp")), field.Port(get("data.dstPort"))
	e.URL, e.Process = get("data.dnsRequest"), get("data.sourceProcessCommandLine", "data.processCmd")
	description := get("primaryDescription")
	lowered := strings.ToLower(description)
	level := get("data.confidenceLevel")
	switch {
	case e.Code == "3608" || get("data.ruleName") != "" && get("data.alertId") != "":
		e.Signature, e.Severity = get("data.ruleName"), strings.TrimPrefix(get("data.severity"), "E_")
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassSuspiciousFile, "custom_rule", sekisho.OutcomeDetected, 0.7
		if _, host, found := strings.Cut(description, "detected on "); found && e.Host == "" {
			e.Host = strings.TrimSuffix(host, ".")
		}
	case level != "" || get("threatId") != "" && (strings.Contains(lowered, "threat") || strings.Contains(lowered, "mitigat")):
		threat(e, get("data.threatClassification"), get("data.fileDisplayName"))
		if strings.EqualFold(level, "suspicious") && e.Class == sekisho.ClassMalware {
			e.Class, e.Family, e.Confidence = sekisho.ClassSuspiciousFile, "suspicious_activity", 0.7
		}
		e.Severity, e.Category = level, get("data.threatClassification")
		e.Signature, e.Verb = cmp.Or(get("data.threatName", "data.fileDisplayName"), description), description
		switch e.Outcome = sekisho.OutcomeDetected; {
		case e.Code == "20" || strings.Contains(lowered, "preemptive"):
			e.Outcome = sekisho.OutcomePrevented
		case strings.Contains(lowered, "not mitigated"), strings.Contains(lowered, "failed"), strings.Contains(lowered, "unquarantine"):
		case e.Code == "18" || strings.Contains(lowered, "mitigated") || strings.Contains(lowered, "quarantined") || strings.Contains(lowered, "killed") || strings.Contains(lowered, "remediated") || strings.Contains(lowered, "rolled back"):
			e.Outcome = sekisho.OutcomeContained
		}
	case strings.Contains(lowered, "failed to log in"), strings.Contains(lowered, "login failed"), strings.Contains(lowered, "failed login"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented, description
	case strings.Contains(lowered, "logged in"), strings.Contains(lowered, "logged into"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	case strings.Contains(lowered, "remote shell") && !strings.Contains(lowered, "ended"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassRemoteTool, "remote_shell", sekisho.OutcomeSucceeded, description
	case strings.Contains(lowered, "uninstall"), strings.Contains(lowered, "agent disabled"), strings.Contains(lowered, "agent was disabled"), strings.Contains(lowered, "tamper"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded, description
	case strings.Contains(lowered, "usb") && (strings.Contains(lowered, "connected") || strings.Contains(lowered, "blocked") || strings.Contains(lowered, "device")):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded, description
		if strings.Contains(lowered, "blocked") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(lowered, "policy"), strings.Contains(lowered, "exclusion"), strings.Contains(lowered, "blocklist"), strings.Contains(lowered, "user "), strings.Contains(lowered, "role"):
		if strings.Contains(lowered, "changed") || strings.Contains(lowered, "added") || strings.Contains(lowered, "created") || strings.Contains(lowered, "deleted") || strings.Contains(lowered, "modified") || strings.Contains(lowered, "edited") {
			e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded, description
		}
	default:
		e.Signature = description
	}
}

// tellThreatInfo reads a threat of SentinelOne's API.
func tellThreatInfo(o *line.Object, e *sekisho.Event) {
	utc(e, o.String("threatInfo.identifiedAt", "threatInfo.createdAt"))
	e.Signature, e.Category = o.String("threatInfo.threatName"), o.String("threatInfo.classification")
	e.Severity, e.Verb = o.String("threatInfo.confidenceLevel"), o.String("threatInfo.mitigationStatus")
	e.File, e.User = o.String("threatInfo.filePath"), o.String("threatInfo.processUser", "agentDetectionInfo.agentLastLoggedInUserName")
	e.Process = o.String("threatInfo.maliciousProcessArguments", "threatInfo.originatorProcess")
	e.Hash = field.Hash(o.String("threatInfo.sha256"), o.String("threatInfo.sha1"), o.String("threatInfo.md5"))
	e.Host = o.String("agentRealtimeInfo.agentComputerName", "agentDetectionInfo.agentComputerName")
	e.SrcIP = field.Address(o.String("agentDetectionInfo.agentIpV4"))
	threat(e, e.Category, e.Signature)
	if e.Severity == "suspicious" && e.Class == sekisho.ClassMalware {
		e.Class, e.Family, e.Confidence = sekisho.ClassSuspiciousFile, "suspicious_activity", 0.7
	}
	switch e.Outcome = sekisho.OutcomeDetected; e.Verb {
	case "mitigated":
		e.Outcome = sekisho.OutcomeContained
	case "blocked", "marked_as_benign":
		e.Outcome = sekisho.OutcomePrevented
	}
	if o.String("threatInfo.mitigatedPreemptively") == "true" {
		e.Outcome = sekisho.OutcomePrevented
	}
}

// tellESET reads what ESET PROTECT exports; times are UTC.
func tellESET(o *line.Object, e *sekisho.Event) {
	kind := o.String("event_type")
	utc(e, o.String("occured", "occurred"))
	e.Code, e.Severity, e.Host, e.User = kind, o.String("severity"), o.String("hostname"), o.String("username", "user")
	e.Verb, e.Category = o.String("action_taken", "action"), o.String("threat_type", "rule_name", "rulename")
	e.Signature = o.String("threat_name", "event", "rulename", "rule_name", "threatname", "description", "detail")
	e.File, e.Process = strings.TrimPrefix(o.String("object_uri", "target", "file"), "file:///"), o.String("processname", "process_name", "application")
	e.Hash = field.Hash(o.String("hash"))
	e.SrcIP, e.SrcPort = field.Address(o.String("source_address")), field.Port(o.String("source_port"))
	e.DstIP, e.DstPort = field.Address(o.String("target_address")), field.Port(o.String("target_port"))
	e.Protocol = field.Protocol(o.String("protocol"))
	if strings.HasPrefix(e.File, "http") {
		e.URL = e.File
	}
	if !e.SrcIP.IsValid() && !e.DstIP.IsValid() {
		e.SrcIP = field.Address(o.String("ipv4", "ipv6"))
	}
	switch kind {
	case "Threat_Event", "BlockedFiles_Event":
		threat(e, e.Category, e.Signature)
	case "FirewallAggregated_Event":
		e.Class, e.Family = sekisho.ClassExploit, "intrusion"
		if strings.Contains(strings.ToLower(e.Signature), "scan") {
			e.Class, e.Family = sekisho.ClassScan, "scan"
		}
	case "HipsAggregated_Event", "EnterpriseInspectorAlert_Event", "EsetInspectAlert_Event":
		e.Class, e.Family, e.Confidence = sekisho.ClassSuspiciousFile, "suspicious_activity", 0.7
	case "FilteredWebsites_Event":
		e.Class, e.Family = sekisho.ClassMaliciousWeb, "malicious_web"
	case "Audit_Event":
		e.Family, e.Signature = "audit", strings.TrimSpace(o.String("action")+" "+o.String("detail"))
		switch action, result := strings.ToLower(o.String("action")), strings.ToLower(o.String("result")); {
		case strings.Contains(action, "login") && strings.Contains(result, "fail"):
			e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		case strings.Contains(action, "login"):
			e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
		case strings.Contains(action, "create"), strings.Contains(action, "modify"), strings.Contains(action, "delete"), strings.Contains(action, "remove"), strings.Contains(action, "set"):
			e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		}
		return
	default:
		return
	}
	read := verb.OnHost
	if kind == "FilteredWebsites_Event" || kind == "FirewallAggregated_Event" {
		read = verb.AtGateway
	}
	outcome, known := read(e.Verb)
	switch handled := o.String("threat_handled", "handled"); {
	case known && (handled != "false" && handled != "0" || outcome == sekisho.OutcomeDetected):
		e.Outcome = outcome
	case handled == "true" || handled == "1":
		e.Outcome = sekisho.OutcomeContained
	default:
		e.Outcome = sekisho.OutcomeDetected
	}
}

// tellCarbonBlack reads an alert of Carbon Black Cloud: the sensor's action, and whether the program ran.
func tellCarbonBlack(o *line.Object, e *sekisho.Event) {
	utc(e, o.String("detection_timestamp"), o.String("create_time", "first_event_timestamp"), o.String("backend_timestamp"))
	e.Code, e.Severity = o.String("type", "reason_code"), o.String("severity")
	e.Host, e.User = o.String("device_name"), o.String("process_username", "device_username")
	e.SrcIP = field.Address(o.String("device_internal_ip", "device_external_ip"))
	e.Process, e.File = o.String("process_cmdline", "process_name"), o.String("blocked_name", "process_name", "threat_cause_actor_name")
	e.Hash = field.Hash(o.String("blocked_sha256", "process_sha256", "threat_cause_actor_sha256"), o.String("process_md5"))
	e.DstIP, e.DstPort = field.Address(o.String("netconn_remote_ip")), field.Port(o.String("netconn_remote_port"))
	e.Signature, e.Verb = o.String("reason", "watchlists.0.name"), o.String("sensor_action")
	class, family, ok := behaviour.Threat(o.String("threat_name"), o.String("process_effective_reputation"), o.String("blocked_effective_reputation"), o.String("ttps"))
	if e.Class, e.Family = class, family; !ok {
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "suspicious_activity"
	}
	if e.Code == "DEVICE_CONTROL" {
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomePrevented
		return
	}
	e.Outcome = sekisho.OutcomeDetected
	applied := strings.ToUpper(o.String("policy_applied"))
	switch strings.ToUpper(e.Verb) {
	case "DENY", "BLOCK", "DENY_OPERATION":
		e.Outcome = sekisho.OutcomePrevented
	case "TERMINATE", "QUARANTINE", "TERMINATE_PROCESS":
		e.Outcome = sekisho.OutcomeContained
	default:
		if applied == "APPLIED" && strings.Contains(strings.ToLower(e.Signature), "terminate policy action was applied") {
			e.Outcome = sekisho.OutcomeContained
		} else if applied == "APPLIED" && strings.Contains(strings.ToLower(e.Signature), "deny policy action was applied") {
			e.Outcome = sekisho.OutcomePrevented
		}
	}
}

// tellCarbonAudit reads what administrators of Carbon Black Cloud did.
func tellCarbonAudit(o *line.Object, e *sekisho.Event) {
	utc(e, o.String("eventTime"))
	e.User, e.SrcIP, e.Signature, e.Family = o.String("loginName"), field.Address(o.String("clientIp")), o.String("description"), "audit"
	switch text := strings.ToLower(e.Signature); {
	case strings.Contains(text, `"enabled":false`):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
	case strings.Contains(text, "login") && strings.Contains(text, "fail"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case strings.Contains(text, "logged in"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	case strings.HasPrefix(text, "created"), strings.HasPrefix(text, "added"), strings.HasPrefix(text, "updated"), strings.HasPrefix(text, "deleted"), strings.HasPrefix(text, "removed"), strings.Contains(text, "retrieved secret"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}
