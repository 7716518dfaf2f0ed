// Package radware reads Radware DefensePro (DefensePro, "SNMP traps and syslog messages"): attacks by a sentence or by
// position.
package radware

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one message: a number M_12345, perhaps behind the device in brackets.
func Decode(r *line.Record, e *sekisho.Event) bool {
	at := strings.Index(r.Raw[:min(len(r.Raw), 200)], "M_")
	if at < 0 || len(r.Raw) < at+8 || r.Raw[at+7] != ':' || !digits(r.Raw[at+2:at+7]) {
		return false
	}
	text := strings.TrimSpace(r.Raw[at+8:])
	e.Source, e.Vendor, e.Product, e.Format, e.Code = sekisho.SourceUTM, "Radware", "DefensePro", "radware", r.Raw[at:at+7]
	e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassNoise, "system", sekisho.OutcomeUnknown, text
	if name := behind(text, "Attack name: "); name != "" {
		tellAttack(name, text, e)
		return true
	}
	lower := strings.ToLower(text)
	if strings.Contains(lower, "login") && strings.Contains(lower, "fail") || strings.Contains(lower, "authentication failed") {
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	}
	return true
}

func tellAttack(name, text string, e *sekisho.Event) {
	e.Signature, e.Verb = name, behind(text, "Action: ")
	e.SrcIP, e.DstPort = field.Address(behind(text, "Source IP: ")), field.Port(behind(text, "Destination port: "))
	to, _, _ := strings.Cut(behind(text, "Destination IPs: "), ",")
	e.DstIP = field.Address(to)
	kind := behind(text, `attacks of type "`)
	e.Class, e.Family, e.Category = sekisho.ClassExploit, "ips", strings.Trim(kind, `"`)
	if family, ok := attack.Named(kind, name); ok {
		if e.Family = family; attack.Class(family) == sekisho.ClassScan {
			e.Class = sekisho.ClassScan
		}
	}
	if e.Outcome = sekisho.OutcomeDetected; e.Verb == "drop" || e.Verb == "challenge" || e.Verb == "block" {
		e.Outcome = sekisho.OutcomePrevented
	}
}

func behind(s, mark string) string {
	_, rest, found := strings.Cut(s, mark)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, ";")
	if strings.HasSuffix(mark, `"`) {
		value, _, _ = strings.Cut(rest, `"`)
	}
	return strings.TrimRight(strings.TrimSpace(value), ".")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
