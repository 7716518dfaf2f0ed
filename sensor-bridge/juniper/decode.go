// Package juniper reads Junos (SRX, EX, MX) and ScreenOS: structured data of RFC 5424 and the plain text of RFC 3164.
//
// The tag names the kind of message: RT_FLOW, RT_IDP, RT_UTM, RT_SCREEN, RT_AAMW, RT_SECINTEL, UI_*, SSHD_* (Juniper, "System
// Log Explorer"). In structured data every value has a name; in plain text only some have.
package juniper

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one message.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if strings.HasPrefix(r.Body, "NetScreen ") || strings.Contains(r.Body[:min(len(r.Body), 60)], "NetScreen device_id=") {
		tellScreenOS(r, e)
		return true
	}
	tag, text := r.Message, r.Body
	if !strings.Contains(r.Data, "junos@2636") && !strings.Contains(text[:min(len(text), 120)], "junos@2636") {
		if tag, text = plainTag(r); tag == "" {
			return false
		}
	}
	set := field.Collect(field.Pairs(strings.TrimSuffix(strings.TrimPrefix(r.Data, "["), "]")))
	if len(set) == 0 || !strings.Contains(r.Data, "junos@2636") {
		set = field.Collect(field.Pairs(r.Body))
	}
	if tag == "" || tag == "-" {
		tag = tagIn(r.Body)
	}
	e.Source, e.Vendor, e.Product, e.Code = sekisho.SourceUTM, "Juniper", "Junos", tag
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "system", sekisho.OutcomeUnknown
	e.SrcIP, e.SrcPort = field.Address(get(set, "source-address")), field.Port(get(set, "source-port"))
	e.DstIP, e.DstPort = field.Address(get(set, "destination-address")), field.Port(get(set, "destination-port"))
	e.Protocol = field.Protocol(get(set, "protocol-id", "protocol-name"))
	e.User, e.Verb = get(set, "username", "user-name"), get(set, "action", "ACTION")
	e.URL, e.Category, e.Severity = get(set, "url", "URL"), get(set, "category", "CATEGORY"), get(set, "threat-severity")
	if !e.SrcIP.IsValid() {
		tellEnds(text, e)
	}
	e.Signature = text
	tell(tag, text, set, e)
	return true
}

// get is a value that says something.
func get(set field.Set, keys ...string) string {
	for _, key := range keys {
		if v := set.Get(key); v != "" && v != "N/A" && v != "None" && v != "UNKNOWN" {
			return v
		}
	}
	return ""
}

// prefixes are the beginnings of the tags of Junos that are read, in plain text.
var prefixes = []string{
	"RT_FLOW_", "IDP_ATTACK_LOG_EVENT", "IDP_APPDDOS", "WEBFILTER_", "AV_", "ANTISPAM_", "CONTENT_FILTERING_", "RT_SCREEN_", "AAMW_", "SECINTEL_", "UI_", "SSHD_", "LOGIN_", "PFE_FW_", "SNMP_TRAP_", "ESWD_",
	"RTLOG_", "CHASSISD_", "RPD_", "KMD_", "JTASK_", "LICENSE_", "APPTRACK_", "DCD_", "PKID_", "WEB_AUTH_", "FWAUTH_", "DYNAMIC_VPN_", "LLDPD_", "L2ALD_",
}

// plainTag finds "RT_IDP: IDP_ATTACK_LOG_EVENT: text", "mgd[3]: UI_LOGIN_EVENT: text", "UI_LOGIN_EVENT: text".
func plainTag(r *line.Record) (tag, text string) {
	if ours(r.App) {
		return r.App, r.Body
	}
	name, rest, found := strings.Cut(r.Body, ": ")
	if found && ours(name) {
		return name, rest
	}
	if strings.HasPrefix(r.Body, "EVENT <") && strings.Contains(r.Body, "> ge-") || strings.HasPrefix(r.Body, "EVENT <") && strings.Contains(r.Body, " index ") {
		return "EVENT", r.Body
	}
	return "", ""
}

func ours(tag string) bool {
	if len(tag) < 6 || len(tag) > 60 || strings.IndexByte(tag, '_') < 0 || strings.IndexByte(tag, ' ') >= 0 {
		return false
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(tag, prefix) {
			return true
		}
	}
	return false
}

// tagIn finds the tag where a header of another form hid it in the body.
func tagIn(body string) string {
	for word := range strings.FieldsSeq(body[:min(len(body), 200)]) {
		if ours(strings.TrimSuffix(word, ":")) {
			return strings.TrimSuffix(word, ":")
		}
	}
	return "-"
}

// tellEnds reads "1.2.3.4/5->6.7.8.9/80", "1.2.3.4(5)->6.7.8.9(443)" and "source: 1.2.3.4:5, destination: 6.7.8.9:80".
func tellEnds(text string, e *sekisho.Event) {
	if before, after, found := strings.Cut(text, "->"); found {
		from := before[strings.LastIndexAny(before, " <\"")+1:]
		to := after
		if end := strings.IndexAny(to, " >,\""); end >= 0 {
			to = to[:end]
		}
		e.SrcIP, e.SrcPort = field.AddressPort(from)
		e.DstIP, e.DstPort = field.AddressPort(to)
		return
	}
	e.SrcIP, e.SrcPort = field.AddressPort(field.WordBehind(text, "source: "))
	e.DstIP, e.DstPort = field.AddressPort(field.WordBehind(text, "destination: "))
}

// tellScreenOS reads "NetScreen device_id=x [Root]system-notification-00257(traffic): ... src=a dst=b action=Deny".
func tellScreenOS(r *line.Record, e *sekisho.Event) {
	set := field.Collect(field.Pairs(r.Body))
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Juniper", "ScreenOS", "juniper_screenos"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	e.Device = set.Get("device_id")
	e.SrcIP, e.SrcPort = field.Address(set.Get("src")), field.Port(set.Get("src_port"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst")), field.Port(set.Get("dst_port"))
	e.Protocol, e.Verb = field.Protocol(set.Get("proto")), set.Get("action")
	if outcome, ok := verb.AtGateway(e.Verb); ok && outcome == sekisho.OutcomePrevented {
		e.Outcome = outcome
	}
	_, text, found := strings.Cut(r.Body, "]system-")
	if !found {
		return
	}
	e.Severity, _, _ = strings.Cut(text, "-")
	_, e.Signature, _ = strings.Cut(text, ": ")
	switch {
	case e.Severity == "alert" || e.Severity == "emergency" || e.Severity == "critical" && strings.Contains(text, "!"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "dos", sekisho.OutcomePrevented
		e.SrcIP, e.SrcPort = field.AddressPort(field.WordBehind(text, "From "))
		e.DstIP, e.DstPort = field.AddressPort(field.WordBehind(text, " to "))
	case strings.Contains(text, "Login attempt") && strings.Contains(text, "fail"), strings.Contains(text, "login attempt") && strings.Contains(text, "failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		e.User, e.SrcIP = field.WordBehind(text, "admin "), field.Address(field.WordBehind(text, "from "))
	}
}
