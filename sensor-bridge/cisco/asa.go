package cisco

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellASA reads a message of the ASA by its number.
func tellASA(m mnemonic, e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	e.Signature = clause(m.text)
	text := m.text
	switch {
	case denied[m.name]:
		e.Outcome, e.Verb = sekisho.OutcomePrevented, "deny"
		tellDenied(text, e)
	case m.name == "106100": // access-list NAME permitted tcp inside/10.0.0.1(4000) -> outside/203.0.113.7(80) hit-cnt 1
		tellACL(text, e)
	case strings.HasPrefix(m.name, "3020"), strings.HasPrefix(m.name, "3050"), strings.HasPrefix(m.name, "6090"):
		tellConnection(text, e)
	case strings.HasPrefix(m.name, "4000"): // the old IPS: IPS:2004 ICMP echo request from ... to ... on interface
		e.Class, e.Family, e.Outcome = sekisho.ClassExploit, "ips", sekisho.OutcomeDetected
		flow(e, field.WordBehind(text, " from "), field.WordBehind(text, " to "))
	case strings.HasPrefix(m.name, "7331"): // threat detection: rates over a threshold, scanning hosts
		e.Class, e.Family, e.Outcome, e.Confidence = sekisho.ClassScan, "scan", sekisho.OutcomeDetected, 0.7
		e.SrcIP = field.Address(field.WordBehind(text, "Host "))
		if m.name == "733102" || strings.Contains(text, "shun") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.HasPrefix(m.name, "3380"): // botnet traffic filter
		e.Class, e.Family, e.Outcome = sekisho.ClassC2, "botnet", sekisho.OutcomeDetected
		if strings.Contains(text, "dropped") || strings.Contains(text, "denied") || strings.Contains(text, "dropping") {
			e.Outcome = sekisho.OutcomePrevented
		}
		flow(e, field.WordBehind(text, " from "), field.WordBehind(text, " to "))
	case failedLogin[m.name]:
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, failedFamily(m), sekisho.OutcomePrevented
		tellPerson(text, e)
	case goodLogin[m.name]:
		tellLogin(m, e)
	case m.name == "111008" || m.name == "111010" || m.name == "111009":
		tellPerson(text, e)
		if e.Verb = field.WordBehind(text, "executed "); m.name != "111009" { // 111009 is a command that changes nothing
			e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		}
	case strings.HasPrefix(m.name, "1040") || strings.HasPrefix(m.name, "1050") || strings.HasPrefix(m.name, "4440"):
		if lower := strings.ToLower(text); strings.Contains(lower, "fail") || strings.Contains(lower, "expire") || strings.Contains(lower, "license") {
			e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		}
	default:
		flow(e, field.WordBehind(text, " from "), field.WordBehind(text, " to "))
		if strings.Contains(text, "access denied by ACL") || strings.HasPrefix(text, "Deny ") {
			e.Outcome, e.Verb = sekisho.OutcomePrevented, "deny"
		}
	}
	if e.User == "" {
		e.User = field.WordBehind(text, "(user= ")
	}
}

// denied are the messages of the packet filter and of the checks that drop packets.
var denied = set("106001", "106002", "106006", "106007", "106010", "106011", "106012", "106013", "106014", "106015", "106016", "106017",
	"106018", "106020", "106021", "106022", "106023", "106025", "106026", "106027", "106103", "710003", "313001", "313004", "313005", "313008",
	"322001", "410001", "410003", "419002", "500004", "209003", "209004", "209005", "407002", "108003", "304002")

var failedLogin = set("113005", "113006", "113015", "113021", "605004", "308001", "611102", "716039", "722037", "109006", "109008", "109024", "109025", "315011", "113042", "716023")

var goodLogin = set("605005", "113004", "113012", "611101", "716001", "716002", "722022", "722023", "722051", "113039", "716038", "109005", "502103", "113008", "746012", "113019")

func failedFamily(m mnemonic) string {
	switch m.name {
	case "716039", "722037", "716023", "113021":
		return "vpn_login"
	}
	return "admin_login"
}

// tellLogin tells the administrator who comes from outside from everybody else.
func tellLogin(m mnemonic, e *sekisho.Event) {
	tellPerson(m.text, e)
	e.Family, e.Outcome = "vpn_login", sekisho.OutcomeSucceeded
	switch m.name {
	case "605005", "611101", "502103":
		e.Family = "admin_login"
		if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case "113019", "716002", "722023": // the session ended
		e.Outcome = sekisho.OutcomeUnknown
	}
}

