// Package endpoint reads the products for PCs that send Common Event Format, LEEF or JSON with much the same things under much
// the same names: SentinelOne, Trend Micro, ESET, Kaspersky, Trellix and FireEye, Carbon Black, Cylance, WithSecure,
// Bitdefender, Symantec, Cybereason, HarfangLab and others. products.go lists them.
//
// Each product says in its own words what it did; package verb reads them, whatever the language.
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

// Decode reads one event.
func Decode(r *line.Record, e *sekisho.Event) bool {
	switch {
	case r.CEF != nil:
		if r.CEF.Vendor == "SentinelOne" && strings.Contains(r.CEF.Version+r.CEF.ID, "=") {
			tellPiped(r.Body, e)
			return true
		}
		return decodeCEF(r, e)
	case r.LEEF != nil:
		return decodeLEEF(r, e)
	case r.JSON():
		return decodeJSON(r, e)
	}
	return decodeText(r, e)
}

func begin(e *sekisho.Event, vendor, product, format string) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, vendor, product, format
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "system"
}

func decodeCEF(r *line.Record, e *sekisho.Event) bool {
	c := r.CEF
	p := find(c.Vendor, c.Product)
	if p == nil {
		return false
	}
	set := field.Collect(c.Fields())
	begin(e, p.vendor, cmp.Or(p.product, c.Product), p.format+"_cef")
	e.Code, e.Severity = c.ID, c.Severity
	tellFields(r, set, e)
	e.Signature = cmp.Or(set.Labelled("sname", "ThreatName", "Threat Name", "MalwareName", "VirusName", "Detection Name", "Rule Name"), set.Get("threatName", "threat_name", "ThreatName", "virusName"), e.Signature, c.Name, set.Get("msg"))
	judge(p, strings.Join([]string{c.ID, c.Name, set.Get("cat")}, " "), set, e)
	return true
}

func decodeLEEF(r *line.Record, e *sekisho.Event) bool {
	l := r.LEEF
	p := find(l.Vendor, l.Product)
	if p == nil {
		return false
	}
	set := field.Collect(l.Fields())
	begin(e, p.vendor, cmp.Or(p.product, l.Product), p.format+"_leef")
	e.Code, e.Severity = l.ID, set.Get("sev", "severity")
	tellFields(r, set, e)
	e.Signature = cmp.Or(set.Get("threatName", "threat_name", "ThreatName", "malwareName", "virusName", "name", "msg"), e.Signature)
	judge(p, l.ID+" "+set.Get("cat"), set, e)
	return true
}

