package paloalto

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellSystem reads what the firewall says of itself: event at 8, object at 9, severity at 13, text at 14.
func tellSystem(e *sekisho.Event, get func(int) string) {
	e.Severity, e.Signature = get(13), strings.Trim(get(14), `"`)
	e.Code = get(8)
	judgeSystem(e, get(colSubtype), get(8), e.Signature)
}

func judgeSystem(e *sekisho.Event, subtype, event, text string) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, cmp.Or(subtype, "system"), sekisho.OutcomeUnknown
	lower := strings.ToLower(event + " " + text)
	e.User = field.Between(text, "user '", "'")
	if from := field.Address(field.Between(text+" ", "From: ", " ")); from.IsValid() {
		e.SrcIP = from
	} else if from := field.Address(strings.TrimSuffix(field.Between(text+" ", "from ", " "), ".")); from.IsValid() {
		e.SrcIP = from
	}
	switch {
	case strings.Contains(lower, "auth-fail") || strings.Contains(lower, "failed authentication") || strings.Contains(lower, "authentication failed") || strings.Contains(lower, "login failed"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		if strings.Contains(lower, "globalprotect") {
			e.Family = "vpn_login"
		}
	case strings.Contains(lower, "auth-success") || strings.Contains(lower, "logged in via"):
		e.Family, e.Outcome = "admin_login", sekisho.OutcomeSucceeded
		if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) && strings.Contains(lower, "logged in via") {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case strings.Contains(lower, "license") && (strings.Contains(lower, "expired") || strings.Contains(lower, "expire")),
		strings.Contains(lower, "failed to download") || strings.Contains(lower, "failed to install") || strings.Contains(lower, "failed to check"),
		subtype == "hw" && (strings.Contains(lower, "fail") || strings.Contains(lower, "alarm")),
		strings.Contains(lower, "disk-full") || strings.Contains(lower, "disk usage"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	}
}

// tellConfig reads changes: command at 9, administrator at 10, client at 11, result at 12.
func tellConfig(e *sekisho.Event, get func(int) string) {
	e.SrcIP, e.User, e.Verb, e.Signature = field.Address(get(7)), get(10), get(9), get(9)
	e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	if result := strings.ToLower(get(12)); result == "failed" || result == "unauthorized" {
		e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
	}
}

// tellGlobalProtect reads the VPN: event at 8, stage at 9, user at 12, host at 14, public address at 15, status at 27.
func tellGlobalProtect(e *sekisho.Event, get func(int) string) {
	e.Code, e.Verb = get(8), get(9)
	e.User, e.Host, e.SrcIP = get(12), get(14), field.Address(get(15))
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "vpn_login", sekisho.OutcomeUnknown
	e.Signature = strings.Trim(cmp.Or(get(26), get(8)), `"`)
	switch status := get(27); {
	case status == "failure" && (strings.Contains(get(8), "login") || strings.Contains(get(8), "auth") || e.Verb == "login"):
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	case status == "success" && (e.Verb == "login" || e.Verb == "connected" || strings.Contains(get(8), "gateway-connected")):
		e.Outcome = sekisho.OutcomeSucceeded
	}
}

// tellAuthentication reads the authentication policy's log: user at 9, event at 19 or so, by its words.
func tellAuthentication(e *sekisho.Event, get func(int) string) {
	e.SrcIP, e.User = field.Address(get(8)), get(9)
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "login", sekisho.OutcomeUnknown
	for i := 10; i < 30; i++ {
		text := strings.ToLower(get(i))
		if strings.Contains(text, "fail") || strings.Contains(text, "invalid") || strings.Contains(text, "denied") {
			e.Class, e.Outcome, e.Signature = sekisho.ClassLoginFailure, sekisho.OutcomePrevented, get(i)
			return
		}
		if strings.Contains(text, "success") {
			e.Outcome, e.Signature = sekisho.OutcomeSucceeded, get(i)
			return
		}
	}
}