// tellPerson finds user and address in the many forms that messages about people have.
func tellPerson(text string, e *sekisho.Event) {
	for _, mark := range []string{"user = ", "User <", "user \"", "Username = ", "User '", "user '", "Uname: ", "User ", "user "} {
		if user := strings.Trim(field.WordBehind(text, mark), "<>'\"*"); user != "" && user != "from" && user != "authentication" {
			e.User = user
			break
		}
	}
	for _, mark := range []string{"user IP = ", "IP <", "IP = ", "from ", "IP address: ", "remote address: "} {
		from := field.WordBehind(text, mark)
		if ip, port := field.AddressPort(endpoint(from)); ip.IsValid() {
			e.SrcIP, e.SrcPort = ip, port
			break
		}
	}
	if to := field.WordBehind(text, " to "); to != "" && e.SrcIP.IsValid() {
		e.DstIP, _ = field.AddressPort(endpoint(to))
		_, service, _ := strings.Cut(to, "/")
		e.Protocol = strings.ToLower(service)
	}
}

// tellDenied reads "Deny tcp src outside:1.2.3.4/5 dst inside:10.0.0.1/80 by access-group "x"" and its older kin.
func tellDenied(text string, e *sekisho.Event) {
	_, rest, _ := strings.Cut(text, "Deny ")
	e.Protocol = field.Protocol(strings.ToLower(firstWord(strings.TrimPrefix(strings.TrimPrefix(rest, "inbound "), "outbound "))))
	if e.Protocol == "ip" || e.Protocol == "no" {
		e.Protocol = ""
	}
	from, to := field.WordBehind(text, " src "), field.WordBehind(text, " dst ")
	if from == "" {
		from, to = field.WordBehind(text, " from "), field.WordBehind(text, " to ")
	}
	flow(e, from, to)
	e.Signature = cmp.Or(field.WordBehind(text, "access-group "), e.Signature)
}

// tellACL reads "access-list NAME denied tcp inside/10.0.0.1(4000) -> outside/203.0.113.7(80)". The word behind the name
// is permitted, denied or est-allowed.
func tellACL(text string, e *sekisho.Event) {
	e.Signature = cmp.Or(field.WordBehind(text, "access-list "), e.Signature)
	e.Verb = field.WordBehind(text, "access-list "+e.Signature+" ")
	if e.Verb == "denied" {
		e.Outcome = sekisho.OutcomePrevented
	}
	before, after, found := strings.Cut(text, " -> ")
	if !found {
		return
	}
	words := strings.Fields(before)
	if len(words) < 2 {
		return
	}
	e.Protocol = field.Protocol(words[len(words)-2])
	flow(e, withoutInterface(words[len(words)-1]), withoutInterface(firstWord(after)))
}

// tellConnection reads "Built inbound TCP connection 1 for outside:1.2.3.4/5 (...) to inside:10.0.0.1/80 (...)". The side
// named first is the foreign one, so that an outbound connection comes from the second.
func tellConnection(text string, e *sekisho.Event) {
	foreign, local := field.WordBehind(text, " for "), field.WordBehind(text, " to ")
	if foreign == "" {
		foreign, local = field.WordBehind(text, "faddr "), field.WordBehind(text, "laddr ")
	}
	words := strings.Fields(text)
	if len(words) > 2 {
		e.Verb = strings.ToLower(words[0])
		e.Protocol = field.Protocol(words[2])
		if e.Verb == "teardown" {
			e.Protocol = field.Protocol(words[1])
		}
	}
	if strings.Contains(text, " outbound ") {
		e.Direction = sekisho.DirectionOutbound
		flow(e, local, foreign)
		return
	}
	if strings.Contains(text, " inbound ") {
		e.Direction = sekisho.DirectionInbound
	}
	flow(e, foreign, local)
}

// withoutInterface takes "inside/10.0.0.1(4000)" to "10.0.0.1(4000)".
func withoutInterface(s string) string {
	if name, rest, found := strings.Cut(s, "/"); found && !field.Address(name).IsValid() {
		return rest
	}
	return s
}

// clause is the first sentence of a message, for a title.
func clause(text string) string {
	if at := strings.Index(text, ". "); at > 0 {
		return text[:at]
	}
	return text
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return w
}

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}