// tellFields reads the places of an event by the names of CEF and LEEF, and those that vendors add.
func tellFields(r *line.Record, set field.Set, e *sekisho.Event) {
	for _, key := range []string{"rt", "devTime", "deviceReceiptTime", "start", "end", "deviceCustomDate1", "eventTime", "occured", "occurred"} {
		if field.TellTime(e, r.Zone, set.Get(key)) {
			break
		}
	}
	e.SrcIP, e.SrcPort = field.Address(set.Get("src", "sourceAddress", "c6a2", "source_address")), field.Port(set.Get("spt", "srcPort", "source_port"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst", "destinationAddress", "c6a3", "target_address")), field.Port(set.Get("dpt", "dstPort", "target_port"))
	e.Protocol = field.Protocol(set.Get("proto", "app"))
	e.Host = set.Get("dhost", "shost", "dvchost", "identHostName", "hostname", "deviceHostName", "sourceHostName", "endpoint", "computerName", "device_name", "agentRealtimeInfo.agentComputerName")
	if host := set.Get("shost"); host != "" && set.Get("dhost") != "" && e.SrcIP.IsValid() && field.Inside(e.SrcIP) && e.DstIP.IsValid() && !field.Inside(e.DstIP) {
		e.Host = host
	}
	e.User = set.Get("duser", "suser", "usrName", "username", "user", "sourceUserName", "accountName")
	name, folder := set.Get("fname", "fileName", "file"), set.Get("filePath", "path", "objectUri", "object_uri")
	switch {
	case folder == "":
		e.File = name
	case name == "" || strings.HasSuffix(strings.ToLower(folder), strings.ToLower(name)):
		e.File = folder
	case strings.Contains(folder, `\`):
		e.File = strings.TrimSuffix(folder, `\`) + `\` + name
	default:
		e.File = strings.TrimSuffix(folder, "/") + "/" + name
	}
	e.Process = set.Get("deviceProcessName", "sproc", "dproc", "processName", "processname", "sourceProcessName", "commandLine")
	if command := set.Labelled("CommandLine", "Command Line", "ProcessCommandLine"); command != "" {
		e.Process = command
	}
	e.Hash = field.Hash(set.Get("fileHash", "hash", "sha256", "fileHashSha256"), set.Get("oldFileHash", "sha1", "md5", "filehash"), set.Labelled("SHA256", "SHA1", "MD5", "FileSHA1", "Hash", "threat_hash"))
	e.URL = set.Get("request", "url", "URL", "requestURL")
	e.Category = set.Get("cat", "category")
	e.Verb = set.Get("act", "action", "deviceAction", "actionTaken", "action_taken", "mitigationStatus")
}

// judge gives class and outcome: by the kind of event, the name of what was found, and the product's word for what it did.
func judge(p *product, kind string, set field.Set, e *sekisho.Event) {
	lowered := strings.ToLower(kind)
	for _, k := range p.kinds {
		if strings.Contains(lowered, k.part) {
			e.Class, e.Family = k.class, k.family
			break
		}
	}
	if e.Class == sekisho.ClassNoise && p.quiet(lowered) {
		return
	}
	if class, family, ok := behaviour.Threat(e.Signature, kind, e.Category); ok && (e.Class == sekisho.ClassNoise && (e.File != "" || e.URL != "" || e.Hash != "" || e.Verb != "") || e.Class == sekisho.ClassMalware) {
		e.Class, e.Family = class, family
	}
	if e.Class == sekisho.ClassNoise {
		tellConsole(lowered+" "+strings.ToLower(e.Signature), e)
		return
	}
	e.Outcome = outcomeOf(p, set, e)
}

func outcomeOf(p *product, set field.Set, e *sekisho.Event) sekisho.Outcome {
	if outcome, ok := p.actions[e.Verb]; ok {
		return outcome
	}
	read := verb.OnHost
	if p.gateway || e.Class == sekisho.ClassMaliciousWeb || e.Class == sekisho.ClassPolicyWeb || e.Class == sekisho.ClassC2 && e.URL != "" {
		read = verb.AtGateway
	}
	words := []string{e.Verb, set.Labelled("Result", "ActionResult", "Action", "Status", "Mitigation Status", "MitigationStatus", "threat_handled", "action_taken"), set.Get("outcome", "result", "reason", "threatHandled")}
	if strings.HasPrefix(e.Verb, "notified") || strings.EqualFold(e.Verb, "notified") {
		return sekisho.OutcomeDetected
	}
	for _, word := range words {
		if outcome, ok := read(word); ok {
			return outcome
		}
	}
	if e.Verb != "" && strings.Trim(e.Verb, "0123456789") == "" {
		return sekisho.OutcomeUnknown // a number that we have no table for
	}
	switch e.Class {
	case sekisho.ClassUSB, sekisho.ClassInstall, sekisho.ClassConfigChange, sekisho.ClassSensorFault:
		return sekisho.OutcomeSucceeded
	case sekisho.ClassLoginFailure:
		return sekisho.OutcomePrevented
	}
	return sekisho.OutcomeDetected
}

// tellConsole reads what is no detection: logins to the console, changes, faults.
func tellConsole(text string, e *sekisho.Event) {
	switch {
	case strings.Contains(text, "login failed"), strings.Contains(text, "logon failed"), strings.Contains(text, "failed login"), strings.Contains(text, "sign in failed"), strings.Contains(text, "login failure"), strings.Contains(text, "log on failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case strings.Contains(text, "signed in"), strings.Contains(text, "logged in"), strings.Contains(text, "log on"), strings.Contains(text, "login"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	case strings.Contains(text, "protection disabled"), strings.Contains(text, "agent disabled"), strings.Contains(text, "uninstalled"), strings.Contains(text, "protection is off"), strings.Contains(text, "self-defense"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
	case strings.Contains(text, "out of date"), strings.Contains(text, "outdated"), strings.Contains(text, "update failed"), strings.Contains(text, "offline"), strings.Contains(text, "license expired"), strings.Contains(text, "licence"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	case strings.Contains(text, "policy changed"), strings.Contains(text, "settings changed"), strings.Contains(text, "configuration changed"), strings.Contains(text, "user created"), strings.Contains(text, "role"), strings.Contains(text, "exclusion"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}
