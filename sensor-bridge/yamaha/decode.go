// Package yamaha reads the syslog of Yamaha routers (RTX, NVR, FWX): text behind a PRI, without a time or a host, because
// the routers send none (Yamaha, "ログの見方" and the command reference). What happened stands in the text.
package yamaha

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	s := r.Body
	if r.App != "" && !strings.HasPrefix(r.App, "[") { // a relay may take the first word for a tag
		if full := r.App + ": " + s; startsLikeYamaha(full) {
			s = full
		}
	}
	s = strings.TrimPrefix(s, "same message")
	tell := teller(s)
	if tell == nil {
		if s = behindStamp(r.Raw); s != "" {
			tell = teller(s)
		}
	}
	if tell == nil {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Yamaha", "RTX", "yamaha_rtx"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "router", sekisho.OutcomeUnknown
	tell(s, r, e)
	return true
}

// behindStamp is the text of a router behind its PRI, where the header reader took a word of it for a host or tag.
func behindStamp(raw string) string {
	if at := strings.IndexByte(raw, '>'); strings.HasPrefix(raw, "<") && at > 0 && at < 5 {
		return strings.TrimSpace(raw[at+1:])
	}
	return ""
}

type tellFunc func(string, *line.Record, *sekisho.Event)

// teller returns the reader of a text, nil for one that is not Yamaha's.
func teller(s string) tellFunc {
	switch {
	case strings.HasPrefix(s, "[INSPECT] "):
		return tellSession
	case strings.HasPrefix(s, "[IDS] ") || strings.HasPrefix(s, "[ids] "):
		return tellIDS
	case strings.HasPrefix(s, "[IKE] ") || strings.HasPrefix(s, "[IKE2] ") || strings.HasPrefix(s, "[IPSEC] ") || strings.HasPrefix(s, "[L2TP] "),
		strings.HasPrefix(s, "[DHCPD] ") || strings.HasPrefix(s, "[DHCPC] ") || strings.HasPrefix(s, "[DHCP] ") || strings.HasPrefix(s, "[PPPOE"),
		strings.HasPrefix(s, "[URL_FILTER] ") || strings.HasPrefix(s, "[LUA] ") || strings.HasPrefix(s, "[NTPDATE] ") || strings.HasPrefix(s, "[SSH] ") || strings.HasPrefix(s, "[SSHD] ") || strings.HasPrefix(s, "[HTTPD] "):
		return tellTagged
	case rejected(s):
		return tellRejected
	case strings.HasPrefix(s, "IP Tunnel[") || strings.HasPrefix(s, "TUNNEL[") || strings.HasPrefix(s, "PP[") && (strings.Contains(s, "PPP") || strings.Contains(s, "PPPoE") || strings.Contains(s, "Disconnect") || strings.Contains(s, "Connect") || strings.Contains(s, "IP Commencing") || strings.Contains(s, "Call")):
		return tellLink
	case isLogin(s):
		return tellLogin
	case isChange(s):
		return tellChange
	case isPort(s):
		return tellLink
	}
	return nil
}

func startsLikeYamaha(s string) bool { return teller(s) != nil }

// interfaces are what filters and sessions belong to.
func interfaceOf(s string) bool {
	for _, name := range []string{"LAN", "PP[", "TUNNEL[", "WAN", "ONU", "BRIDGE", "VLAN", "NULL", "LOOPBACK"} {
		if strings.HasPrefix(s, name) {
			return true
		}
	}
	return false
}

// rejected tells "LAN2 Rejected at IN(200099) filter: TCP 1.2.3.4:5 > 6.7.8.9:10" and its kin "Passed at".
func rejected(s string) bool {
	return interfaceOf(s) && (strings.Contains(s, " Rejected at ") || strings.Contains(s, " Passed at "))
}

func tellRejected(s string, _ *line.Record, e *sekisho.Event) {
	e.Family = "firewall"
	e.Verb = "passed"
	if strings.Contains(s, " Rejected at ") {
		e.Verb, e.Outcome = "rejected", sekisho.OutcomePrevented
	}
	_, at, _ := strings.Cut(s, " at ")
	filter, packet, _ := strings.Cut(at, ": ")
	e.Signature, e.Code = strings.TrimSpace(filter), field.Between(filter, "(", ")")
	if strings.HasPrefix(filter, "IN(") {
		e.Direction = sekisho.DirectionInbound
	} else if strings.HasPrefix(filter, "OUT(") {
		e.Direction = sekisho.DirectionOutbound
	}
	flow(packet, e)
	if e.SrcIP.IsValid() && e.DstIP.IsValid() && field.Inside(e.SrcIP) && field.Inside(e.DstIP) {
		e.Direction = ""
	}
}

// tellSession reads the dynamic filter's sessions: "[INSPECT] LAN2[out][101100] TCP a:p > b:p (2020/01/23 14:12:42)". The
// time in brackets is the session's beginning on the router's clock.
func tellSession(s string, r *line.Record, e *sekisho.Event) {
	e.Family, e.Verb = "firewall", "session"
	s = strings.TrimPrefix(s, "[INSPECT] ")
	switch way := field.Between(s, "[", "]"); {
	case strings.Contains(s, "][out]") || way == "out":
		e.Direction = sekisho.DirectionOutbound
	case strings.Contains(s, "][in]") || way == "in":
		e.Direction = sekisho.DirectionInbound
	}
	where, packet, _ := strings.Cut(s, " ")
	e.Signature = where
	flow(packet, e)
	if open := strings.LastIndexByte(packet, '('); open >= 0 {
		if when, _, ok := field.Time(strings.TrimSuffix(packet[open+1:], ")"), r.Zone); ok && !when.After(r.Received.Add(24*time.Hour)) {
			e.Time, e.Trust = when, sekisho.TimeZone
		}
	}
}

// flow reads "TCP 192.168.20.3:54874 > 172.217.25.193:443", with a protocol by name or number before it.
func flow(packet string, e *sekisho.Event) {
	before, after, found := strings.Cut(packet, " > ")
	if !found {
		if before, after, found = strings.Cut(packet, " -> "); !found {
			return
		}
	}
	words := strings.Fields(before)
	if len(words) == 0 {
		return
	}
	if len(words) > 1 {
		e.Protocol = field.Protocol(words[len(words)-2])
	}
	to, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	e.SrcIP, e.SrcPort = field.AddressPort(words[len(words)-1])
	e.DstIP, e.DstPort = field.AddressPort(to)
}
