// Package symantec reads Symantec Endpoint Protection: the lines that its manager sends, a sentence and labelled values divided
// by commas.
package symantec

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	body := r.Body
	if r.App != "SymantecServer" {
		at := strings.Index(body[:min(len(body), 120)], "SymantecServer: ")
		if at < 0 {
			return false
		}
		body = body[at+len("SymantecServer: "):]
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Symantec", "Endpoint Protection", "symantec_sep"
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "system"
	s := sentence(body)
	what, _, _ := strings.Cut(body, ",")
	e.Code = what
	for _, label := range []string{"Event time", "Event Time", "Begin", "Begin Time", "Inserted"} {
		if when, _, ok := field.Time(s.get(label), time.UTC); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			break
		}
	}
	e.Host, e.User = s.get("Computer name", "Local Host Name", "Computer"), s.get("User", "User Name", "User Name1")
	e.Signature, e.File = s.get("Risk name", "CIDS Signature string", "Rule Name", "Rule"), s.get("File path", "Application path", "Application")
	e.Hash = field.Hash(s.get("Application hash"), s.get("SHA-256"), s.get("MD-5"))
	e.SrcIP, e.SrcPort = field.Address(s.get("Remote Host IP", "Remote Host", "IP Address")), field.Port(s.get("Remote Port"))
	e.DstIP, e.DstPort = field.Address(s.get("Local Host IP", "Local Host")), field.Port(s.get("Local Port"))
	if strings.EqualFold(s.get("Direction"), "Outbound") || strings.Contains(body, ",Outbound,") {
		e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = e.DstIP, e.SrcIP, e.DstPort, e.SrcPort
	}
	e.URL, e.Verb, e.Category = s.get("Intrusion URL", "URL"), s.get("Actual action", "Action", "Action Type"), s.get("Category set", "Category type")
	judge(strings.ToLower(what), strings.ToLower(body), s, e)
	return true
}

func judge(what, body string, s sentence, e *sekisho.Event) {
	switch {
	case strings.Contains(what, "virus found"), strings.Contains(what, "security risk found"), strings.Contains(what, "sonar detection"), s.get("Risk name") != "":
		e.Class, e.Family = sekisho.ClassMalware, "malware"
		if class, family, ok := behaviour.Threat(e.Signature, e.Category); ok {
			e.Class, e.Family = class, family
		} else if strings.Contains(what, "security risk") {
			e.Class, e.Family = sekisho.ClassPUA, "pua"
		}
		e.Outcome = sekisho.OutcomeDetected
		if outcome, ok := verb.OnHost(e.Verb); ok {
			e.Outcome = outcome
		}
	case s.get("CIDS Signature string") != "" || s.get("CIDS Signature ID") != "":
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", sekisho.OutcomeDetected
		if class, family, ok := behaviour.Threat(e.Signature); ok {
			e.Class, e.Family = class, family
		}
		if strings.Contains(body, "has been blocked") || strings.Contains(body, "was blocked") || strings.HasPrefix(strings.ToLower(e.Verb), "block") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(body, "port scan"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "scan", sekisho.OutcomeDetected
	case strings.Contains(body, "device manager") || strings.Contains(body, "device control"):
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded
		if strings.Contains(body, "disabled") || strings.Contains(body, "block") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(body, "tamper protection"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeDetected
		if strings.Contains(body, "blocked") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(body, "administrator log on failed"), strings.Contains(body, "logon failed"), strings.Contains(body, "login failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case strings.Contains(body, "administrator log on succeeded"), strings.Contains(body, "log on succeeded"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	case strings.Contains(body, "protection is disabled"), strings.Contains(body, "has been disabled"), strings.Contains(body, "protection was disabled"):
		e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
	case strings.Contains(body, "policy has been edited"), strings.Contains(body, "policy has been added"), strings.Contains(body, "policy has been deleted"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}

// sentence is a line whose labelled values are looked up.
type sentence string

// get returns the value of the first of several labels that is there: "Label: value" or "Label=value" behind a comma.
func (s sentence) get(labels ...string) string {
	text := string(s)
	for _, label := range labels {
		for from := 0; from < len(text); {
			at := strings.Index(text[from:], label)
			if at < 0 {
				break
			}
			at += from
			from = at + len(label)
			if at > 0 && text[at-1] != ',' || from >= len(text) || text[from] != ':' && text[from] != '=' {
				continue
			}
			value, _, _ := strings.Cut(text[from+1:], ",")
			if value = strings.Trim(value, ` "`); value != "" {
				return value
			}
		}
	}
	return ""
}
