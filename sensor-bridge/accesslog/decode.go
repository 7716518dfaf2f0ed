// Package accesslog reads the access logs of web servers: the common and combined formats of Apache and nginx with what
// rented servers put around them, IIS and other W3C logs, load balancers of AWS, HAProxy, and JSON logs of nginx, Caddy and Traefik.
//
// An access log tells of everybody. A line becomes more than noise where its request carries the signs of an attack, and the
// answer's status says what became of it; bodies, cookies and what the page showed are not in the log, so that a 200 is
// "unknown" and never "succeeded" (severity.md, term O).
package accesslog

import (
	"net/netip"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// hit is one line of an access log, whatever its format.
type hit struct {
	vendor, product, format string
	time                    time.Time
	trust                   sekisho.TimeTrust
	client                  netip.Addr
	clientPort              uint16
	clientName              string // when the log resolves addresses
	server                  netip.Addr
	serverPort              uint16
	vhost, user             string
	method, target          string
	protocol                string
	status                  int
	referer, agent          string
}

// Decode reads one line of an access log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var h hit
	switch {
	case r.JSON():
		if !h.readJSON(r) {
			return false
		}
	case len(r.Columns) > 0:
		if !h.readW3C(r, r.Columns) {
			return false
		}
	case h.readCombined(r), h.readBalancer(r.Body), h.readIIS(r), h.readHAProxy(r):
	default:
		return false
	}
	h.tell(e)
	return true
}

// tell writes the hit into the event.
func (h *hit) tell(e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceWeb, h.vendor, h.product, h.format
	e.Time, e.Trust = h.time, h.trust
	e.SrcIP, e.SrcPort, e.DstIP, e.DstPort = h.client, h.clientPort, h.server, h.serverPort
	e.Protocol, e.Direction, e.Asset = "tcp", sekisho.DirectionInbound, sekisho.AssetServer
	e.Site, e.User = h.vhost, h.user
	e.Method, e.UserAgent = h.method, h.agent
	e.Path, _, _ = strings.Cut(h.target, "?")
	e.URL = h.url()
	e.Status, e.OriginStatus = h.status, h.status
	h.judge(e)
}

// url is the address as the visitor typed it, as far as the log knows.
func (h *hit) url() string {
	if h.vhost == "" || !strings.HasPrefix(h.target, "/") {
		return h.target
	}
	scheme := "http://"
	if h.serverPort == 443 {
		scheme = "https://"
	}
	return scheme + h.vhost + h.target
}

// judge says what the request was and, by the status, what became of it.
func (h *hit) judge(e *sekisho.Event) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
	if h.method == "" { // bytes that are no request: TLS on the plain port, scanners of other services
		if h.target != "" && h.target != "-" {
			e.Class, e.Family, e.Signature, e.Outcome = sekisho.ClassScan, "scanner", "not HTTP", byStatus(h.status)
			e.Confidence = 0.7
		}
		return
	}
	if h.judgeLogin(e) {
		return
	}
	family, name, ok := attack.Request(h.target, h.agent, h.referer)
	if !ok || family == "login" && (h.method != "POST" || strings.Contains(h.agent, "Jetpack")) {
		return
	}
	e.Class, e.Family, e.Signature, e.Outcome = attack.Class(family), family, name, byStatus(h.status)
}

// judgeLogin reads the one login whose outcome the status tells: WordPress shows its form again to a wrong password and
// sends a right one on.
func (h *hit) judgeLogin(e *sekisho.Event) bool {
	path, _, _ := strings.Cut(h.target, "?")
	if h.method != "POST" || !strings.HasSuffix(path, "/wp-login.php") {
		return false
	}
	e.Family, e.Signature = "login", "WordPress login"
	switch {
	case h.status == 200 || h.status == 401 || h.status == 403 || h.status == 429 || h.status == 503:
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	case h.status/100 == 3:
		e.Outcome = sekisho.OutcomeSucceeded
	}
	return true
}

// byStatus is what an answer's status says of an attack (severity.md, term O).
func byStatus(status int) sekisho.Outcome {
	switch status / 100 {
	case 3:
		return sekisho.OutcomeRedirected
	case 4:
		return sekisho.OutcomeRefused
	case 5:
		return sekisho.OutcomeErrored
	}
	return sekisho.OutcomeUnknown
}

// isMethod reports whether a word could be a request method: capitals, perhaps with a hyphen (M-SEARCH).
func isMethod(s string) bool {
	if len(s) < 2 || len(s) > 20 {
		return false
	}
	for i := range len(s) {
		if (s[i] < 'A' || s[i] > 'Z') && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return true
}

// request reads "GET /path HTTP/1.1"; the target may hold spaces that a careless client sent.
func (h *hit) request(s string) {
	method, rest, found := strings.Cut(s, " ")
	if !found || !isMethod(method) {
		h.target = s
		return
	}
	h.method, h.target = method, rest
	if at := strings.LastIndex(rest, " HTTP/"); at >= 0 {
		h.target, h.protocol = rest[:at], rest[at+1:]
	}
	if at := strings.Index(h.target, "://"); at > 0 && at < 8 { // absolute-form, and what AWS writes
		scheme := h.target[:at]
		host, path, found := strings.Cut(h.target[at+3:], "/")
		name, port, _ := strings.Cut(host, ":")
		h.vhost, h.target = name, "/"
		if found {
			h.target += path
		}
		if h.serverPort = field.Port(port); h.serverPort == 0 && scheme == "https" {
			h.serverPort = 443
		}
	}
}

func present(s string) string {
	if s == "-" {
		return ""
	}
	return s
}
