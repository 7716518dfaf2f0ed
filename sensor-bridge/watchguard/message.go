package watchguard

import (
	"net/netip"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellMessage reads alarms and events: sentences with names and addresses in them.
func (w *report) tellMessage(e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "system", sekisho.OutcomeUnknown
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(w.text), "("+w.policy+")"))
	e.Signature = text
	lower := strings.ToLower(text)
	family, _, _ := strings.Cut(strings.ToUpper(w.code), "-")
	switch {
	case isFault(w.code, lower):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	case family == "3000" || family == "3001":
		w.tellAlarm(e, text, lower)
	case family == "1100" || family == "3E00" || family == "2500" || strings.HasPrefix(lower, "authentication of ") || strings.HasPrefix(lower, "management user "):
		w.tellLogin(e, text, lower)
	case family == "0101" || family == "0102" || family == "0104" || family == "0105":
		w.tellLogin(e, text, lower)
	case family == "0200" || family[:min(2, len(family))] == "02" || family == "5B01" || family == "7800":
		e.Family = "vpn"
		e.SrcIP, e.SrcPort = addressBehind(text, " from ")
		e.User = quotedBehind(text, "user ")
	case family == "0900" || family == "1600" || family == "3100" || family == "5A00" || family == "4500" || family == "4900" || family == "6800":
		e.Family = "network"
		if strings.Contains(lower, "rogue") {
			e.Class, e.Family, e.Outcome = sekisho.ClassOpenWiFi, "rogue_access_point", sekisho.OutcomeDetected
		}
	}
}

