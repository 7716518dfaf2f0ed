package crowdstrike

import (
	"cmp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// tellAudit reads what people did in the console.
func (f *falcon) tellAudit(e *sekisho.Event) {
	e.SrcIP, e.DstIP, e.Host = field.Address(f.text("UserIp")), field.Address(""), ""
	operation := f.text("OperationName")
	e.Signature, e.Verb, e.Code = operation, operation, cmp.Or(operation, e.Code)
	lower := strings.ToLower(operation)
	failed := f.text("Success") == "false" || strings.Contains(lower, "fail")
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "audit", sekisho.OutcomeUnknown
	switch {
	case failed && (strings.Contains(lower, "auth") || strings.Contains(lower, "login") || strings.Contains(lower, "factor")):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case strings.Contains(lower, "auth") || strings.Contains(lower, "login"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	case failed:
		e.Family = "config"
	default:
		for _, change := range []string{"create", "update", "delete", "grant", "revoke", "assign", "add", "remove", "disable", "enable", "reset", "change", "activate", "quarantined_file"} {
			if strings.Contains(lower, change) {
				e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
				break
			}
		}
	}
	f.o.Get(f.prefix + "AuditKeyValues").ForEach(func(_, pair gjson.Result) bool {
		if key := pair.Get("Key").String(); key == "target_name" || key == "target_user" {
			e.Host = pair.Get("ValueString").String()
		}
		return true
	})
}

// tellFirewall reads the host firewall of Falcon.
func (f *falcon) tellFirewall(e *sekisho.Event) {
	e.Class, e.Family, e.Signature = sekisho.ClassNoise, "firewall", f.text("RuleName")
	e.Outcome = sekisho.OutcomeUnknown
	if action := f.text("RuleAction"); action == "2" || strings.EqualFold(action, "block") {
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "block"
	}
}

// tellRaw reads the raw stream: what ran, what was asked for, what was connected to. It is telemetry, and tells of everybody;
// a command line may give away more.
func (f *falcon) tellRaw(kind string, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, familyOf(kind), sekisho.OutcomeUnknown
	e.Signature = kind
	if found, ok := behaviour.Command(f.text("CommandLine", "ScriptContent")); ok {
		e.Class, e.Family, e.Signature, e.Confidence = found.Class, found.Family, found.Signature, found.Confidence
		e.Outcome = sekisho.OutcomeDetected // it ran; whether it did what it wanted is not in the record
	}
	switch {
	case strings.HasPrefix(kind, "UserLogonFailed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
		if from := field.Address(f.text("RemoteAddressIP4", "RemoteIP")); from.IsValid() {
			e.SrcIP, e.DstIP = from, e.SrcIP
		}
	case strings.Contains(kind, "QuarantinedFile") || strings.Contains(kind, "Quarantine"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "malware", sekisho.OutcomeContained
	case strings.HasPrefix(kind, "RemovableMediaVolumeMounted") || strings.HasPrefix(kind, "DcUsb"):
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomeUnknown
		if strings.Contains(kind, "Block") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.HasPrefix(kind, "InstalledApplication") || strings.HasPrefix(kind, "SoftwareInstall"):
		e.Class, e.Family = sekisho.ClassInstall, "install"
	case strings.HasPrefix(kind, "EventLogCleared"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
	}
}

func familyOf(kind string) string {
	switch {
	case strings.Contains(kind, "ProcessRollup"), strings.Contains(kind, "Process"):
		return "process"
	case strings.HasPrefix(kind, "DnsRequest"):
		return "dns"
	case strings.HasPrefix(kind, "Network"):
		return "network"
	case strings.Contains(kind, "File"), strings.Contains(kind, "Written"):
		return "file"
	case strings.Contains(kind, "Logon"):
		return "login"
	}
	return "telemetry"
}

// decodeConnector reads what the SIEM connector makes of the event streams in CEF and LEEF.
func decodeConnector(r *line.Record, e *sekisho.Event) bool {
	var vendor, name, severity, id string
	var set field.Set
	if r.CEF != nil {
		vendor, name, severity, id = r.CEF.Vendor, r.CEF.Name, r.CEF.Severity, r.CEF.ID
	} else {
		vendor, name, id = r.LEEF.Vendor, "", r.LEEF.ID
	}
	if vendor != "CrowdStrike" {
		return false
	}
	if r.CEF != nil {
		set = field.Collect(r.CEF.Fields())
	} else {
		set = field.Collect(r.LEEF.Fields())
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "CrowdStrike", "Falcon", "crowdstrike_connector"
	e.Code, e.Severity = id, cmp.Or(set.Get("sev", "severity"), severity)
	e.Signature = cmp.Or(set.Labelled("DetectName"), set.Get("msg", "DetectName"), name)
	e.Host, e.User = set.Get("dhost", "dvchost", "identHostName", "ComputerName", "resource"), set.Get("duser", "suser", "usrName", "UserName")
	e.SrcIP, e.DstIP = field.Address(set.Get("src", "identSrc")), field.Address(set.Get("dst"))
	e.File = strings.TrimSuffix(set.Get("filePath", "FilePath"), `\`)
	if base := set.Get("fname", "FileName"); base != "" {
		if e.File != "" {
			e.File += `\`
		}
		e.File += base
	}
	e.Process = cmp.Or(set.Labelled("CommandLine"), set.Get("CommandLine", "cmdLine"))
	e.Hash = field.Hash(set.Get("fileHash", "fileHashSha256", "SHA256String"), set.Get("MD5String"))
	field.TellTime(e, r.Zone, set.Get("rt"), set.Get("devTime"), set.Get("deviceCustomDate1"))
	e.Verb = cmp.Or(set.Labelled("PatternDispositionDescription"), set.Get("act", "PatternDispositionDescription", "pattDisposDesc"))
	if strings.Contains(id+name+set.Get("cat"), "Audit") {
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "audit", sekisho.OutcomeUnknown
		if set.Labelled("success") == "false" || set.Get("success") == "false" {
			e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		}
		return true
	}
	f := falcon{o: &line.Object{}}
	e.Outcome = f.disposition(e.Verb)
	e.Category = cmp.Or(set.Labelled("Technique"), set.Labelled("Tactic"), set.Get("technique", "tactic", "cat"))
	e.Class, e.Family = classOf(strings.ToLower(strings.Join([]string{e.Category, e.Signature, name}, " | ")))
	return true
}
