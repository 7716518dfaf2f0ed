// Package cloudflare reads Cloudflare's Logpush records: firewall events and HTTP requests (Cloudflare Logs, "Log fields").
package cloudflare

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one JSON object of the data sets firewall_events and http_requests.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if !r.JSON() {
		return false
	}
	o := r.Object()
	if !o.Has("ClientIP") || !o.Has("RayID") && !o.Has("EdgeColoCode") && !o.Has("ClientRequestHost") {
		return false
	}
	e.Source, e.Vendor, e.Product = sekisho.SourceWAF, "Cloudflare", "WAF"
	if when, exact, ok := field.Time(o.String("Datetime", "EdgeStartTimestamp", "EdgeEndTimestamp"), r.Zone); ok {
		// The log's own form without zone is UTC, whatever clock the sensor shows.
		if !exact {
			when, _, _ = field.Time(o.String("Datetime", "EdgeStartTimestamp", "EdgeEndTimestamp")+" UTC", r.Zone)
		}
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.SrcIP, e.SrcPort = field.Address(o.String("ClientIP")), field.Port(o.String("ClientSrcPort"))
	e.DstIP = field.Address(o.String("OriginIP"))
	e.Direction, e.Asset, e.Protocol = sekisho.DirectionInbound, sekisho.AssetServer, "tcp"
	e.Site, e.Method, e.UserAgent = o.String("ClientRequestHost"), o.String("ClientRequestMethod"), o.String("ClientRequestUserAgent")
	e.Path, _, _ = strings.Cut(o.String("ClientRequestPath", "ClientRequestURI"), "?")
	target := o.String("ClientRequestURI")
	if target == "" {
		target = e.Path
		if query := strings.TrimPrefix(o.String("ClientRequestQuery"), "?"); query != "" {
			target += "?" + query
		}
	}
	if e.URL = target; e.Site != "" {
		scheme := o.String("ClientRequestScheme")
		if scheme == "" {
			scheme = "https"
		}
		e.URL = scheme + "://" + e.Site + target
	}
	e.Status, e.OriginStatus = int(o.Get("EdgeResponseStatus").Int()), int(o.Get("OriginResponseStatus").Int())
	acted := o.String("SecurityAction", "FirewallMatchesActions.0", "WAFAction")
	if o.Has("Action") && o.Has("Source") || acted != "" && acted != "unknown" {
		tellFirewall(o, e, target)
		return true
	}
	tellRequest(o, e, target)
	return true
}

// tellFirewall reads what a security product of Cloudflare acted on.
func tellFirewall(o *line.Object, e *sekisho.Event, target string) {
	e.Verb = o.String("Action", "SecurityAction", "FirewallMatchesActions.0", "WAFAction")
	source := o.String("Source", "SecuritySources.0", "FirewallMatchesSources.0")
	e.Code = o.String("RuleID", "SecurityRuleID", "FirewallMatchesRuleIDs.0", "WAFRuleID")
	e.Category, e.Signature = source, o.String("Description", "SecurityRuleDescription", "WAFRuleMessage")
	family, known := attack.Named(e.Signature)
	if !known {
		family, known = ofSource(source)
	}
	if !known || family == "generic" {
		if seen, name, ok := attack.Request(target, e.UserAgent, ""); ok {
			family = seen
			if e.Signature == "" {
				e.Signature = name
			}
		}
	}
	if e.Signature == "" {
		e.Signature = strings.TrimSpace(source + " " + e.Code)
	}
	if family == "" {
		family = "generic"
	}
	e.Family, e.Class = family, attack.Class(family)
	e.Outcome = outcome(e.Verb)
	if e.Verb == "allow" && source == "firewallrules" || e.Verb == "skip" && !strings.Contains(source, "ddos") && source != "firewallmanaged" {
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown // the owner's own exception
	}
}

// ofSource is the family that a security product stands for.
func ofSource(source string) (family string, known bool) {
	switch strings.ToLower(source) {
	case "l7ddos", "ratelimit", "advanced_ddos", "l4ddos":
		return "dos", true
	case "bic", "botmanagement", "botfight", "uablock", "hot", "sanitycheck":
		return "bot", true
	case "country", "asn", "ip", "iprange", "zonelockdown":
		return "geo", true
	case "securitylevel":
		return "reputation", true
	case "waf", "firewallmanaged":
		return "generic", true
	}
	return "", false
}

// outcome reads an action: a challenge that was shown kept the visitor out, one that was solved let them in.
func outcome(action string) sekisho.Outcome {
	switch word := strings.ToLower(action); {
	case strings.Contains(word, "solved"), strings.Contains(word, "bypassed"), word == "simulate", word == "log", word == "allow", word == "skip", word == "bypass":
		return sekisho.OutcomeDetected
	case strings.Contains(word, "challenge"), word == "block", word == "drop", word == "connectionclose", word == "connection_close":
		return sekisho.OutcomePrevented
	case word == "redirect", word == "rewrite":
		return sekisho.OutcomeRedirected
	}
	found, _ := verb.AtGateway(action)
	return found
}

// tellRequest reads the log of ordinary requests as an access log.
func tellRequest(o *line.Object, e *sekisho.Event, target string) {
	e.Source, e.Product = sekisho.SourceWeb, "access log"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
	family, name, ok := attack.Request(target, e.UserAgent, o.String("ClientRequestReferer"))
	if !ok || family == "login" {
		return
	}
	e.Class, e.Family, e.Signature = attack.Class(family), family, name
	switch e.Status / 100 {
	case 3:
		e.Outcome = sekisho.OutcomeRedirected
	case 4:
		e.Outcome = sekisho.OutcomeRefused
	case 5:
		e.Outcome = sekisho.OutcomeErrored
	}
}
