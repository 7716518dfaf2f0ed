package modsecurity

import (
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// fromMessage reads what a rule says of itself: ... [id "942100"] [msg "SQL Injection"] [severity "CRITICAL"] [tag "x"].
func fromMessage(s string) (f finding) {
	f.id, f.message, f.severity = bracket(s, "id"), bracket(s, "msg"), bracket(s, "severity")
	for rest := s; len(f.tags) < 20; {
		tag := bracket(rest, "tag")
		if tag == "" {
			break
		}
		f.tags = append(f.tags, tag)
		_, rest, _ = strings.Cut(rest, `[tag "`+tag)
	}
	return f
}

// bracket returns the value of [name "value"]; a backslash escapes a quote.
func bracket(s, name string) string {
	_, rest, found := strings.Cut(s, "["+name+` "`)
	if !found {
		return ""
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return rest[:i]
		}
	}
	return rest
}

// tellErrorLog reads the line in the error log. Apache has [client 1.2.3.4:5678] before it, nginx "client: 1.2.3.4" behind.
func tellErrorLog(r *line.Record, at int, e *sekisho.Event) {
	text := r.Raw[at:]
	before := r.Raw[:at]
	e.SrcIP, e.SrcPort = field.AddressPort(field.WordBehind(before, "[client "))
	if !e.SrcIP.IsValid() {
		e.SrcIP, _ = field.AddressPort(field.WordBehind(text, "client: "))
	}
	e.Site = bracket(text, "hostname")
	where(bracket(text, "uri"), e)
	if request := field.WordBehind(text, `request: "`); request != "" {
		e.Method = request
		if words := strings.Fields(field.Between(text, `request: "`, `"`)); len(words) > 1 {
			e.Method = words[0]
			where(words[1], e)
		}
	}
	if host := field.Between(text, `host: "`, `"`); host != "" && field.Address(e.Site).IsValid() {
		e.Site = host
		where(e.Path, e)
	}
	blocked := strings.Contains(text[:min(len(text), 200)], "Access denied") || strings.Contains(text, "denied with")
	if _, code, found := strings.Cut(text, "with code "); found {
		e.Status, _ = strconv.Atoi(code[:min(3, len(code))])
	}
	e.Verb = "warning"
	if blocked {
		e.Verb = "access denied"
	}
	tellFindings([]finding{fromMessage(text)}, blocked, e)
	for _, stamp := range []string{field.Between(before, "[", "]"), before[:min(len(before), 19)]} {
		if when, _, ok := field.Time(apacheTime(stamp), r.Zone); ok {
			e.Time, e.Trust = when, sekisho.TimeZone
			return
		}
	}
}

// apacheTime takes "Wed Oct 11 14:32:52.123456 2000" to "Oct 11 2000 14:32:52".
func apacheTime(s string) string {
	words := strings.Fields(s)
	if len(words) != 5 {
		return s
	}
	clock, _, _ := strings.Cut(words[3], ".")
	day := words[2]
	if len(day) == 2 && day[0] == '0' {
		day = " " + day[1:]
	}
	return words[1] + " " + day + " " + words[4] + " " + clock
}

// decodeParts reads a native record: A the connection, B the request, F the answer, H what the rules said.
func decodeParts(r *line.Record, e *sekisho.Event) {
	begin(e, "audit log")
	part := byte(0)
	first := map[byte]bool{}
	var found []finding
	blocked := false
	target := ""
	for text := range strings.SplitSeq(strings.ReplaceAll(r.Raw, "\r", ""), "\n") {
		if n := len(text); n > 7 && strings.HasPrefix(text, "--") && strings.HasSuffix(text, "--") && text[n-4] == '-' {
			part = text[n-3]
			continue
		}
		begins := !first[part]
		first[part] = true
		switch part {
		case 'A':
			if begins {
				tellConnection(text, e)
			}
		case 'B':
			if name, v, found := strings.Cut(text, ":"); !begins && found {
				switch strings.ToLower(name) {
				case "host":
					e.Site = strings.TrimSpace(v)
				case "user-agent":
					e.UserAgent = strings.TrimSpace(v)
				}
			} else if words := strings.Fields(text); begins && len(words) > 1 {
				e.Method, target = words[0], words[1]
			}
		case 'F':
			if words := strings.Fields(text); begins && len(words) > 1 {
				e.Status, _ = strconv.Atoi(words[1])
			}
		case 'H':
			if strings.Contains(text, `[id "`) && len(found) < 200 {
				found = append(found, fromMessage(text))
			}
			if strings.HasPrefix(text, "Action: Intercepted") || strings.Contains(text, "Access denied") {
				blocked = true
			}
		}
	}
	where(target, e)
	for _, f := range found {
		blocked = blocked || sums(f.id) && e.Status == 403
	}
	tellFindings(found, blocked, e)
}

// tellConnection reads "[04/Mar/2026:10:00:00 +0900] uniqueid 203.0.113.7 4000 192.168.1.10 443".
func tellConnection(text string, e *sekisho.Event) {
	stamp := field.Between(text, "[", "]")
	if date, zone, found := strings.Cut(stamp, " "); found { // fractions of a second come with newer versions
		date, _, _ = strings.Cut(date, ".")
		stamp = date + " " + strings.TrimPrefix(zone, "--")
	}
	if when, exact, ok := field.Time(stamp, time.UTC); ok && exact {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	_, rest, _ := strings.Cut(text, "] ")
	words := strings.Fields(rest)
	if len(words) < 5 {
		return
	}
	e.SrcIP, e.SrcPort = field.Address(words[1]), field.Port(words[2])
	e.DstIP, e.DstPort = field.Address(words[3]), field.Port(words[4])
}
