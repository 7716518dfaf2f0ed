package accesslog

import (
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// readHAProxy reads HAProxy's HTTP and TCP logs (HAProxy Configuration Manual, 8.2.2 and 8.2.3).
//
//	client:port [02/Jan/2006:15:04:05.000] frontend backend/server t/t/t/t/t status bytes - - ---- n/n/n/n/n n/n {headers} "request"
func (h *hit) readHAProxy(r *line.Record) bool {
	if r.App != "haproxy" {
		return false
	}
	client, rest, _ := strings.Cut(r.Body, " ")
	if named, found := strings.CutPrefix(client, "client_ip="); found {
		client = named
	}
	if h.client, h.clientPort = field.AddressPort(client); !h.client.IsValid() {
		return false
	}
	h.vendor, h.product, h.format = "HAProxy", "HAProxy", "weblog_haproxy"
	words := strings.Fields(rest)
	if len(words) > 0 {
		stamp := strings.Trim(words[0], "[]")
		if when, err := time.ParseInLocation("02/Jan/2006:15:04:05.000", stamp, r.Zone); err == nil {
			h.time, h.trust = when.UTC(), sekisho.TimeZone
		}
	}
	if len(words) > 4 {
		h.status, _ = strconv.Atoi(words[4])
	}
	if at := strings.IndexByte(rest, '"'); at >= 0 {
		request, _, _ := quoted(rest[at:])
		if h.request(request); request == "<BADREQ>" {
			h.method, h.target = "", request
		}
	} else {
		h.method, h.target = "-", "" // a TCP session carries no request
	}
	return true
}
