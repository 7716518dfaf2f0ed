package panda

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// decodeFeeder reads what SIEMFeeder sends: every action of every program, and alerts among them. Times are UTC.
func decodeFeeder(r *line.Record, e *sekisho.Event) bool {
	l := r.LEEF
	if !strings.HasPrefix(l.Vendor, "Panda") && (l.Vendor != "WatchGuard" || l.Product != "paps" && !strings.Contains(l.Product, "Endpoint") && !strings.Contains(l.Product, "SIEMFeeder")) {
		return false
	}
	set := field.Collect(l.Fields())
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "WatchGuard", "EPDR", "watchguard_siemfeeder"
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "telemetry"
	kind := strings.ToLower(l.ID)
	e.Code, e.Severity = l.ID, set.Get("sev")
	if when, _, ok := field.Time(set.Get("devTime"), time.UTC); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.Host, e.User = set.Get("HostName", "identHostName", "MachineName"), set.Get("usrName", "LoggedUser")
	if domain := set.Get("domain"); domain != "" && domain != e.Host && e.User != "" {
		e.User = domain + `\` + e.User
	}
	e.SrcIP = field.Address(set.Get("identSrc", "src", "MachineIP"))
	e.File = set.Get("ChildPath", "TargetPath", "Path", "ItemPath", "ParentPath", "DocumentPath")
	e.Process = set.Get("Params", "ParentPath", "Path", "CommandLine")
	e.Hash = field.Hash(set.Get("ChildHash"), set.Get("Hash", "ItemHash", "MD5"))
	e.Verb = set.Get("Action", "ToastResult", "LastAction")
	category := set.Get("ChildCat", "Cat", "ItemCat", "Classification")
	e.Signature = set.Get("ChildMWName", "MWName", "MalwareName", "ItemName", "AlertName", "DetectionName", "ParentMWName")
	switch {
	case strings.HasPrefix(kind, "alert"), strings.Contains(kind, "exploit"), strings.Contains(kind, "ioa"):
		tellAlert(kind, category, set, e)
	case kind == "socketused", strings.HasPrefix(kind, "netconn"), kind == "socket", strings.Contains(kind, "network"):
		e.Family = "network"
		e.DstIP, e.DstPort = field.Address(set.Get("RemoteIP", "dst")), field.Port(set.Get("RemotePort", "dstPort"))
		e.SrcPort, e.Protocol = field.Port(set.Get("LocalPort", "srcPort")), field.Protocol(set.Get("Protocol", "proto"))
		if set.Get("Direction") == "Down" || set.Get("Direction") == "Incoming" {
			e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = e.DstIP, e.SrcIP, e.DstPort, e.SrcPort
		}
	case kind == "urldownload":
		e.Family, e.URL = "download", set.Get("URL")
	case strings.HasPrefix(kind, "install"):
		e.Family, e.Signature = "install", set.Get("OCS_Name", "Name", "AppName")
		if op := strings.ToLower(set.Get("Op")); !strings.Contains(op, "uninst") {
			e.Class, e.Outcome = sekisho.ClassInstall, sekisho.OutcomeSucceeded
		}
	case strings.HasPrefix(kind, "hostsmodif"), strings.HasPrefix(kind, "monitoredregistry"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassConfigChange, "persistence", sekisho.OutcomeSucceeded, set.Get("RegKey", "Path", "Op")
	case strings.Contains(kind, "device"):
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded
		if outcome, ok := verb.AtGateway(e.Verb); ok && outcome == sekisho.OutcomePrevented {
			e.Outcome = outcome
		}
	case strings.HasPrefix(kind, "registry"):
		e.Family, e.File = "registry", set.Get("RegKey")
	case kind == "exec", strings.HasPrefix(kind, "toast"), strings.Contains(kind, "remotethread"), kind == "loadlib":
		e.Family = "process"
	case strings.HasPrefix(kind, "userlogin") || strings.HasPrefix(kind, "login"):
		e.Family = "login"
	case strings.HasPrefix(kind, "create"), strings.HasPrefix(kind, "modify"), strings.HasPrefix(kind, "delete"), strings.HasPrefix(kind, "rename"), strings.HasPrefix(kind, "open"), strings.HasPrefix(kind, "monitoredopen"):
		e.Family = "file"
	}
	if e.Class == sekisho.ClassNoise {
		tellPrograms(kind, category, set, e)
	}
	return true
}

// tellAlert reads a detection: ExecutionStatus says how far it came.
func tellAlert(kind, category string, set field.Set, e *sekisho.Event) {
	e.Class, e.Family = sekisho.ClassMalware, "malware"
	if class, family, ok := behaviour.Threat(e.Signature, category, kind); ok {
		e.Class, e.Family = class, family
	}
	switch {
	case strings.Contains(kind, "pup"):
		e.Class, e.Family = sekisho.ClassPUA, "pua"
	case strings.Contains(kind, "exploit"):
		e.Class, e.Family = sekisho.ClassExploit, "exploit"
	case strings.Contains(kind, "block"):
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "application_control"
	}
	outcome, known := verb.OnHost(e.Verb)
	status := strings.ToLower(set.Get("ExecutionStatus", "ItemStatus"))
	far := strings.HasPrefix(status, "exec") || strings.HasPrefix(status, "run")
	switch {
	case !known:
		outcome = sekisho.OutcomeDetected
		if far {
			outcome = sekisho.OutcomeSucceeded
		}
	case far && outcome == sekisho.OutcomeDetected:
		outcome = sekisho.OutcomeSucceeded
	case far && outcome == sekisho.OutcomePrevented:
		outcome = sekisho.OutcomeContained
	}
	e.Outcome = outcome
}

// tellPrograms looks at what was done by which program: what is known as malware, and what attackers type.
func tellPrograms(kind, category string, set field.Set, e *sekisho.Event) {
	switch lowered := strings.ToLower(category); {
	case lowered == "malware" || lowered == "pup":
		e.Class, e.Family = sekisho.ClassMalware, "malware"
		if class, family, ok := behaviour.Threat(e.Signature); ok {
			e.Class, e.Family = class, family
		}
		if lowered == "pup" {
			e.Class, e.Family = sekisho.ClassPUA, "pua"
		}
		outcome, known := verb.OnHost(e.Verb)
		switch {
		case known && outcome != sekisho.OutcomeDetected:
			e.Outcome = outcome
		case kind == "exec":
			e.Outcome = sekisho.OutcomeSucceeded
		default:
			e.Outcome = sekisho.OutcomeDetected
		}
	case kind == "exec" || strings.HasPrefix(kind, "toast"):
		finding, ok := behaviour.Command(set.Get("Params", "CommandLine"))
		if ok {
			e.Class, e.Family, e.Signature, e.Confidence, e.Outcome = finding.Class, finding.Family, finding.Signature, finding.Confidence, sekisho.OutcomeDetected
		}
		if outcome, known := verb.OnHost(e.Verb); known && outcome != sekisho.OutcomeDetected {
			if e.Outcome = outcome; !ok {
				e.Class, e.Family = sekisho.ClassSuspiciousFile, "application_control"
			}
		}
	}
}
