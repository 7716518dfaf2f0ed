package accesslog

import (
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// iisDefault are the columns of IIS 8 and later as it is installed; files name theirs in "#Fields:".
var iisDefault = strings.Fields("date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken")

// readIIS reads a line of IIS that came without the head of its file, as forwarders send them.
func (h *hit) readIIS(r *line.Record) bool {
	s := plain(r)
	if len(s) < 40 || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[19] != ' ' {
		return false
	}
	words := strings.Fields(s)
	if len(words) < len(iisDefault)-1 || !isMethod(words[3]) || !strings.HasPrefix(words[4], "/") || !field.Address(words[8]).IsValid() {
		return false
	}
	return h.readW3C(r, iisDefault)
}

// plain is the record as the file has it: its date and first columns look like a syslog header.
func plain(r *line.Record) string {
	if len(r.Raw) > 10 && r.Raw[4] == '-' && r.Raw[7] == '-' {
		return r.Raw
	}
	return r.Body
}

// readW3C reads a line of the extended log file format (W3C WD-logfile), which IIS, CloudFront and others write. Times are
// UTC by the format.
func (h *hit) readW3C(r *line.Record, columns []string) bool {
	s := plain(r)
	values := strings.Fields(s)
	tabs := strings.Contains(s, "\t")
	if tabs {
		values = strings.Split(s, "\t")
	}
	if len(values) < 5 {
		return false
	}
	var date, clock, query, scheme string
	for i, name := range columns {
		if i >= len(values) {
			break
		}
		value := present(values[i])
		switch strings.ToLower(name) {
		case "date":
			date = value
		case "time":
			clock = value
		case "c-ip":
			h.client = field.Address(value)
		case "x-forwarded-for", "cs(x-forwarded-for)":
			first, _, _ := strings.Cut(value, ",")
			if forwarded := field.Address(first); forwarded.IsValid() {
				h.client = forwarded
			}
		case "c-port":
			h.clientPort = field.Port(value)
		case "s-ip":
			h.server = field.Address(value)
		case "s-port":
			h.serverPort = field.Port(value)
		case "cs-host", "cs(host)", "x-host-header":
			h.vhost, _, _ = strings.Cut(value, ":")
		case "cs-method":
			h.method = value
		case "cs-uri-stem":
			h.target = value
		case "cs-uri-query":
			query = value
		case "cs-uri":
			h.target = value
		case "cs-protocol":
			scheme = value
		case "cs-username":
			h.user = value
		case "sc-status":
			h.status, _ = strconv.Atoi(value)
		case "cs(user-agent)":
			h.agent = strings.ReplaceAll(value, "+", " ")
		case "cs(referer)":
			h.referer = value
		}
	}
	if h.method == "" || h.target == "" || date == "" {
		return false
	}
	if query != "" {
		h.target += "?" + query
	}
	if scheme == "https" && h.serverPort == 0 {
		h.serverPort = 443
	}
	when, _, ok := field.Time(date+" "+clock+" UTC", r.Zone)
	if !ok {
		return false
	}
	h.time, h.trust = when, sekisho.TimeExact
	h.vendor, h.product, h.format = "Microsoft", "IIS", "weblog_w3c"
	if tabs {
		h.vendor, h.product = "Amazon", "CloudFront"
	}
	return true
}

// readBalancer reads the access log of the load balancers of AWS.
//
//	https 2018-07-02T22:23:00.186641Z app/name/id client:port target:port t t t status targetstatus in out "request" "agent" ...
func (h *hit) readBalancer(s string) bool {
	kind, rest, _ := strings.Cut(s, " ")
	switch kind {
	case "http", "https", "h2", "grpcs", "ws", "wss":
	default:
		return false
	}
	open := strings.IndexByte(rest, '"')
	if open < 0 {
		return false
	}
	words := strings.Fields(rest[:open])
	if len(words) < 11 {
		return false
	}
	when, _, ok := field.Time(words[0], time.UTC)
	if !ok {
		return false
	}
	h.vendor, h.product, h.format = "Amazon", "Elastic Load Balancing", "aws_alb"
	h.time, h.trust = when, sekisho.TimeExact
	h.client, h.clientPort = field.AddressPort(words[2])
	h.server, h.serverPort = field.AddressPort(words[3])
	h.status, _ = strconv.Atoi(words[7])
	request, rest, _ := quoted(rest[open:])
	h.request(request)
	if agent, _, ok := quoted(strings.TrimLeft(rest, " ")); ok {
		h.agent = present(agent)
	}
	return true
}
