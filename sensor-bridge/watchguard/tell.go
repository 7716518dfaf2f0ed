package watchguard

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// tell writes what the report says into the event.
func (w *report) tell(r *line.Record, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "WatchGuard", "Firebox"
	if !w.time.IsZero() {
		e.Time, e.Trust = w.time, sekisho.TimeExact // the time in parentheses is UTC, that of the header is the device's own
	}
	if e.Device = r.Host; e.Device == "" {
		e.Device = w.serial
	}
	e.Code, e.Verb, e.Severity = w.code, w.disposition, w.severityWord()
	if w.verb != "" {
		e.Verb = strings.TrimSpace(w.disposition + " " + w.verb)
	}
	e.SrcIP, e.SrcPort = field.Address(w.source), field.Port(w.sourcePort)
	e.DstIP, e.DstPort = field.Address(w.destination), field.Port(w.destinationPort)
	e.Protocol = field.Protocol(w.protocol)
	e.Direction = w.direction(e)
	e.User, e.File, e.Hash, e.Category = w.user, w.file, w.hash, cmp.Or(w.categories, w.appCategory)
	e.URL = w.fullURL()
	if strings.HasPrefix(w.code, "1AFF") {
		e.Method = w.operation
	}
	if id, err := strconv.Atoi(w.signatureID); err == nil && id > 0 {
		e.RuleIDs = []int{id}
	}
	e.Signature = cmp.Or(w.signature, w.virus, w.about)
	switch {
	case w.disposition != "" || w.source != "" && w.about != "":
		w.tellTraffic(e)
	default:
		w.tellMessage(e)
	}
}

// severityWord puts the five steps of the IPS in words; others give none.
func (w *report) severityWord() string {
	switch w.severity {
	case "1":
		return "informational"
	case "2":
		return "low"
	case "3":
		return "medium"
	case "4":
		return "high"
	case "5":
		return "critical"
	}
	return w.severity
}

// direction goes by the interfaces: on many a Firebox the one to the internet keeps its name.
func (w *report) direction(e *sekisho.Event) sekisho.Direction {
	in, out := strings.HasSuffix(w.in, "External"), strings.HasSuffix(w.out, "External")
	switch {
	case in && !out && w.out != "":
		return sekisho.DirectionInbound
	case out && !in && w.in != "":
		return sekisho.DirectionOutbound
	}
	return field.Direction(e.SrcIP, e.DstIP)
}

func (w *report) fullURL() string {
	host := cmp.Or(w.name, w.host)
	switch {
	case w.url != "":
		return w.url
	case host == "":
		if strings.Contains(w.path, "://") {
			return w.path
		}
		return w.domain
	case strings.HasPrefix(w.code, "1AFF"), strings.HasPrefix(w.code, "2CFF"), w.destinationPort == "80", w.destinationPort == "443":
		scheme := "http://"
		if w.destinationPort == "443" || strings.HasPrefix(w.code, "2CFF") {
			scheme = "https://"
		}
		if strings.HasPrefix(w.path, "/") {
			return scheme + host + w.path
		}
		return scheme + host + "/"
	}
	return host
}
