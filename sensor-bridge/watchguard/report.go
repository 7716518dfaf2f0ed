// Package watchguard reads the logs of WatchGuard Firebox firewalls: syslog and LEEF.
//
// What a line says is spread over three places that may contradict each other: the disposition ("Allow"), the proxy's verb in
// msg ("ProxyStrip: ...") and what was found. outcome.go holds the order in which they count.
//
// Start with [Decode].
package watchguard

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// report is what is read of a record.
type report struct {
	time   time.Time // UTC; the Firebox writes it in parentheses
	serial string
	code   string // msg_id: family and number, such as 3000-0148
	text   string // of a message without positions

	disposition, in, out, protocol   string
	source, destination              string
	sourcePort, destinationPort      string
	policy                           string
	verb, about                      string // of msg="ProxyDrop: HTTP Virus found"
	user, host, path, name, url      string
	signature, signatureID, severity string
	virus, file, hash                string
	categories, app, appCategory     string
	threat, operation, reason        string
	domain                           string // asked of a DNS proxy, or named in a TLS handshake
}

// Decode reads a Firebox record in either form.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var w report
	switch {
	case r.LEEF != nil:
		if !strings.EqualFold(r.LEEF.Vendor, "WatchGuard") || r.LEEF.Product != "XTM" && !strings.EqualFold(r.LEEF.Product, "Firebox") {
			return false
		}
		w.readLEEF(r)
		e.Format = "watchguard_leef"
	case r.CEF != nil || r.JSON():
		return false
	default:
		if !w.readSyslog(r.Body) {
			return false
		}
		e.Format = "watchguard_firebox"
	}
	w.tell(r, e)
	return true
}

// readSyslog reads `[serial] [member] (2025-04-02T06:06:21) firewall: msg_id="3000-0148" ...`. Without a msg_id it is a
// diagnostic message, known by the time in parentheses before the tag.
func (w *report) readSyslog(body string) bool {
	head := body[:min(len(body), 200)]
	at := strings.Index(head, "msg_id=\"")
	before := head
	if at >= 0 {
		before = head[:at]
	}
	dated := w.readPrefix(before)
	if at < 0 {
		if !dated {
			return false
		}
		_, w.text, _ = strings.Cut(body, ": ")
		return w.text != ""
	}
	if !dated && (len(before) > 0 && !strings.HasSuffix(strings.TrimSpace(before), ":")) {
		return false
	}
	code, rest, found := strings.Cut(body[at+len("msg_id=\""):], "\"")
	if !found || !isCode(code) {
		return false
	}
	w.code = code
	w.readMessage(strings.TrimLeft(rest, " "))
	return true
}

// readPrefix reads the time in parentheses, and the serial number before it; a cluster adds the name of its member.
func (w *report) readPrefix(s string) bool {
	open := strings.IndexByte(s, '(')
	if open < 0 || len(s) < open+21 || s[open+20] != ')' || s[open+11] != 'T' {
		return false
	}
	t, err := time.Parse("2006-01-02T15:04:05", s[open+1:open+20])
	if err != nil {
		return false
	}
	w.time = t
	w.serial, _, _ = strings.Cut(s[:open], " ")
	return true
}

