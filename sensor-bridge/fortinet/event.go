package fortinet

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellEvent reads the logs of the device about itself: logins, VPN, changes, faults. The last six digits of the logid say
// which message it is (FortiOS Log Message Reference); the description says it where a version numbers otherwise.
func (l *log) tellEvent(e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, cmp.Or(l.subtype, "event"), sekisho.OutcomeUnknown
	e.Signature = cmp.Or(l.logdesc, l.msg)
	if from := field.Address(l.remip); from.IsValid() {
		e.SrcIP, e.Direction = from, ""
	}
	if !e.SrcIP.IsValid() { // ui="https(203.0.113.9)"
		if _, inner, found := strings.Cut(l.ui, "("); found {
			e.SrcIP = field.Address(strings.TrimSuffix(inner, ")"))
		}
	}
	number := l.logid[max(0, len(l.logid)-6):]
	about := strings.ToLower(l.logdesc)
	failed := l.status == "failed" || l.status == "failure" || strings.Contains(about, "fail")
	switch {
	case number == "032001" || strings.Contains(about, "admin login successful"):
		l.tellAdminLogin(e)
	case number == "032002" || number == "032021" || strings.Contains(about, "admin login failed") || strings.Contains(about, "admin login disabled"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
	case l.action == "ssl-login-fail" || l.action == "login" && failed || l.action == "authentication" && failed || l.action == "auth-logon" && failed,
		number == "039426", number == "043009", strings.Contains(about, "login fail"), strings.Contains(about, "authentication failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, cmp.Or(l.subtype, "user")+"_login", sekisho.OutcomePrevented
	case l.action == "tunnel-up" || l.action == "ssl-new-con" || l.action == "ssl-tunnel-up":
		e.Family, e.Outcome = "vpn_login", sekisho.OutcomeSucceeded
	case strings.Contains(about, "rogue ap") || strings.HasPrefix(l.action, "rogue-ap-detected") || strings.HasPrefix(l.action, "fake-ap"):
		e.Class, e.Family, e.Outcome = sekisho.ClassOpenWiFi, "rogue_access_point", sekisho.OutcomeDetected
	case l.action == "Add" || l.action == "Edit" || l.action == "Delete" || l.action == "Move",
		strings.HasPrefix(number, "04454"), strings.Contains(about, "configured"), strings.Contains(about, "configuration changed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	case isFault(about), isFault(strings.ToLower(l.msg)):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	}
}

// tellAdminLogin: a login from the inside is a day's work, one from the internet is not.
func (l *log) tellAdminLogin(e *sekisho.Event) {
	e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
	if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
		e.Class = sekisho.ClassAdminLoginExternal
	}
}

// isFault tells what weakens the sensor itself: an expired licence, old signatures, no memory, a broken part.
func isFault(text string) bool {
	expired := strings.Contains(text, "expire") || strings.Contains(text, "invalid")
	switch {
	case expired && (strings.Contains(text, "license") || strings.Contains(text, "licence") || strings.Contains(text, "contract") || strings.Contains(text, "subscription")):
		return !strings.Contains(text, "certificate")
	case strings.Contains(text, "fortiguard") && (strings.Contains(text, "fail") || strings.Contains(text, "unable") || strings.Contains(text, "unreachable")):
		return true
	case strings.Contains(text, "update") && strings.Contains(text, "fail") && (strings.Contains(text, "virus") || strings.Contains(text, "ips") || strings.Contains(text, "signature")):
		return true
	}
	for _, fault := range []string{"enters conserve mode", "entered conserve mode", "power supply", "fan failure", "disk failure", "log disk unavailable", "log disk full"} {
		if strings.Contains(text, fault) {
			return !strings.Contains(text, "normal") && !strings.Contains(text, "exit") && !strings.Contains(text, "restored")
		}
	}
	return false
}
