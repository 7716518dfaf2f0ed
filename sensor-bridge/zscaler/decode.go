// Package zscaler reads Zscaler Internet Access by its NSS feeds: key=value pairs that tabs divide, JSON and, in CEF, the same
// by other names.
//
// action says what became of the request; threatname, threatcategory and malwarecategory whether it was harmful
// (Zscaler Help, "NSS Feed Output Format: Web Logs"). "None" stands for nothing.
package zscaler

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	switch {
	case r.CEF != nil:
		if r.CEF.Vendor != "Zscaler" {
			return false
		}
		set := field.Collect(r.CEF.Fields())
		tell(r, e, func(keys ...string) string { return value(set.Get(keys...)) })
		if e.Verb == "" {
			e.Verb = r.CEF.Name
		}
	case strings.HasPrefix(r.Body, "ZscalerNSS: ") || strings.HasPrefix(r.App, "ZscalerNSS"):
		e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "Zscaler", "NSS"
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassNoise, "system", sekisho.OutcomeUnknown, r.Body
		if strings.Contains(r.Body, "below the recommended") || strings.Contains(strings.ToLower(r.Body), "lost") || strings.Contains(strings.ToLower(r.Body), "fail") {
			e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		}
		return true
	case strings.Contains(r.Body, "\tvendor=Zscaler"):
		set := field.Collect(tabbed(r.Body))
		tell(r, e, func(keys ...string) string { return value(set.Get(keys...)) })
	case r.JSON() && (strings.Contains(r.Body, `"vendor":"Zscaler"`) || strings.Contains(r.Body, `"sourcetype":"zscalernss`) || strings.Contains(r.Body, `"sourcetype" : "zscalernss`)):
		o := r.Object()
		tell(r, e, func(keys ...string) string {
			for _, key := range keys {
				if v := value(o.String(key, "event."+key)); v != "" {
					return v
				}
			}
			return ""
		})
	default:
		return false
	}
	judge(e)
	return true
}

// tabbed ranges over pairs that tabs divide.
func tabbed(s string) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(s, "\t") {
			if key, value, found := strings.Cut(pair, "="); found && !yield(key, value) {
				return
			}
		}
	}
}

func value(s string) string {
	if s == "None" || s == "NA" || s == "N/A" {
		return ""
	}
	return s
}

func tell(r *line.Record, e *sekisho.Event, get func(...string) string) {
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "Zscaler", "ZIA"
	e.Verb, e.URL, e.Method = get("action", "act"), get("url", "eurl", "request"), get("requestmethod", "reqmethod", "requestMethod")
	e.UserAgent, e.User = get("useragent", "ua", "requestClientApplication"), get("user", "login", "suser")
	e.SrcIP, e.DstIP = field.Address(get("ClientIP", "cip", "clientip", "csip", "src")), field.Address(get("serverip", "sip", "cdip", "dst"))
	if !e.SrcIP.IsValid() {
		e.SrcIP = field.Address(get("clientpublicIP", "cintip"))
	}
	e.SrcPort, e.DstPort = field.Port(get("csport", "spt")), field.Port(get("cdport", "dpt"))
	e.Host, e.Protocol = get("devicehostname", "shost"), strings.ToLower(get("protocol", "proto", "app"))
	e.Signature, e.Category = get("threatname", "cs5"), get("threatcategory", "malwarecategory", "malwarecat")
	if e.Category == "" {
		e.Category = get("urlcategory", "urlcat", "cat")
	} else if e.Signature == "" {
		e.Signature = e.Category
	}
	e.File, e.Hash, e.Severity = get("filename", "fname"), field.Hash(get("bamd5", "md5", "fileHash", "sha256")), get("pagerisk", "riskscore", "threatseverity")
	if get("dlpengine", "dlpeng") != "" && e.Signature == "" {
		e.Family, e.Signature = "dlp", get("dlpdictionaries", "dlpdict", "dlpengine", "dlpeng")
	}
	field.TellTime(e, r.Zone, get("epochtime", "rt", "datetime"))
}

// judge tells what a request meant.
func judge(e *sekisho.Event) {
	outcome, known := verb.AtGateway(e.Verb)
	if !known {
		outcome = sekisho.OutcomeUnknown
	}
	category := strings.ToLower(e.Category)
	switch {
	case e.Family == "dlp":
		e.Class, e.Outcome = sekisho.ClassDLP, outcome
	case strings.Contains(category, "botnet"), strings.Contains(category, "command"):
		e.Class, e.Family, e.Outcome = sekisho.ClassC2, "botnet", outcome
	case strings.Contains(category, "phish"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMaliciousWeb, "phishing", outcome
	case e.Signature != "", strings.Contains(category, "malware"), strings.Contains(category, "virus"), strings.Contains(category, "trojan"):
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", outcome
	case outcome == sekisho.OutcomePrevented && e.URL != "":
		e.Class, e.Family, e.Outcome = sekisho.ClassPolicyWeb, "webfilter", outcome
	default:
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "webfilter", sekisho.OutcomeUnknown
		if outcome == sekisho.OutcomePrevented {
			e.Family, e.Outcome = "firewall", outcome
		}
	}
}
