package cisco

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// decodeUmbrella reads Umbrella's log of names that were asked for, in JSON.
func decodeUmbrella(r *line.Record, e *sekisho.Event) bool {
	o := r.Object()
	if !o.Has("internalIp") || !o.Has("externalIp") || !o.Has("domain") || !o.Has("action") {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Cisco", "Umbrella", "cisco_umbrella"
	if when, _, ok := field.Time(o.String("timestamp")+" UTC", r.Zone); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	} else if when, exact, ok := field.Time(o.String("timestamp"), r.Zone); ok && exact {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.SrcIP, e.URL, e.Verb = field.Address(o.String("internalIp")), strings.TrimSuffix(o.String("domain"), "."), o.String("action")
	e.Host, e.Direction = o.String("policyIdentity", "identities.0"), sekisho.DirectionOutbound
	var categories []string
	for _, c := range append(o.Get("categories").Array(), o.Get("blockedCategories").Array()...) {
		categories = append(categories, c.String())
	}
	e.Category = strings.Join(categories, ", ")
	e.Signature = e.Category
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "dns", sekisho.OutcomeUnknown
	outcome, _ := verb.AtGateway(e.Verb)
	lower := strings.ToLower(e.Category)
	switch {
	case strings.Contains(lower, "command and control"):
		e.Class, e.Outcome = sekisho.ClassC2, outcome
	case strings.Contains(lower, "malware"), strings.Contains(lower, "phishing"), strings.Contains(lower, "cryptomining"), strings.Contains(lower, "newly seen"):
		e.Class, e.Outcome = sekisho.ClassMaliciousWeb, outcome
	case outcome == sekisho.OutcomePrevented:
		e.Class, e.Outcome = sekisho.ClassPolicyWeb, outcome
	}
	return true
}
