package yamaha

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// tellIDS reads the router's detection of forged and scanning packets: "[IDS] LAN2 IN: SYN flooding 1.2.3.4 > 5.6.7.8",
// with "dropped" or "reject" where it was set to stop them.
func tellIDS(s string, _ *line.Record, e *sekisho.Event) {
	text := s[len("[IDS] "):]
	e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "ids", sekisho.OutcomeDetected, 0.7
	e.Signature = text
	lower := strings.ToLower(text)
	if strings.Contains(lower, "drop") || strings.Contains(lower, "reject") || strings.Contains(lower, "discard") {
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "drop"
	}
	if strings.Contains(lower, "flood") || strings.Contains(lower, "land attack") || strings.Contains(lower, "smurf") {
		e.Family = "dos"
	} else if strings.Contains(lower, "scan") {
		e.Family = "scan"
	}
	flow(text, e)
}

// tellTagged reads what services of the router say.
func tellTagged(s string, _ *line.Record, e *sekisho.Event) {
	tag := strings.ToLower(strings.Trim(field.Between(s, "[", "]"), " "))
	e.Family, e.Code = tag, tag
	_, e.Signature, _ = strings.Cut(s, "] ")
	lower := strings.ToLower(e.Signature)
	if from := field.Address(addressIn(e.Signature)); from.IsValid() {
		e.SrcIP = from
	}
	switch tag {
	case "ssh", "sshd", "httpd":
		if strings.Contains(lower, "fail") || strings.Contains(lower, "denied") || strings.Contains(lower, "refuse") {
			e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "admin_login", sekisho.OutcomePrevented
		}
	case "url_filter":
		e.Family = "webfilter"
		if strings.Contains(lower, "reject") || strings.Contains(lower, "block") {
			e.Class, e.Outcome, e.Verb = sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, "rejected"
		}
	case "dhcpd", "dhcp": // [DHCPD] LAN1(port1) Allocates 192.168.100.2: 00:a0:de:00:00:01
		e.Host = e.SrcIP.String()
		if !e.SrcIP.IsValid() {
			e.Host = ""
		}
	}
}

// tellLink reads tunnels, connections and ports that come and go.
func tellLink(s string, _ *line.Record, e *sekisho.Event) {
	e.Family, e.Signature = "link", s
	if strings.HasPrefix(s, "IP Tunnel") || strings.HasPrefix(s, "TUNNEL") {
		e.Family = "vpn"
	}
	e.SrcIP = field.Address(addressIn(s))
}

func isPort(s string) bool {
	return (strings.HasPrefix(s, "LAN") || strings.HasPrefix(s, "WAN") || strings.HasPrefix(s, "ONU")) && (strings.HasSuffix(s, "link up") || strings.HasSuffix(s, "link down") || strings.Contains(s, ": link up") || strings.Contains(s, ": link down") || strings.Contains(s, "link up ("))
}

// logins are how the router tells of people, by console, telnet, SSH and browser.
var logins = []struct {
	part   string
	failed bool
}{
	{"Login failed", true},
	{"login failed", true},
	{"failed login", true},
	{"Login incorrect", true},
	{"authentication failed", true},
	{"password is incorrect", true},
	{"Login succeeded", false},
	{"login succeeded", false},
	{"Administrator succeeded", false},
	{"'administrator' succeeded", false},
	{"'administrator' failed", true},
	{"Administrator failed", true},
}

func isLogin(s string) bool {
	for _, l := range logins {
		if strings.Contains(s, l.part) {
			return strings.Contains(s, " for ") || strings.Contains(s, "TELNET") || strings.Contains(s, "SSH") || strings.Contains(s, "HTTP") || strings.Contains(s, "SERIAL") || strings.Contains(s, "administrator") || strings.Contains(s, "Administrator")
		}
	}
	return strings.HasPrefix(s, "Logout from ")
}

// tellLogin reads "Login succeeded for SSH: 203.0.113.9 taro" and "'administrator' failed for TELNET: 192.168.100.2".
func tellLogin(s string, _ *line.Record, e *sekisho.Event) {
	e.Family, e.Signature = "admin_login", s
	_, where, _ := strings.Cut(s, ": ")
	from, user, _ := strings.Cut(where, " ")
	e.SrcIP = field.Address(from)
	if e.User = strings.TrimSpace(user); strings.Contains(strings.ToLower(s), "administrator") && e.User == "" {
		e.User = "administrator"
	}
	for _, l := range logins {
		if !strings.Contains(s, l.part) {
			continue
		}
		if l.failed {
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
			return
		}
		e.Outcome = sekisho.OutcomeSucceeded
		if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
		return
	}
}

func isChange(s string) bool {
	for _, part := range []string{"Configuration saved", "configuration saved", "Saved to ", "saved in \"CONFIG", "Config saved", "Configuration was changed", "Restart by ", "Previous EXEC:", "Firmware"} {
		if strings.HasPrefix(s, part) || strings.Contains(s, part) && (strings.Contains(s, "CONFIG") || strings.Contains(s, "nonvolatile")) {
			return true
		}
	}
	return false
}

func tellChange(s string, _ *line.Record, e *sekisho.Event) {
	e.Family, e.Signature = "config", s
	if strings.HasPrefix(s, "Restart") || strings.HasPrefix(s, "Previous") {
		e.Family = "router"
		return
	}
	e.Class, e.Outcome = sekisho.ClassConfigChange, sekisho.OutcomeSucceeded
}

// addressIn returns the first address among the words of a text.
func addressIn(s string) string {
	for word := range strings.FieldsSeq(s) {
		word = strings.Trim(word, "()[],:;<>\"'")
		if ip, _ := field.AddressPort(word); ip.IsValid() {
			return ip.String()
		}
	}
	return ""
}
