// Package modsecurity reads what ModSecurity and Coraza write: the audit log in JSON and in its native parts, and the one
// line that they put into the error log of Apache and nginx (ModSecurity Reference Manual, "Audit Log Format").
//
// An audit record tells of the whole request. The rule that scored highest names the kind; what was done stands in "Action:
// Intercepted", in is_interrupted or in "Access denied"; without any of these it was seen and let through.
package modsecurity

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one record: a JSON object, the parts of a native record, or a line of an error log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	switch {
	case r.JSON():
		return decodeJSON(r, e)
	case strings.HasPrefix(r.Raw, "--") && strings.Contains(r.Raw[:min(len(r.Raw), 64)], "-A--"):
		decodeParts(r, e)
		return true
	}
	at := strings.Index(r.Raw, "ModSecurity: ")
	if at < 0 {
		if at = strings.Index(r.Raw, "Coraza: "); at < 0 {
			return false
		}
	}
	if !strings.Contains(r.Raw[at:], `[id "`) {
		return false
	}
	begin(e, "error log")
	tellErrorLog(r, at, e)
	return true
}

func begin(e *sekisho.Event, product string) {
	e.Source, e.Vendor, e.Product = sekisho.SourceWAF, "ModSecurity", product
	e.Direction, e.Asset, e.Protocol = sekisho.DirectionInbound, sekisho.AssetServer, "tcp"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
}

// finding is one rule that matched.
type finding struct {
	id, message, severity string
	tags                  []string
}

// tellFindings names the attack after the gravest rule. Rules that only add the scores up (949, 959, 980) say that it was
// blocked, not what it was.
func tellFindings(found []finding, blocked bool, e *sekisho.Event) {
	best := -1
	for i, f := range found {
		if id, err := strconv.Atoi(f.id); err == nil && len(e.RuleIDs) < 100 {
			e.RuleIDs = append(e.RuleIDs, id)
		}
		if sums(f.id) {
			continue
		}
		if best < 0 || grade(f.severity) < grade(found[best].severity) {
			best = i
		}
	}
	if best < 0 && len(found) > 0 {
		best = 0
	}
	if best < 0 {
		return
	}
	f := found[best]
	e.Code, e.Signature, e.Severity = f.id, f.message, f.severity
	family, ok := attack.Named(append([]string{f.id, f.message}, f.tags...)...)
	if !ok || sums(f.id) {
		family = "generic"
	}
	e.Family, e.Class = family, attack.Class(family)
	if e.Outcome = sekisho.OutcomeDetected; blocked {
		e.Outcome = sekisho.OutcomePrevented
		return
	}
	switch e.Status / 100 { // it went on to the site, and the site answered
	case 2:
		e.Outcome = sekisho.OutcomeDetected
	case 4:
		e.Outcome = sekisho.OutcomeRefused
	case 5:
		e.Outcome = sekisho.OutcomeErrored
	}
}

func sums(id string) bool {
	return strings.HasPrefix(id, "949") || strings.HasPrefix(id, "959") || strings.HasPrefix(id, "980")
}

// grade takes a severity by number or word to 0 (emergency) to 9 (unknown).
func grade(s string) int {
	if len(s) == 1 && s[0] >= '0' && s[0] <= '7' {
		return int(s[0] - '0')
	}
	for i, word := range []string{"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"} {
		if strings.EqualFold(s, word) {
			return i
		}
	}
	return 9
}

// decodeJSON reads the JSON of libmodsecurity 3, of ModSecurity 2 and of Coraza, which name things differently.
func decodeJSON(r *line.Record, e *sekisho.Event) bool {
	o := r.Object()
	if !o.Has("transaction") || !o.Has("audit_data") && !o.Has("messages") && !o.Get("transaction.messages").Exists() && !o.Get("transaction.producer").Exists() {
		return false
	}
	begin(e, "audit log")
	t := func(paths ...string) string { return o.String(paths...) }
	field.TellTime(e, r.Zone, t("transaction.unix_timestamp"), t("transaction.time_stamp"), t("transaction.time"), t("transaction.timestamp"))
	e.SrcIP, e.SrcPort = field.Address(t("transaction.client_ip", "transaction.remote_address")), field.Port(t("transaction.client_port", "transaction.remote_port"))
	e.DstIP, e.DstPort = field.Address(t("transaction.host_ip", "transaction.local_address")), field.Port(t("transaction.host_port", "transaction.local_port"))
	e.Method = t("transaction.request.method")
	target := t("transaction.request.uri")
	if first := t("request.request_line"); first != "" {
		words := strings.Fields(first)
		if len(words) > 1 {
			e.Method, target = words[0], words[1]
		}
	}
	e.Site = value(o, "host")
	e.UserAgent = value(o, "user-agent")
	where(target, e)
	e.Status, _ = strconv.Atoi(t("transaction.response.http_code", "transaction.response.status", "response.status"))
	var found []finding
	o.Get("transaction.messages").ForEach(func(_, m gjson.Result) bool {
		found = append(found, finding{id: m.Get("details.ruleId").String(), message: m.Get("message").String(), severity: m.Get("details.severity").String(), tags: texts(m.Get("details.tags"))})
		return len(found) < 200
	})
	o.Get("messages").ForEach(func(_, m gjson.Result) bool { // Coraza
		found = append(found, finding{id: m.Get("data.id").String(), message: m.Get("data.msg").String(), severity: m.Get("data.severity").String(), tags: texts(m.Get("data.tags"))})
		return len(found) < 200
	})
	o.Get("audit_data.messages").ForEach(func(_, m gjson.Result) bool {
		found = append(found, fromMessage(m.String()))
		return len(found) < 200
	})
	blocked := t("transaction.is_interrupted") == "true" || t("audit_data.action.intercepted") == "true"
	for _, f := range found { // libmodsecurity says no more than that the score was reached
		blocked = blocked || sums(f.id) && e.Status == 403
	}
	tellFindings(found, blocked, e)
	return true
}

// value returns a request header whatever its case and whether it stands alone or in a list.
func value(o *line.Object, name string) (text string) {
	for _, path := range []string{"transaction.request.headers", "request.headers"} {
		o.Get(path).ForEach(func(key, v gjson.Result) bool {
			if strings.EqualFold(key.String(), name) {
				if text = v.String(); v.IsArray() {
					text = v.Get("0").String()
				}
			}
			return text == ""
		})
	}
	return text
}

func texts(list gjson.Result) (out []string) {
	for _, v := range list.Array() {
		out = append(out, v.String())
	}
	return out
}

func where(target string, e *sekisho.Event) {
	e.Path, _, _ = strings.Cut(target, "?")
	if e.URL = target; e.Site != "" && strings.HasPrefix(target, "/") {
		e.URL = "http://" + e.Site + target
	}
	if host, _, found := strings.Cut(e.Site, ":"); found && !strings.HasPrefix(e.Site, "[") {
		e.Site = host
	}
}
