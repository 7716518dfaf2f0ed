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

// decodeText reads products that have a text format of their own.
func decodeText(r *line.Record, e *sekisho.Event) bool {
	body := r.Body
	head := body[:min(len(body), 120)]
	switch {
	case strings.Contains(head, "|SentinelOne|Mgmt|"):
		tellPiped(body, e)
	case strings.Contains(head, "Carbon Black App Control event:"):
		tellAppControl(r, e)
	case strings.Contains(head, "Event Type: ") && (r.App == "CylancePROTECT" || strings.Contains(head, "CylancePROTECT")):
		tellCylance(body, e)
	case strings.Contains(body, "[Log ID] ") && strings.Contains(body, "| [Event Name] "):
		tellProtector(body, e)
	case strings.Contains(r.Data, "event@23668") || strings.Contains(body, "[event@23668 "):
		tellKaspersky(r, e)
	default:
		return false
	}
	return true
}

// tellAppControl reads Carbon Black App Control. In Report Only mode nothing was blocked, whatever the subtype says.
func tellAppControl(r *line.Record, e *sekisho.Event) {
	begin(e, "VMware Carbon Black", "App Control", "carbonblack_appcontrol")
	set := field.Collect(field.Pairs(r.Body))
	e.Code, e.Signature, e.Verb = set.Get("type"), set.Get("rule_name", "text"), set.Get("subtype")
	e.Host, e.User, e.File, e.Process = set.Get("hostname"), set.Get("username"), set.Get("file_path", "file_name"), set.Get("process")
	e.Hash, e.SrcIP = field.Hash(set.Get("file_hash")), field.Address(set.Get("ip_address"))
	field.TellTime(e, time.UTC, set.Get("date"))
	text := strings.ToLower(set.Get("text") + " " + e.Verb)
	switch kind := strings.ToLower(e.Code); {
	case kind == "policy enforcement":
		e.Class, e.Family, e.Outcome = sekisho.ClassSuspiciousFile, "application_control", sekisho.OutcomeDetected
		if !strings.Contains(text, "would have") && !strings.Contains(text, "report only") && (strings.Contains(text, "block") || strings.Contains(text, "denied") || strings.Contains(text, "prevented")) {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(text, "tamper"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomePrevented
	case strings.Contains(text, "malicious"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "malware", sekisho.OutcomeDetected
	case strings.Contains(kind, "policy management"), strings.Contains(kind, "server management") && strings.Contains(text, "modif"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}

// tellCylance reads "Event Type: Threat, Event Name: threat_quarantined, Device Name: PC, ...".
func tellCylance(body string, e *sekisho.Event) {
	begin(e, "Cylance", "PROTECT", "cylance_syslog")
	get := labelledText(body, ", ")
	kind, name := get("Event Type"), get("Event Name")
	e.Code, e.Verb = kind, name
	e.Host, e.User = strings.Trim(get("Device Name"), "()"), strings.Trim(get("User", "User Name", "Username"), "()")
	e.File, e.Process = strings.TrimSuffix(get("Path"), `\`), get("Process Name", "Interpreter")
	if file := get("File Name"); file != "" {
		e.File = strings.TrimPrefix(e.File+`\`+file, `\`)
	}
	e.Hash, e.SrcIP = field.Hash(get("SHA256"), get("MD5")), field.Address(strings.Trim(get("IP Address"), "()"))
	e.Signature = cmp.Or(get("Threat Classification", "Violation Type", "Detection Description"), get("Threat Class"), name)
	e.Severity, e.Category = get("Cylance Score", "Severity"), get("Threat Class")
	switch kind {
	case "Threat":
		e.Class, e.Family = sekisho.ClassMalware, "malware"
	case "ExploitAttempt":
		e.Class, e.Family = sekisho.ClassExploit, "exploit"
	case "ScriptControl", "AppControl", "OpticsCaeProcessEvent":
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "application_control"
	case "DeviceControl":
		e.Class, e.Family = sekisho.ClassUSB, "usb"
	case "AuditLog":
		tellConsole(strings.ToLower(name+" "+get("Message")), e)
		return
	default:
		return
	}
	if class, family, ok := behaviour.Threat(get("Threat Classification"), get("Threat Class")); ok && kind == "Threat" {
		e.Class, e.Family = class, family
	}
	e.Outcome = sekisho.OutcomeDetected
	for _, word := range []string{get("Action"), get("Status"), name} {
		word = strings.TrimPrefix(word, "threat_")
		if outcome, ok := verb.OnHost(word); ok {
			e.Outcome = outcome
			break
		}
	}
	if e.Outcome == sekisho.OutcomeDetected && get("Is Running", "IsRunning") == "True" {
		e.Outcome = sekisho.OutcomeSucceeded
	}
}

// labelledText looks up "Label: value" in a text whose parts a separator divides.
func labelledText(body, separator string) func(...string) string {
	return func(labels ...string) string {
		for _, label := range labels {
			for from := 0; ; {
				at := strings.Index(body[from:], label+": ")
				if at < 0 {
					break
				}
				at += from
				from = at + len(label) + 2
				if at > 0 && body[at-1] != ' ' {
					continue
				}
				value, _, _ := strings.Cut(body[from:], separator)
				if value = strings.TrimSpace(value); value != "" {
					return value
				}
				break
			}
		}
		return ""
	}
}

// tellProtector reads Netwrix Endpoint Protector: devices and the files that went to them.
func tellProtector(body string, e *sekisho.Event) {
	begin(e, "Netwrix", "Endpoint Protector", "netwrix_epp")
	get := func(label string) string {
		_, rest, _ := strings.Cut(body, "["+label+"] ")
		value, _, _ := strings.Cut(rest, " | [")
		return strings.TrimSpace(value)
	}
	name := get("Event Name")
	e.Code, e.Signature, e.Host, e.User, e.SrcIP = name, cmp.Or(get("Device"), name), get("Client Computer"), get("Client User"), field.Address(get("IP Address"))
	e.File, e.Hash, e.Category, e.Family = get("File Name"), field.Hash(get("File Hash")), get("Device Type"), "file"
	field.TellTime(e, time.UTC, get("Date/Time(Client UTC)"), get("Date/Time(Server UTC)"))
	switch lowered := strings.ToLower(name); {
	case strings.Contains(lowered, "content") || strings.Contains(body, "Content Aware"):
		e.Class, e.Family, e.Outcome = sekisho.ClassDLP, "dlp", sekisho.OutcomeDetected
		if strings.Contains(lowered, "block") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case lowered == "connected", strings.Contains(lowered, "blocked"), lowered == "device connected":
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded
		if strings.Contains(lowered, "blocked") {
			e.Outcome = sekisho.OutcomePrevented
		}
	}
}

// tellKaspersky reads what Kaspersky Security Center sends as structured data: et is the kind of event, etdn its name.
func tellKaspersky(r *line.Record, e *sekisho.Event) {
	begin(e, "Kaspersky", "Endpoint Security", "kaspersky_syslog")
	set := field.Collect(field.Pairs(cmp.Or(r.Data, r.Body)))
	kind := set.Get("et")
	e.Code, e.Category = kind, set.Get("tdn")
	e.Host, e.SrcIP = set.Get("hdn"), field.Address(set.Get("hip"))
	text := labelledText(strings.NewReplacer(`\r\n`, "\n ", "\r\n", "\n ").Replace(r.Body), "\n")
	e.Signature = cmp.Or(set.Get("p5"), set.Get("etdn"))
	if strings.HasPrefix(e.Signature, "{") || !strings.Contains(kind, "VIRUS") && !strings.Contains(kind, "OBJECT") {
		e.Signature = cmp.Or(text("Detected", "Name", "Object name"), set.Get("etdn"))
	}
	e.File, e.Hash = cmp.Or(text("Path to object", "Object", "Object path"), set.Get("p2")), field.Hash(text("SHA256", "MD5"), set.Get("p8"))
	e.User, e.Verb = strings.TrimSuffix(text("User"), " (Initiator)"), text("Result", "Result description")
	p := find("KasperskyLab", "")
	for _, k := range p.kinds {
		if strings.Contains(strings.ToLower(kind), k.part) {
			e.Class, e.Family = k.class, k.family
			break
		}
	}
	if e.Class == sekisho.ClassNoise {
		tellConsole(strings.ToLower(set.Get("etdn")), e)
		return
	}
	if class, family, ok := behaviour.Threat(e.Signature); ok && e.Class == sekisho.ClassMalware {
		e.Class, e.Family = class, family
	}
	words := strings.ToLower(kind)
	outcome, ok := verb.OnHost(e.Verb)
	switch {
	case ok:
		e.Outcome = outcome
	case strings.Contains(words, "notcured"), strings.Contains(words, "not_"):
		e.Outcome = sekisho.OutcomeDetected
	case strings.Contains(words, "cured"), strings.Contains(words, "deleted"), strings.Contains(words, "quarantin"):
		e.Outcome = sekisho.OutcomeContained
	case strings.Contains(words, "block"), strings.Contains(words, "denie"):
		e.Outcome = sekisho.OutcomePrevented
	default:
		e.Outcome = sekisho.OutcomeDetected
	}
}