// tellAlarm reads the packet filter's alarms.
func (w *report) tellAlarm(e *sekisho.Event, text, lower string) {
	e.Family = "firewall"
	e.SrcIP, e.SrcPort = addressBehind(text, " from ")
	e.DstIP, e.DstPort = addressBehind(text, " against ")
	if !e.DstIP.IsValid() {
		e.DstIP, e.DstPort = addressBehind(text, " to ")
	}
	switch {
	case strings.HasPrefix(text, "Policy Name: "): // an alarm that the policy asks for on every match
		e.SrcIP, _ = addressBehind(text, "Source IP Address: ")
		e.DstIP, _ = addressBehind(text, "Destination IP Address: ")
		e.SrcPort, e.DstPort = field.Port(field.WordBehind(text, "Source Port: ")), field.Port(field.WordBehind(text, "Destination Port: "))
	case strings.HasPrefix(lower, "temporarily blocking host"):
		e.SrcIP = field.Address(field.WordBehind(text, "blocking host "))
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "auto_block", sekisho.OutcomePrevented
	case strings.HasPrefix(lower, "blocked site:"), strings.HasPrefix(lower, "blocked port:"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, strings.Replace(lower[:len("blocked site")], " ", "_", 1), sekisho.OutcomePrevented
		if port := field.WordBehind(text, " on port "); port != "" {
			e.DstPort = field.Port(strings.TrimSuffix(port, "."))
		}
	case strings.Contains(lower, "spoofing"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "spoofing", sekisho.OutcomeDetected
		if strings.HasPrefix(lower, "ip spoofing:") { // always dropped (default packet handling)
			e.Outcome = sekisho.OutcomePrevented
		}
		if ip := field.Address(field.WordBehind(text, "ip=")); ip.IsValid() {
			e.SrcIP = ip
		}
	case strings.Contains(lower, "ddos"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "dos", sekisho.OutcomeDetected
		if ip, _ := addressBehind(text, "client "); ip.IsValid() {
			e.SrcIP = ip
		}
		if ip, _ := addressBehind(text, "server "); ip.IsValid() {
			e.DstIP = ip
		}
	case strings.Contains(lower, " attack"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "dos", sekisho.OutcomeDetected
		if strings.Contains(lower, "scan") {
			e.Family = "scan"
		} else if strings.Contains(lower, "source route") {
			e.Class, e.Family = sekisho.ClassExploit, "source_route"
		}
		if strings.Contains(lower, "dropped") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.HasPrefix(text, "User "):
		e.Family, e.User = "quota", field.WordBehind(text, "User ")
	}
	e.Direction = field.Direction(e.SrcIP, e.DstIP)
}

// tellLogin reads logins of users and administrators, and what administrators changed.
func (w *report) tellLogin(e *sekisho.Event, text, lower string) {
	e.SrcIP, e.SrcPort = addressBehind(text, " from ")
	if real, _ := addressBehind(text, "Real IP address is "); real.IsValid() {
		e.SrcIP = real
	}
	e.User = bracketed(text)
	if e.User == "" {
		e.User = quotedBehind(text, "user ")
	}
	if e.User == "" && strings.HasPrefix(text, "User ") {
		e.User = quotedBehind(text, "User ")
	}
	e.Family = "login"
	switch {
	case strings.HasPrefix(lower, "management user"):
		e.Family = "admin_login"
	case strings.Contains(lower, "vpn"):
		e.Family = "vpn_login"
	}
	switch {
	case strings.Contains(lower, "reject"), strings.Contains(lower, "locked out"), strings.Contains(lower, "login fail"), strings.Contains(lower, "log in attempt"):
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	case strings.Contains(lower, "logged in"), strings.Contains(lower, "was accepted"):
		e.Outcome = sekisho.OutcomeSucceeded
		if e.Family == "admin_login" && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case strings.Contains(lower, "logged out"), strings.Contains(lower, "unlocked"), strings.Contains(lower, "not responding"), strings.Contains(lower, "failover"):
	case e.Family == "admin_login" || strings.Contains(lower, "configuration"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}

// isFault tells what weakens the Firebox itself: a feature that expired, signatures that do not come, a full table.
func isFault(code, lower string) bool {
	switch {
	case strings.Contains(lower, "certificate"):
		return false
	case strings.Contains(lower, "expired"), strings.Contains(lower, "feature key") && strings.Contains(lower, "invalid"), strings.Contains(lower, "license") && strings.Contains(lower, "exceed"):
		return !strings.Contains(lower, "session") && !strings.Contains(lower, "user ") && !strings.Contains(lower, "lease")
	case strings.Contains(lower, "update") && strings.Contains(lower, "fail") && (strings.Contains(lower, "signature") || strings.Contains(lower, "virus") || strings.HasPrefix(code, "2E0")):
		return true
	case code == "3000-0005" || code == "2E01-0018": // IPS without licence, signatures without update
		return true
	case code == "3000-0170" || code == "3000-0171": // no room for further connections
		return true
	}
	return strings.Contains(lower, "power supply") && strings.Contains(lower, "fail") || strings.Contains(lower, "fan") && strings.Contains(lower, "fault")
}

// addressBehind reads the address that follows a word.
func addressBehind(text, word string) (netip.Addr, uint16) {
	return field.AddressPort(strings.TrimRight(field.WordBehind(text, word), ".,"))
}

// bracketed reads the name of "user [taro@Firebox-DB]", without where the account is kept.
func bracketed(text string) string {
	_, rest, found := strings.Cut(text, "[")
	name, _, closed := strings.Cut(rest, "]")
	if !found || !closed || strings.Contains(name, "(") {
		return ""
	}
	return withoutRealm(name)
}

// quotedBehind reads a name behind a word, in quotes or bare.
func quotedBehind(text, word string) string {
	_, rest, found := strings.Cut(text, word)
	if !found {
		return ""
	}
	if strings.HasPrefix(rest, "'") {
		name, _, _ := strings.Cut(rest[1:], "'")
		return name
	}
	return withoutRealm(strings.TrimRight(field.WordBehind(text, word), ".,"))
}

// withoutRealm takes off the authentication server: the same person is known to other sensors by the name alone.
func withoutRealm(name string) string {
	if before, realm, found := strings.Cut(name, "@"); found && !strings.Contains(realm, ".") {
		return before
	}
	return name
}
