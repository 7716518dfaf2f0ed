// Package f5 reads F5 BIG-IP: the Application Security Manager's violations (key="value" divided by commas, and CEF), and
// the system's own messages, which begin with a number such as 01070417:5: (F5, "Log message reference").
package f5

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	raw := r.Raw
	switch {
	case r.CEF != nil:
		if r.CEF.Vendor != "F5" {
			return false
		}
		set := field.Collect(r.CEF.Fields())
		begin(e, "ASM", "f5_cef")
		tellASM(values{
			client: set.Get("src", "c6a2"), clientPort: set.Get("spt"), server: set.Get("dst", "c6a3"), serverPort: set.Get("dpt"), method: set.Get("requestMethod"), uri: set.Get("request"),
			status: set.Get("act", "cs3"), attack: cmp.Or(set.Labelled("attack_type"), r.CEF.Name), violations: set.Labelled("violations"), severity: r.CEF.Severity, when: set.Get("rt"), code: set.Get("externalId"), sig: set.Labelled("sig_names"),
		}, r, e)
		return true
	case strings.Contains(raw[:min(len(raw), 400)], "f5_asm=") || strings.Contains(raw[:min(len(raw), 400)], "ASM:unit_hostname="):
		set := field.Collect(field.Pairs(raw[strings.Index(raw, "ASM:")+4:]))
		begin(e, "ASM", "f5_asm")
		e.Device = set.Get("unit_hostname")
		tellASM(values{
			client: set.Get("ip_client"), clientPort: set.Get("src_port"), server: set.Get("dest_ip"), serverPort: set.Get("dest_port"), method: set.Get("method"), uri: set.Get("uri"), query: set.Get("query_str", "query_string"),
			status: set.Get("request_status"), attack: set.Get("attack_type"), violations: set.Get("violations"), severity: set.Get("severity"), when: set.Get("date_time"), code: set.Get("support_id"), sig: set.Get("sig_names"),
			response: set.Get("resp_code", "response_code"), user: set.Get("username"), headers: set.Get("headers", "req"),
		}, r, e)
		return true
	case strings.Contains(raw[:min(len(raw), 300)], "f5_irule="):
		begin(e, "iRule", "f5_irule")
		set := field.Collect(field.Pairs(raw[strings.Index(raw, "f5_irule="):]))
		e.Source = sekisho.SourceWeb
		e.SrcIP, e.DstIP = field.Address(set.Get("src_ip")), field.Address(set.Get("vip"))
		e.Method, e.Site, e.URL = set.Get("http_method"), set.Get("http_host"), set.Get("http_uri")
		return true
	}
	body := r.Body
	number, ok := messageNumber(body)
	if !ok { // BIG-IP puts the level before the process: "notice tmsh[1]: 01420002:5: ..."
		_, body, _ = strings.Cut(body, ": ")
		if number, ok = messageNumber(body); !ok {
			return false
		}
	}
	begin(e, "BIG-IP", "f5_bigip")
	e.Source, e.Asset, e.Direction, e.Code = sekisho.SourceUTM, "", "", number
	tellSystem(body, e)
	return true
}

func begin(e *sekisho.Event, product, format string) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceWAF, "F5", product, format
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
	e.Direction, e.Asset = sekisho.DirectionInbound, sekisho.AssetServer
}

type values struct {
	client, clientPort, server, serverPort, method, uri, query, status, attack, violations, severity, when, code, sig, response, user, headers string
}

// tellASM reads a violation. request_status says what was done: blocked, alerted or passed.
func tellASM(v values, r *line.Record, e *sekisho.Event) {
	field.TellTime(e, r.Zone, v.when)
	e.SrcIP, e.SrcPort, e.DstIP, e.DstPort = field.Address(v.client), field.Port(v.clientPort), field.Address(v.server), field.Port(v.serverPort)
	e.Method, e.Path, e.URL, e.Severity, e.Verb, e.User = v.method, v.uri, v.uri, v.severity, strings.Trim(v.status, `"`), present(v.user)
	if v.query != "" {
		e.URL += "?" + v.query
	}
	for header := range strings.SplitSeq(v.headers, `\r\n`) {
		if name, value, found := strings.Cut(header, ": "); found {
			switch strings.ToLower(name) {
			case "host":
				e.Site = value
			case "user-agent":
				e.UserAgent = value
			}
		}
	}
	e.Code, e.Category = v.code, v.violations
	e.Signature = cmp.Or(present(v.sig), present(v.attack), v.violations)
	kind := present(v.attack)
	if kind == "" && v.violations == "" {
		return
	}
	family, ok := attack.Named(kind, v.sig, v.violations)
	if !ok {
		family = "generic"
	}
	e.Family, e.Class = family, attack.Class(family)
	switch strings.ToLower(e.Verb) {
	case "blocked", "block":
		e.Outcome = sekisho.OutcomePrevented
	case "alerted", "alarmed", "passed", "alert", "":
		e.Outcome = sekisho.OutcomeDetected
	}
}

// messageNumber reads 01070417:5: at the beginning, or behind a bracket of the process.
func messageNumber(s string) (string, bool) {
	if len(s) < 11 || s[8] != ':' || s[10] != ':' {
		return "", false
	}
	for i := range 8 {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return "", false
		}
	}
	return s[:8], s[0] == '0'
}

func tellSystem(text string, e *sekisho.Event) {
	e.Family, e.Signature = "system", strings.TrimSpace(text[11:])
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "audit - ") && (strings.Contains(lower, "cmd_data=") || strings.Contains(lower, "transaction")) && !strings.Contains(lower, "cmd_data=list") && !strings.Contains(lower, "cmd_data=show") && !strings.Contains(lower, "cmd_data=cd "):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		e.User = field.WordBehind(text, "user=", "user ")
	case strings.Contains(lower, "login attempt") && strings.Contains(lower, "fail") || strings.Contains(lower, "authentication failed") || strings.Contains(lower, "failed to authenticate"):
		e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented
		e.SrcIP = field.Address(field.WordBehind(text, "host=", "from "))
	case strings.Contains(lower, "license") && strings.Contains(lower, "expire"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	}
}

func present(s string) string {
	if s == "N/A" || s == "-" {
		return ""
	}
	return s
}
