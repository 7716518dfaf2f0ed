package suricata

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// decodeFast reads "10/05/2010-10:08:59.667372  [Drop] [**] [1:2009187:4] ET NAME [**] [Classification: X] [Priority: 3] {TCP}
// a:p -> b:p", and the same without date and stars as it comes by syslog.
func decodeFast(r *line.Record, e *sekisho.Event) bool {
	at := strings.Index(r.Body[:min(len(r.Body), 120)], "[")
	if at < 0 || !strings.Contains(r.Body, "} ") || !strings.Contains(r.Body, " -> ") {
		return false
	}
	head, rest := strings.TrimSpace(r.Body[:at]), r.Body[at:]
	verb := ""
	for _, mark := range []string{"[Drop]", "[wDrop]", "[Reject]", "[**]"} {
		if after, found := strings.CutPrefix(rest, mark); found {
			if rest = strings.TrimLeft(after, " "); mark != "[**]" {
				verb = strings.Trim(mark, "[]")
			}
		}
	}
	id, rest, ok := readID(rest)
	if !ok {
		return false
	}
	braces := strings.LastIndex(rest, "{")
	protocol, flow, found := strings.Cut(rest[max(braces, 0):], "} ")
	from, to, arrow := strings.Cut(flow, " -> ")
	if braces < 0 || !found || !arrow {
		return false
	}
	text := rest[:braces]
	e.Source, e.Vendor, e.Product, e.Format, e.Code = sekisho.SourceUTM, "Suricata", "Suricata", "suricata_fast", "alert"
	if strings.HasPrefix(r.App, "snort") || head != "" && !strings.Contains(head[:min(len(head), 11)], "/20") {
		e.Vendor, e.Product, e.Format = "Snort", "Snort", "snort_fast"
	}
	tellFastTime(r, head, e)
	e.SrcIP, e.SrcPort = endpoint(from)
	to, _, _ = strings.Cut(to, " ")
	e.DstIP, e.DstPort = endpoint(to)
	e.Protocol, e.Direction = field.Protocol(strings.TrimPrefix(protocol, "{")), field.Direction(e.SrcIP, e.DstIP)
	e.Signature = text
	if end := strings.Index(text, " [**]"); end >= 0 {
		e.Signature = text[:end]
	} else if end := strings.Index(text, " ["); end >= 0 {
		e.Signature = text[:end]
	}
	e.Signature = strings.Trim(strings.TrimSpace(e.Signature), `"`)
	e.Category, e.Severity = inside(text, "[Classification: "), inside(text, "[Priority: ")
	if e.Category == "(null)" {
		e.Category = ""
	}
	e.RuleIDs, e.Verb, e.Outcome = []int{id}, verb, sekisho.OutcomeDetected
	judge(e)
	if verb == "Drop" || verb == "Reject" {
		e.Outcome = sekisho.OutcomePrevented
	}
	return true
}

// readID reads "[1:2009187:4] ": generator, signature, revision.
func readID(s string) (signature int, rest string, ok bool) {
	inner, rest, found := strings.Cut(strings.TrimPrefix(s, "["), "] ")
	parts := strings.Split(inner, ":")
	if !found || len(s) == 0 || s[0] != '[' || len(inner) > 40 || len(parts) != 3 {
		return 0, "", false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return 0, "", false
		}
		if i == 1 {
			signature = n
		}
	}
	return signature, rest, true
}

// tellFastTime reads MM/DD/YYYY-hh:mm:ss of Suricata and MM/DD-hh:mm:ss or MM/DD/YY-hh:mm:ss of Snort.
func tellFastTime(r *line.Record, head string, e *sekisho.Event) {
	if when, _, ok := field.Time(head, r.Zone); ok {
		e.Time, e.Trust = when, sekisho.TimeZone
		return
	}
	if when, err := time.ParseInLocation("01/02/06-15:04:05.999999", head, r.Zone); err == nil {
		e.Time, e.Trust = when.UTC(), sekisho.TimeZone
		return
	}
	if when, err := time.ParseInLocation("2006/01/02-15:04:05.999999", "2000/"+head, r.Zone); err == nil && !r.Received.IsZero() {
		year := r.Received.In(r.Zone).Year()
		at := func(year int) time.Time {
			return r.Local(year, when.Month(), when.Day(), when.Hour(), when.Minute(), when.Second(), when.Nanosecond())
		}
		if e.Time, e.Trust = at(year), sekisho.TimeYear; e.Time.After(r.Received.Add(7 * 24 * time.Hour)) {
			e.Time = at(year - 1)
		}
	}
}

// endpoint splits "a:p", where a may be an IPv6 address without brackets.
func endpoint(s string) (ip netip.Addr, port uint16) {
	s = strings.TrimSpace(s)
	if strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		last := strings.LastIndexByte(s, ':')
		if ip := field.Address(s[:last]); ip.IsValid() && strings.Count(s, ":") > 7 || strings.Contains(s, "::") && field.Port(s[last+1:]) > 0 && field.Address(s[:last]).IsValid() {
			return field.Address(s[:last]), field.Port(s[last+1:])
		}
	}
	return field.AddressPort(s)
}

func inside(s, mark string) string {
	_, rest, found := strings.Cut(s, mark)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, "]")
	return value
}
