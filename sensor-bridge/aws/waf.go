// Package aws reads the logs of AWS WAF (AWS WAF Developer Guide, "Log fields for web ACL traffic").
package aws

import (
	"cmp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one JSON object of a web ACL's log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if !r.JSON() {
		return false
	}
	o := r.Object()
	acl := o.String("webaclId", "webAclId")
	if acl == "" || !o.Has("httpRequest") || !o.Has("action") {
		return false
	}
	e.Source, e.Vendor, e.Product = sekisho.SourceWAF, "Amazon", "AWS WAF"
	field.TellTime(e, r.Zone, o.String("timestamp"))
	e.Device = aclName(acl)
	e.SrcIP = field.Address(o.String("httpRequest.clientIp"))
	e.Direction, e.Asset, e.Protocol = sekisho.DirectionInbound, sekisho.AssetServer, "tcp"
	e.Method, e.Path = o.String("httpRequest.httpMethod"), o.String("httpRequest.uri")
	e.Site, e.UserAgent = header(o, "host"), header(o, "user-agent")
	e.URL = e.Path
	if args := o.String("httpRequest.args"); args != "" {
		e.URL += "?" + args
	}
	if e.Site != "" {
		e.URL = "https://" + e.Site + e.URL
	}
	e.Status = int(o.Get("responseCodeSent").Int())
	e.Verb = strings.ToLower(o.String("action"))
	tell(o, e)
	return true
}

// tell reads which rule decided. Without a rule of its own that ended it, the request was let through, and what only
// counted it found something all the same.
func tell(o *line.Object, e *sekisho.Event) {
	group, rule, counted := matched(o)
	ended := e.Verb == "block" || e.Verb == "captcha" || e.Verb == "challenge"
	if group == "" && !ended {
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "access", sekisho.OutcomeUnknown
		return
	}
	e.Signature, e.Code, e.Category = cmp.Or(rule, group), rule, group
	if e.Code == "" {
		e.Code = group
	}
	family, known := attack.Named(rule)
	if !known {
		family, known = attack.Named(group)
	}
	switch {
	case known:
	case o.String("terminatingRuleType") == "RATE_BASED":
		family = "dos"
	case strings.Contains(group, "IpReputation") || strings.Contains(group, "AnonymousIp"):
		family = "reputation"
	default:
		family = "generic"
	}
	e.Family, e.Class = family, attack.Class(family)
	switch {
	case ended:
		e.Outcome = sekisho.OutcomePrevented
	case counted, e.Verb == "allow", e.Verb == "count":
		e.Outcome = sekisho.OutcomeDetected
	default:
		e.Outcome = sekisho.OutcomeUnknown
	}
}

// matched returns the rule group and the rule that ended the evaluation, or else the first that counted the request.
func matched(o *line.Object) (group, rule string, counted bool) {
	if id := o.String("terminatingRuleId"); id != "" && id != "Default_Action" {
		group = groupName(id)
	}
	o.Get("ruleGroupList").ForEach(func(_, list gjson.Result) bool {
		name := groupName(list.Get("ruleGroupId").String())
		if id := list.Get("terminatingRule.ruleId").String(); id != "" {
			group, rule = name, id
			return false
		}
		for _, path := range []string{"nonTerminatingMatchingRules.0.ruleId", "excludedRules.0.ruleId"} {
			if id := list.Get(path).String(); id != "" && rule == "" && (group == "" || group == name) {
				group, rule, counted = name, id, true
			}
		}
		return true
	})
	if group == "" {
		if id := o.String("nonTerminatingMatchingRules.0.ruleId"); id != "" {
			group, counted = groupName(id), true
		}
	}
	if group == "" {
		if id := o.String("rateBasedRuleList.0.rateBasedRuleName"); id != "" && o.String("action") != "ALLOW" {
			group = id
		}
	}
	return group, rule, counted
}

// groupName takes "AWS#AWSManagedRulesCommonRuleSet" and "AWS-AWSManagedRulesCommonRuleSet" to the name of the group.
func groupName(id string) string {
	if at := strings.LastIndexByte(id, '#'); at >= 0 {
		id = id[at+1:]
	}
	return strings.TrimPrefix(id, "AWS-")
}

// aclName returns the name in arn:aws:wafv2:region:account:regional/webacl/NAME/id.
func aclName(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) >= 3 {
		return parts[2]
	}
	return arn
}

func header(o *line.Object, name string) (value string) {
	o.Get("httpRequest.headers").ForEach(func(_, h gjson.Result) bool {
		if strings.EqualFold(h.Get("name").String(), name) {
			value = h.Get("value").String()
		}
		return value == ""
	})
	return value
}
