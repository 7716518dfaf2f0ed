// Package fortiweb reads Fortinet's web application firewall FortiWeb and its mail gateway FortiMail, whose logs look like
// FortiGate's and name things differently (FortiWeb Log Message Reference).
package fortiweb

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	at := strings.Index(r.Raw[:min(len(r.Raw), 200)], "date=")
	head := r.Raw[:min(len(r.Raw), 400)]
	if at < 0 || !strings.Contains(head, "device_id=F") || !strings.Contains(head, "log_id=") {
		return false
	}
	set := field.Collect(field.Pairs(r.Raw[at:]))
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceWAF, "Fortinet", "FortiWeb", "fortinet_fortiweb"
	e.Device, e.Code, e.Severity = set.Get("devname"), set.Get("signature_id", "log_id"), set.Get("severity_level")
	if when, _, ok := field.Time(set.Get("date")+" "+set.Get("time")+zone(set.Get("timezone")), r.Zone); ok {
		if e.Time, e.Trust = when, sekisho.TimeExact; zone(set.Get("timezone")) == "" {
			e.Trust = sekisho.TimeZone
		}
	}
	e.SrcIP, e.SrcPort = field.Address(set.Get("src", "client_ip")), field.Port(set.Get("src_port"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst", "dst_ip")), field.Port(set.Get("dst_port"))
	e.Protocol, e.User, e.Verb = field.Protocol(set.Get("proto")), set.Get("user"), set.Get("action", "disposition", "status")
	e.Site, e.URL, e.UserAgent, e.Method = set.Get("http_host"), set.Get("http_url"), set.Get("http_agent"), strings.ToUpper(set.Get("http_method"))
	e.Path, _, _ = strings.Cut(e.URL, "?")
	e.Status, _ = strconv.Atoi(set.Get("http_retcode"))
	e.Signature = set.Get("signature_subclass", "sub_type", "msg")
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, cmp.Or(set.Get("subtype"), "event"), sekisho.OutcomeUnknown
	switch set.Get("type") {
	case "attack":
		tellAttack(set, e)
	case "event":
		tellEvent(set, e)
	case "spam", "virus":
		e.Source, e.Product, e.Format, e.Family = sekisho.SourceUTM, "FortiMail", "fortinet_fortimail", "spam"
		if set.Get("type") == "virus" {
			e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomePrevented
		}
	}
	return true
}

// tellAttack reads a violation. "Alert" alone was seen; Alert_Deny, Deny, Period_Block and Erase were stopped.
func tellAttack(set field.Set, e *sekisho.Event) {
	family, ok := attack.Named(set.Get("signature_subclass"), set.Get("main_type"), set.Get("sub_type"), set.Get("subtype"), set.Get("msg"))
	if !ok {
		family = "generic"
	}
	e.Direction, e.Asset = sekisho.DirectionInbound, sekisho.AssetServer
	e.Family, e.Class, e.Outcome = family, attack.Class(family), sekisho.OutcomeDetected
	lower := strings.ToLower(e.Verb)
	if strings.Contains(lower, "deny") || strings.Contains(lower, "block") || strings.Contains(lower, "erase") || strings.Contains(lower, "drop") {
		e.Outcome = sekisho.OutcomePrevented
	} else if outcome, ok := verb.AtGateway(e.Verb); ok {
		e.Outcome = outcome
	}
}

func tellEvent(set field.Set, e *sekisho.Event) {
	if set.Get("action") != "login" {
		return
	}
	e.Family = "admin_login"
	if _, from, found := strings.Cut(set.Get("msg"), "("); found {
		e.SrcIP = field.Address(strings.TrimSuffix(from, ")"))
	}
	switch set.Get("status") {
	case "success":
		if e.Outcome = sekisho.OutcomeSucceeded; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	default:
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	}
}

// zone takes "(GMT+09:00)Osaka,Sapporo,Tokyo" to "+09:00".
func zone(s string) string {
	_, rest, found := strings.Cut(s, "(GMT")
	if !found {
		return ""
	}
	offset, _, _ := strings.Cut(rest, ")")
	if len(offset) != 6 {
		return ""
	}
	return offset
}
