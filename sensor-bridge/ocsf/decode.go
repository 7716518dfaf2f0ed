// Package ocsf reads events of the Open Cybersecurity Schema Framework, whoever made them: findings first, and activity of
// files, processes, networks, logins, mail and accounts. It also reads the offences of IBM QRadar.
//
// A class says what happened, action_id and disposition_id what was done about it (schema 1.x).
package ocsf

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
	if !r.JSON() {
		return false
	}
	o := r.Object()
	switch {
	case o.Has("class_uid") && (o.Has("metadata") || o.Has("category_uid") || o.Has("type_uid")):
		tell(o, e)
	case o.Has("offense_source") && o.Has("offense_type"):
		tellOffence(o, e)
	default:
		return false
	}
	return true
}

func tell(o *line.Object, e *sekisho.Event) {
	e.Source, e.Format = sekisho.SourceEDR, "ocsf"
	e.Vendor, e.Product = o.String("metadata.product.vendor_name"), o.String("metadata.product.name", "metadata.product.feature.name")
	if e.Vendor == "" {
		e.Vendor = "OCSF"
	}
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "telemetry"
	for _, s := range []string{o.String("time"), o.String("time_dt"), o.String("start_time"), o.String("finding_info.created_time")} {
		if when, _, ok := field.Time(s, time.UTC); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			break
		}
	}
	e.Code, e.Severity = o.String("type_uid", "class_uid"), o.String("severity", "severity_id")
	e.Signature = o.String("finding_info.title", "finding.title", "malware.0.name", "firewall_rule.name", "message", "activity_name")
	e.Host = o.String("device.hostname", "device.name", "resources.0.name", "evidences.0.device.hostname", "dst_endpoint.hostname")
	e.User = o.String("actor.user.name", "user.name", "actor.user.email_addr", "actor.process.user.name", "evidences.0.actor.user.name", "device.owner.name")
	e.SrcIP, e.SrcPort = field.Address(o.String("src_endpoint.ip", "evidences.0.src_endpoint.ip", "device.ip")), field.Port(o.String("src_endpoint.port", "evidences.0.src_endpoint.port"))
	e.DstIP, e.DstPort = field.Address(o.String("dst_endpoint.ip", "evidences.0.dst_endpoint.ip")), field.Port(o.String("dst_endpoint.port", "evidences.0.dst_endpoint.port"))
	e.Protocol = field.Protocol(o.String("connection_info.protocol_name", "connection_info.protocol_num"))
	e.File = o.String("file.path", "file.name", "evidences.0.file.path", "evidences.0.file.name", "malware.0.files.0.path", "process.file.path")
	e.Process = o.String("process.cmd_line", "actor.process.cmd_line", "evidences.0.process.cmd_line", "process.file.path", "process.name", "actor.process.file.path")
	e.Hash = field.Hash(hashes(o, "file.hashes"), hashes(o, "evidences.0.file.hashes"), hashes(o, "process.file.hashes"), hashes(o, "malware.0.files.0.hashes"))
	e.URL = o.String("http_request.url.url_string", "url.url_string", "evidences.0.url.url_string", "query.hostname", "dst_endpoint.hostname")
	e.Method, e.UserAgent = o.String("http_request.http_method"), o.String("http_request.user_agent")
	e.Verb = o.String("disposition", "action", "status")
	judge(o, e)
}

// hashes joins the values of a list of hashes, whose form changed between versions.
func hashes(o *line.Object, path string) string {
	return o.String(path+".0.value") + " " + o.String(path+".1.value") + " " + o.String(path+".2.value")
}

