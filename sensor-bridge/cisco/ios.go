package cisco

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellIOS reads the messages of routers, switches and wireless controllers by their mnemonic.
func tellIOS(m mnemonic, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, strings.ToLower(m.facility), sekisho.OutcomeUnknown
	e.Signature = clause(m.text)
	text := m.text
	switch {
	case strings.HasPrefix(m.name, "IPACCESSLOG"), strings.HasPrefix(m.name, "ACCESSLOG"):
		tellIOSList(text, e)
	case strings.Contains(m.name, "LOGIN_FAILED") || strings.Contains(m.name, "AUTHFAIL") || strings.Contains(m.name, "AUTHEN_FAIL") || m.name == "BADUSER" || strings.Contains(m.name, "AUTH_FAIL") || strings.Contains(m.name, "FAILED_LOGIN"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		e.User, e.SrcIP = field.WordBehind(text, "[user: "), field.Address(cmp.Or(field.WordBehind(text, "[Source: "), field.WordBehind(text, " from ")))
	case strings.Contains(m.name, "LOGIN_SUCCESS") || strings.Contains(m.name, "LOGIN_ACCEPTED"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
		e.User, e.SrcIP = field.WordBehind(text, "[user: "), field.Address(field.WordBehind(text, "[Source: "))
		if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case m.name == "QUIET_MODE_ON":
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case m.name == "CONFIG_I" || strings.HasPrefix(m.name, "CFGLOG_LOGGEDCMD") || m.facility == "VSHD":
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		e.User = cmp.Or(field.WordBehind(text, "User:"), field.WordBehind(text, " by "))
		if from := field.WordBehind(text, "("); field.Address(strings.TrimSuffix(from, ")")).IsValid() {
			e.SrcIP = field.Address(strings.TrimSuffix(from, ")"))
		}
	case m.facility == "IPS" || strings.HasPrefix(m.name, "SIGNATURE"):
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", sekisho.OutcomeDetected
		tellArrow(text, e)
	case m.facility == "FW" || strings.HasPrefix(m.name, "DROP_PKT"):
		e.Family = "firewall"
		if strings.Contains(m.name, "DROP") || strings.Contains(strings.ToLower(text), "drop") {
			e.Outcome, e.Verb = sekisho.OutcomePrevented, "drop"
		}
		if strings.Contains(m.name, "HALF_OPEN") || strings.Contains(m.name, "SYNFLOOD") || strings.Contains(m.name, "ALERT_ON") {
			e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "dos", sekisho.OutcomeDetected, 0.7
		}
	case strings.Contains(m.name, "PSECURE_VIOLATION") || strings.Contains(m.name, "DHCP_SNOOPING_DENY") || strings.Contains(m.name, "INVALID_ARP"):
		e.Family, e.Outcome = "switch", sekisho.OutcomePrevented
	case isHardware(m):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	}
}

// isHardware tells that a part of the device itself broke.
func isHardware(m mnemonic) bool {
	if m.level > "3" {
		return false
	}
	lower := strings.ToLower(m.name + " " + m.text)
	for _, part := range []string{"power supply", "fan", "temperature", "environmental", "overheat"} {
		if strings.Contains(lower, part) && (strings.Contains(lower, "fail") || strings.Contains(lower, "fault") || strings.Contains(lower, "critical") || strings.Contains(lower, "alarm")) {
			return true
		}
	}
	return false
}

// tellIOSList reads "list 101 denied tcp 203.0.113.7(4000) -> 10.0.0.1(80), 1 packet".
func tellIOSList(text string, e *sekisho.Event) {
	e.Family, e.Signature = "firewall", cmp.Or(field.WordBehind(text, "list "), e.Signature)
	if strings.Contains(text, " denied ") {
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "denied"
	} else if strings.Contains(text, " permitted ") {
		e.Verb = "permitted"
	}
	tellArrow(text, e)
}

func tellArrow(text string, e *sekisho.Event) {
	before, to, found := strings.Cut(text, " -> ")
	if !found {
		return
	}
	words := strings.Fields(before)
	from := words[len(words)-1]
	if len(words) > 1 {
		if p := field.Protocol(words[len(words)-2]); p == "tcp" || p == "udp" || p == "icmp" {
			e.Protocol = p
		}
	}
	flow(e, strings.Trim(from, "[]"), strings.Trim(strings.TrimSuffix(firstWord(to), ","), "[]"))
}
