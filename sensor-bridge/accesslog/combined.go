package accesslog

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// readCombined reads the common and the combined log format (Apache, mod_log_config), with what is put in front of them
// (virtual host, a chain of proxies) and behind them (times, bytes).
//
//	[vhost[:port]] client ident user [02/Jan/2006:15:04:05 -0700] "request" status bytes ["referer" "agent" ...]
func (h *hit) readCombined(r *line.Record) bool {
	s := r.Body
	open := strings.IndexByte(s, '[')
	if open < 2 || open > 1024 || len(s) < open+30 {
		return false
	}
	stamp := s[open+1:]
	if stamp[2] != '/' || stamp[6] != '/' || stamp[11] != ':' {
		return false
	}
	end := strings.IndexByte(stamp, ']')
	if end < 20 || end > 35 {
		return false
	}
	when, exact, ok := clock(stamp[:end], r.Zone)
	if !ok || !h.visitor(s[:open]) {
		return false
	}
	rest := strings.TrimLeft(stamp[end+1:], " ")
	request, rest, ok := quoted(rest)
	if !ok {
		return false
	}
	status, rest, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	if h.status, _ = strconv.Atoi(status); h.status != 0 && (h.status < 100 || h.status > 999) {
		return false
	}
	h.vendor, h.product, h.format = "Web server", "access log", "weblog_combined"
	h.time, h.trust = when, sekisho.TimeZone
	if exact {
		h.trust = sekisho.TimeExact
	}
	h.request(request)
	_, rest, _ = strings.Cut(rest, " ") // bytes
	if referer, after, ok := quoted(strings.TrimLeft(rest, " ")); ok {
		h.referer = present(referer)
		if agent, _, ok := quoted(strings.TrimLeft(after, " ")); ok {
			h.agent = present(agent)
		}
	}
	return true
}

// clock reads "02/Jan/2006:15:04:05 -0700", with a fraction of a second where there is one, or without a zone.
func clock(s string, zone *time.Location) (t time.Time, exact, ok bool) {
	if t, err := time.Parse("02/Jan/2006:15:04:05 -0700", s); err == nil {
		return t.UTC(), true, true
	}
	if t, err := time.ParseInLocation("02/Jan/2006:15:04:05", s, zone); err == nil {
		return t.UTC(), false, true
	}
	return time.Time{}, false, false
}

// visitor reads what stands before the time: client, ident and user, behind virtual host or before it a chain of proxies.
func (h *hit) visitor(s string) bool {
	words := strings.Fields(s)
	if len(words) < 3 || len(words) > 40 {
		return false
	}
	h.user = present(words[len(words)-1])
	chain := words[:len(words)-2]
	first := strings.TrimSuffix(chain[0], ",")
	switch addr, port := field.AddressPort(first); {
	case addr.IsValid():
		h.client, h.clientPort = addr, port
	case len(chain) > 1:
		name, port, _ := strings.Cut(first, ":")
		h.vhost, h.serverPort = present(name), field.Port(port)
		if h.client = field.Address(strings.TrimSuffix(chain[1], ",")); !h.client.IsValid() {
			h.clientName = chain[1]
		}
	default:
		h.clientName = present(first)
	}
	return h.client != (netip.Addr{}) || h.clientName != "" || first == "-"
}

// quoted reads one value in double quotes off s; a backslash escapes.
func quoted(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return s[1:], "", true // cut on the way
}