// judge gives class and outcome by class_uid; its first digit is the category.
func judge(o *line.Object, e *sekisho.Event) {
	class := o.String("class_uid")
	status := o.String("status_id")
	words := []string{o.String("malware.0.classifications.0"), e.Signature, o.String("attacks.0.tactic.name", "attacks.0.tactics.0.name", "finding_info.attacks.0.tactic.name"), o.String("attacks.0.technique.name"), o.String("finding_info.types.0")}
	found := o.Has("malware") || strings.EqualFold(e.Severity, "critical") || o.String("is_alert") == "true"
	switch {
	case class == "2002" || class == "2003": // vulnerabilities and compliance are states, and no attack
		e.Family = "assessment"
	case strings.HasPrefix(class, "2"):
		var ok bool
		if e.Class, e.Family, ok = behaviour.Threat(words...); !ok {
			e.Class, e.Family = sekisho.ClassSuspiciousFile, "suspicious_activity"
		}
		if class == "2006" {
			e.Class, e.Family = sekisho.ClassDLP, "dlp"
		}
		e.Outcome = disposition(o, e)
	case class == "3002":
		e.Family = "login"
		switch {
		case status == "2" || strings.EqualFold(o.String("status"), "failure"):
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		case o.String("activity_id") != "2":
			e.Outcome = sekisho.OutcomeSucceeded
		}
	case class == "3001" || class == "3005" || class == "3006" || class == "5019" || class == "5001" && found:
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "account", sekisho.OutcomeSucceeded
		if status == "2" {
			e.Outcome = sekisho.OutcomePrevented
		}
	case class == "4001" || class == "4002" || class == "4003":
		e.Family = map[string]string{"4001": "network", "4002": "http", "4003": "dns"}[class]
		judgeTraffic(o, found, words, e)
	default:
		e.Family = map[string]string{"1001": "file", "1007": "process", "1005": "module", "1006": "scheduled_task", "4009": "mail", "6003": "api"}[class]
		if e.Family == "" {
			e.Family = "telemetry"
		}
		if class == "1007" {
			if finding, ok := behaviour.Command(e.Process); ok {
				e.Class, e.Family, e.Signature, e.Confidence, e.Outcome = finding.Class, finding.Family, finding.Signature, finding.Confidence, sekisho.OutcomeDetected
				return
			}
		}
		if o.Has("malware") {
			e.Class, e.Family = sekisho.ClassMalware, "malware"
			if c, f, ok := behaviour.Threat(words...); ok {
				e.Class, e.Family = c, f
			}
			e.Outcome = disposition(o, e)
		}
	}
}

// judgeTraffic reads connections, requests and queries: what was refused is worth a word, and what was found more.
func judgeTraffic(o *line.Object, found bool, words []string, e *sekisho.Event) {
	outcome := disposition(o, e)
	if found || len(o.Get("attacks").Array()) > 0 {
		e.Class = sekisho.ClassExploit
		if class, family, ok := behaviour.Threat(words...); ok {
			e.Class, e.Family = class, family
		}
		e.Outcome = outcome
		return
	}
	if outcome == sekisho.OutcomePrevented {
		e.Outcome = outcome
	}
}

// disposition reads what was done. What is contained has landed; action_id says less and counts where there is nothing else.
func disposition(o *line.Object, e *sekisho.Event) sekisho.Outcome {
	switch o.String("disposition_id") {
	case "2", "6", "21", "22", "23", "25", "26":
		return sekisho.OutcomePrevented
	case "3", "4", "5", "11", "24":
		return sekisho.OutcomeContained
	case "1", "8", "9", "12", "13", "14", "15", "16", "17", "18", "19", "20":
		return sekisho.OutcomeDetected
	}
	switch o.String("action_id") {
	case "1", "3":
		return sekisho.OutcomeDetected
	case "2":
		return sekisho.OutcomePrevented
	case "4":
		return sekisho.OutcomeContained
	}
	if outcome, ok := verb.OnHost(o.String("disposition", "action")); ok {
		return outcome
	}
	return sekisho.OutcomeDetected
}

// tellOffence reads an offence of QRadar, which gathers events of others.
func tellOffence(o *line.Object, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "IBM", "QRadar", "qradar_offense"
	e.Class, e.Family, e.Outcome = sekisho.ClassSuspiciousFile, "offense", sekisho.OutcomeDetected
	e.Signature, e.Severity, e.Code = strings.TrimSpace(o.String("description")), o.String("magnitude", "severity"), o.String("offense_type")
	e.Category = o.String("categories.0")
	if class, family, ok := behaviour.Threat(e.Signature, o.String("categories")); ok {
		e.Class, e.Family = class, family
	}
	if source := o.String("offense_source"); field.Address(source).IsValid() {
		e.SrcIP = field.Address(source)
	} else if strings.Contains(strings.ToLower(o.String("offense_type_str")), "user") {
		e.User = source
	}
	if when, ok := field.Epoch(o.String("start_time")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
}
