package accesslog

import (
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// readJSON reads a JSON access log by the names that nginx, Apache, Caddy and Traefik configurations commonly give. It needs
// a client, a status and a request, so that no other vendor's JSON is taken for one.
func (h *hit) readJSON(r *line.Record) bool {
	o := r.Object()
	client := o.String("remote_addr", "remote_ip", "clientip", "client_ip", "ClientHost", "request.remote_ip", "request.client_ip", "request.remote_addr", "remoteAddr", "c-ip")
	status := o.String("status", "DownstreamStatus", "response", "status_code", "sc-status", "http_status")
	if client == "" || status == "" {
		return false
	}
	request := o.String("request")
	target := o.String("request_uri", "request.uri", "RequestPath", "uri", "url", "path")
	method := o.String("request_method", "request.method", "RequestMethod", "method", "verb")
	if strings.HasPrefix(request, "{") {
		request = ""
	}
	if request == "" && (method == "" || target == "") {
		return false
	}
	if h.status, _ = strconv.Atoi(status); h.status < 100 || h.status > 999 {
		return false
	}
	if request != "" {
		h.request(request)
	}
	if method != "" && target != "" {
		h.method, h.target = method, target
		if args := o.String("args", "query_string"); args != "" && !strings.Contains(target, "?") {
			h.target += "?" + args
		}
	}
	if h.method == "" && h.target == "" {
		return false
	}
	h.client, h.clientPort = field.AddressPort(client)
	if port := field.Port(o.String("remote_port", "request.remote_port")); port != 0 {
		h.clientPort = port
	}
	if h.vhost == "" {
		h.vhost, _, _ = strings.Cut(o.String("vhost", "host", "http_host", "server_name", "request.host", "RequestHost"), ":")
	}
	h.user = present(o.String("remote_user", "user_id", "ClientUsername"))
	h.agent = present(o.String("http_user_agent", "user_agent", "agent", "request.headers.User-Agent.0", "request_User-Agent", "userAgent"))
	h.referer = present(o.String("http_referer", "http_referrer", "referer", "referrer"))
	h.vendor, h.product, h.format = "Web server", "access log", "weblog_json"
	if o.Has("ClientHost") {
		h.product = "Traefik"
	} else if strings.HasPrefix(o.String("logger"), "http.log.access") {
		h.product = "Caddy"
	}
	for _, name := range []string{"time_iso8601", "time_local", "time", "timestamp", "@timestamp", "ts", "StartUTC", "msec"} {
		if when, exact, ok := field.Time(o.String(name), r.Zone); ok {
			h.time, h.trust = when, sekisho.TimeZone
			if exact {
				h.trust = sekisho.TimeExact
			}
			break
		}
	}
	return true
}
