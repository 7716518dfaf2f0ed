package endpoint

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// modules are the parts of GravityZone and the engines of WithSecure Elements that find something, in lower case.
var modules = map[string]kind{
	"av": {"", "malware", sekisho.ClassMalware}, "hd": {"", "malware", sekisho.ClassMalware}, "antiexploit": {"", "exploit", sekisho.ClassExploit}, "network-monitor": {"", "exploit", sekisho.ClassExploit},
	"aph": {"", "phishing", sekisho.ClassMaliciousWeb}, "uc": {"", "malicious_web", sekisho.ClassMaliciousWeb}, "fw": {"", "firewall", sekisho.ClassExploit}, "avc": {"", "suspicious_activity", sekisho.ClassSuspiciousFile},
	"ransomware-mitigation": {"", "ransomware", sekisho.ClassRansomware}, "device-control": {"", "usb", sekisho.ClassUSB}, "new-incident": {"", "incident", sekisho.ClassAPT}, "dp": {"", "dlp", sekisho.ClassDLP},
	"filescanning": {"", "malware", sekisho.ClassMalware}, "manualscanning": {"", "malware", sekisho.ClassMalware}, "amsi": {"", "malware", sekisho.ClassMalware}, "deepguard": {"", "suspicious_activity", sekisho.ClassSuspiciousFile},
	"webtrafficscanning": {"", "malware", sekisho.ClassMalware}, "browsingprotection": {"", "malicious_web", sekisho.ClassMaliciousWeb}, "reputationbasedbrowsing": {"", "malicious_web", sekisho.ClassMaliciousWeb},
	"connectioncontrol": {"", "malicious_web", sekisho.ClassMaliciousWeb}, "webcontentcontrol": {"", "web_filter", sekisho.ClassPolicyWeb}, "tamperprotection": {"", "tampering", sekisho.ClassTampering},
	"devicecontrol": {"", "usb", sekisho.ClassUSB}, "applicationcontrol": {"", "application_control", sekisho.ClassSuspiciousFile}, "dataguard": {"", "ransomware", sekisho.ClassRansomware}, "edr": {"", "incident", sekisho.ClassAPT},
	"firewall": {"", "firewall", sekisho.ClassNoise},
}

// tellModule reads an event of GravityZone (module, final_status) or of WithSecure Elements (engine, action).
func tellModule(o *line.Object, module string, e *sekisho.Event) {
	e.Code, e.Severity = module, o.String("severity")
	utc(e, o.String("timestamp", "clientTimestamp", "serverTimestamp", "detectionTime", "start_time", "last_blocked"), o.String("persistenceTimestamp", "created"))
	e.Host, e.User = o.String("computer_name", "computer_fqdn", "device.name", "target.name"), o.String("user.name", "user.userName", "username", "userName", "details.userName")
	e.SrcIP = field.Address(o.String("computer_ip", "device.ipAddress", "source_ip", "details.localAddress"))
	e.DstIP = field.Address(o.String("details.remoteAddress", "details.remoteIp"))
	e.Signature = o.String("malware_name", "exploit_type", "attack_types.0", "details.infectionName", "details.reason", "details.description", "message", "attack_entry")
	e.Category = o.String("malware_type", "details.category", "aph_type")
	e.File, e.URL = o.String("file_path", "exploit_path", "details.filePath", "details.path", "process_path"), o.String("url", "details.url")
	e.Process = o.String("process_command_line", "process_path", "details.process", "details.processPath", "parent_process_path")
	e.Hash = field.Hash(o.String("hash", "file_hash_sha256", "details.fileSha256", "details.sha256"), o.String("file_hash_md5", "details.fileSha1", "details.sha1"))
	e.Verb = o.String("final_status", "main_action", "status", "action", "details.action", "action_taken")
	known, ok := modules[strings.ToLower(module)]
	if !ok || known.class == sekisho.ClassNoise {
		if e.Family = "system"; ok {
			e.Family = known.family
		}
		return
	}
	if e.Class, e.Family = known.class, known.family; e.Class == sekisho.ClassMalware {
		threat(e, e.Signature, e.Category)
	}
	read := verb.OnHost
	if e.Class == sekisho.ClassMaliciousWeb || e.Class == sekisho.ClassPolicyWeb {
		read = verb.AtGateway
	}
	e.Outcome = sekisho.OutcomeDetected
	if outcome, known := read(e.Verb); known {
		e.Outcome = outcome
	}
}

// tellPiped reads the newer form of SentinelOne's syslog, which keeps nothing of CEF but its beginning: key=value, divided by bars.
func tellPiped(body string, e *sekisho.Event) {
	begin(e, "SentinelOne", "Singularity", "sentinelone_syslog")
	get := func(names ...string) string {
		for _, name := range names {
			for part := range strings.SplitSeq(body, "|") {
				if value, found := strings.CutPrefix(strings.TrimSpace(part), name+"="); found && value != "" && value != "None" && value != "null" {
					return value
				}
			}
		}
		return ""
	}
	e.Code, e.Severity = get("eventID", "activityType"), get("eventSeverity", "confidenceLevel", "threatConfidenceLevel")
	utc(e, get("rt", "createdAt", "eventTime", "threatCreatedAt"))
	e.Host, e.User = get("sourceHostName", "computerName", "agentComputerName", "sourceAgentComputerName"), get("sourceUserName", "suser", "userName")
	e.SrcIP = field.Address(get("sourceIpAddresses", "sourceIpAddress", "agentIpV4", "src"))
	e.File, e.Hash = get("filePath", "fname"), field.Hash(get("fileHash", "fileContentHash", "threatFileHash"))
	description := get("eventDesc", "primaryDescription")
	e.Signature, e.Verb, e.Category = cmp.Or(get("threatName", "fileName"), description), get("mitigationStatus", "threatMitigationStatus", "incidentStatus"), get("threatClassification", "classification")
	lowered := strings.ToLower(description)
	if get("threatID", "threatId", "threatClassification", "fileHash") == "" && !strings.Contains(lowered, "threat") {
		tellConsole(lowered, e)
		return
	}
	class, family, ok := behaviour.Threat(e.Category, e.Signature, description)
	if e.Class, e.Family = class, family; !ok {
		e.Class, e.Family = sekisho.ClassMalware, "malware"
	}
	e.Outcome = sekisho.OutcomeDetected
	for _, word := range []string{e.Verb, description} {
		if outcome, known := verb.OnHost(word); known {
			e.Outcome = outcome
			break
		}
	}
}