// isCode recognises 3000-0148: four hexadecimal digits of the family, four of the message.
func isCode(s string) bool {
	if len(s) != 9 || s[4] != '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; i != 4 && (c < '0' || c > '9') && (c < 'A' || c > 'F') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// readMessage reads what follows the msg_id: the positions of a traffic log, or plain text.
func (w *report) readMessage(s string) {
	if strings.HasSuffix(s, ")") {
		if open := strings.LastIndexByte(s, '('); open >= 0 && open+1 < len(s)-1 && !strings.Contains(s[open:], "reason") {
			w.policy = s[open+1 : len(s)-1]
		}
	} else if open := strings.LastIndexByte(s, '('); open > 0 && open > strings.LastIndexByte(s, '"') && s[open-1] == ' ' {
		w.policy = s[open+1:] // cut: "(DNS-proxy-016"
	}
	w.text = s
	disposition, rest, _ := strings.Cut(s, " ")
	switch disposition {
	case "Allow", "Deny", "Drop", "Block", "Strip", "Replace":
		w.disposition = disposition
		w.readPositions(rest)
	}
}

// readPositions reads "in out [length] protocol [header ttl] source destination [ports] ... key=value". Names of interfaces
// may hold spaces or be damaged, so that the two addresses are the fixed point.
func (w *report) readPositions(s string) {
	var words [24]string
	var ends [24]int
	n, at := 0, 0
	for n < len(words) && at < len(s) {
		for at < len(s) && s[at] == ' ' {
			at++
		}
		start := at
		for at < len(s) && s[at] != ' ' {
			at++
		}
		if start == at || strings.IndexByte(s[start:at], '=') >= 0 {
			at = start
			break
		}
		words[n], ends[n] = s[start:at], at
		n++
	}
	for i := 1; i+1 < n; i++ {
		if !isAddress(words[i]) || !isAddress(words[i+1]) {
			continue
		}
		w.source, w.destination = words[i], words[i+1]
		protocol := i - 1
		if protocol >= 2 && isNumber(words[i-1]) && isNumber(words[i-2]) { // header length and TTL
			protocol = i - 3
		}
		if protocol >= 0 {
			w.protocol = words[protocol]
		}
		interfaces := words[:max(protocol, 0)]
		if len(interfaces) > 2 && isNumber(interfaces[len(interfaces)-1]) {
			interfaces = interfaces[:len(interfaces)-1]
		}
		if len(interfaces) >= 2 {
			w.in, w.out = strings.Join(interfaces[:len(interfaces)-1], " "), interfaces[len(interfaces)-1]
		}
		if i+3 < n && isNumber(words[i+2]) && isNumber(words[i+3]) && !strings.HasPrefix(w.protocol, "icmp") {
			w.sourcePort, w.destinationPort = words[i+2], words[i+3]
		}
		at = ends[i+1]
		break
	}
	for key, value := range field.Pairs(s[min(at, len(s)):]) {
		w.set(key, value)
	}
}

func isAddress(s string) bool {
	return len(s) >= 2 && field.Address(s).IsValid() || s == "0.0.0.0" || s == "::"
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// set keeps a field by its name in either form.
func (w *report) set(key, value string) {
	if value == "" {
		return
	}
	switch key {
	case "msg":
		w.about = value
		if verb, about, found := strings.Cut(value, ":"); found && strings.HasPrefix(verb, "Proxy") {
			w.verb, w.about = verb, strings.TrimSpace(about)
		}
	case "src_user", "user", "usrName", "auth_user", "authenticated_user":
		w.user = value
	case "host":
		w.host = value
	case "dstname", "dst_name":
		w.name = value
	case "path", "arg":
		w.path = value
	case "url":
		w.url = value
	case "signature_name", "sig_name":
		w.signature = value
	case "signature_id", "sig_id":
		w.signatureID = value
	case "severity", "sev":
		w.severity = value
	case "virus", "malware":
		w.virus = value
	case "filename", "file_name", "file":
		w.file = value
	case "md5", "sha1", "sha256", "hash", "MD5":
		if h := field.Hash(value, w.hash); h != "" {
			w.hash = h
		}
	case "cats", "category", "cat":
		w.categories = value
	case "app_name":
		w.app = value
	case "app_cat_name":
		w.appCategory = value
	case "threat_level":
		w.threat = value
	case "op":
		w.operation = value
	case "reason", "details":
		w.reason = value
	case "query_name", "question", "sni", "cn", "dns_name":
		if w.domain == "" {
			w.domain = value
		}
	}
}

// readLEEF takes the attributes back to what the syslog says by position. The event id is a msg_id without its hyphen.
func (w *report) readLEEF(r *line.Record) {
	if w.code = r.LEEF.ID; len(w.code) == 8 && strings.Trim(w.code, "0123456789ABCDEFabcdef") == "" {
		w.code = w.code[:4] + "-" + w.code[4:]
	}
	for key, value := range r.LEEF.Fields() {
		switch key {
		case "disp", "disposition", "action":
			w.disposition = value
		case "policy":
			w.policy = value
		case "in_if", "srcIntf":
			w.in = value
		case "out_if", "dstIntf":
			w.out = value
		case "proto", "protocol", "pr":
			w.protocol = value
		case "src", "src_ip":
			w.source = value
		case "dst", "dst_ip":
			w.destination = value
		case "srcPort", "src_port":
			w.sourcePort = value
		case "dstPort", "dst_port":
			w.destinationPort = value
		case "serial":
			w.serial = value
		case "devTime", "time":
			if t, exact, ok := field.Time(value, r.Zone); ok && exact {
				w.time = t
			}
		case "host_name":
		default:
			w.set(key, value)
		}
	}
	w.text = w.about
	if w.verb != "" {
		w.text = w.verb + ": " + w.about
	}
}
