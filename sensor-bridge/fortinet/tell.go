package fortinet

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// tell writes what the log says into the event.
func (l *log) tell(r *line.Record, e *sekisho.Event) {
	l.tellTime(r, e)
	e.Device = cmp.Or(l.devname, l.devid)
	e.SrcIP, e.SrcPort = field.Address(l.srcip), field.Port(l.srcport)
	e.DstIP, e.DstPort = field.Address(l.dstip), field.Port(l.dstport)
	e.Protocol = field.Protocol(l.proto)
	e.Direction = l.direction(e.SrcIP, e.DstIP)
	e.User = present(cmp.Or(l.user, l.unauthuser))
	e.Host = present(l.srcname)
	if e.Direction == sekisho.DirectionInbound {
		e.Host = ""
	}
	e.File, e.Hash = l.file, l.hash
	e.Category = cmp.Or(l.catdesc, l.appcat)
	e.UserAgent, e.Method = l.agent, l.method
	e.URL = l.fullURL()
	e.Code = l.logid
	if id, err := strconv.Atoi(cmp.Or(l.attackid, l.virusid, l.appid)); err == nil && id > 0 {
		e.RuleIDs = []int{id}
	}
	e.Verb = cmp.Or(l.action, l.utmaction)
	// level is a syslog level: "notice" stands beside the worst virus. Only these two speak of the threat.
	e.Severity = cmp.Or(l.severity, l.crlevel)
	switch l.typ {
	case "utm", "app-ctrl", "virus", "webfilter", "ips", "emailfilter", "dlp", "attack", "anomaly", "dns", "waf":
		if l.typ != "utm" && (l.subtype == "" || l.typ != "attack") {
			l.subtype = l.typ
		}
		l.tellThreat(e)
	case "event":
		l.tellEvent(e)
	default:
		l.tellTraffic(e)
	}
}

// tellTime prefers eventtime, which is an instant, to the local date and time; tz came with FortiOS 6.2.
func (l *log) tellTime(r *line.Record, e *sekisho.Event) {
	if t, ok := field.Epoch(l.eventtime); ok {
		e.Time, e.Trust = t, sekisho.TimeExact
		return
	}
	if l.date == "" || l.time == "" {
		return
	}
	if t, err := time.Parse("2006-01-02 15:04:05 -0700", l.date+" "+l.time+" "+l.tz); err == nil {
		e.Time, e.Trust = t.UTC(), sekisho.TimeExact
	} else if t, err := time.ParseInLocation(time.DateTime, l.date+" "+l.time, r.Zone); err == nil {
		e.Time, e.Trust = t.UTC(), sekisho.TimeZone
	}
}

// direction believes the roles of the interfaces first: a public address may well stand inside.
func (l *log) direction(source, destination netip.Addr) sekisho.Direction {
	inside := func(role string) bool { return role == "lan" || role == "dmz" }
	switch from, to := l.srcintfrole, l.dstintfrole; {
	case inside(from) && to == "wan":
		return sekisho.DirectionOutbound
	case from == "wan" && inside(to):
		return sekisho.DirectionInbound
	case inside(from) && inside(to):
		return sekisho.DirectionInternal
	}
	return field.Direction(source, destination)
}

func (l *log) fullURL() string {
	switch {
	case l.url == "" || strings.Contains(l.url, "://"):
		if l.url == "" && l.qname != "" {
			return l.qname
		}
		return cmp.Or(l.url, l.hostname)
	case strings.HasPrefix(l.url, "/") && l.hostname != "":
		scheme := strings.ToLower(l.scheme)
		if scheme == "" {
			if scheme = "http"; l.dstport == "443" {
				scheme = "https"
			}
		}
		return scheme + "://" + l.hostname + l.url
	}
	return l.url
}

// tellTraffic is the firewall's own log of sessions: nothing was found in them. What a security profile found has a log of
// its own, so that it is not counted twice.
func (l *log) tellTraffic(e *sekisho.Event) {
	e.Class, e.Family = sekisho.ClassNoise, "firewall"
	e.Signature = l.app
	switch l.action {
	case "deny", "blocked", "block", "dropped":
		e.Outcome = sekisho.OutcomePrevented
	default:
		e.Outcome = sekisho.OutcomeUnknown
	}
	if out, ok := verb.AtGateway(l.utmaction); ok && out == sekisho.OutcomePrevented {
		e.Outcome, e.Verb = out, l.utmaction
	}
}

// present drops what FortiOS writes for nothing.
func present(s string) string {
	switch s {
	case "N/A", "n/a", "-", "(null)", "unknown":
		return ""
	}
	return s
}
