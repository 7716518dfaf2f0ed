package aws

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "waf_thirdparty/panther_aws_waf_rules", map[string]sample.Want{
		"Blocked DDoS tool via terminatingRuleId":               {"class": "scan", "family": "dos", "outcome": "prevented", "src_ip": "203.0.113.45", "time": "2024-03-20T10:30:00Z"},
		"Scraping framework in ruleGroupList":                   {"family": "bot", "code": "CategoryScrapingFramework", "user_agent": "Scrapy/2.7"},
		"Match in ruleGroupList terminating rule":               {"class": "waf_attack", "family": "lfi", "outcome": "prevented", "path": "/etc/passwd"},
		"Non-terminating match in rule group (COUNT mode)":      {"family": "xss", "outcome": "detected", "verb": "allow"},
		"CloudFront SSRF detection":                             {"family": "ssrf", "outcome": "prevented"},
		"Non-terminating automated browser signal (COUNT mode)": {"class": "scan", "family": "bot", "outcome": "detected"},
		"Normal traffic - no alert":                             {"class": "noise", "outcome": "unknown"},
	})
	for _, c := range sample.Cases(t, "waf_thirdparty/ocsf_examples_aws_waf") {
		r := sample.Read(c.Input)
		var e sekisho.Event
		if r.JSON() && r.Object().Has("webaclId") && !Decode(&r, &e) {
			t.Errorf("%s: refused", c.Name)
		}
	}
}

func TestDecode_readsRateRulesAndArguments(t *testing.T) {
	sample.Expect(t, Decode, `{"timestamp":1772586000500,"formatVersion":1,"webaclId":"arn:aws:wafv2:ap-northeast-1:1:regional/webacl/shop/x","terminatingRuleId":"per-ip","terminatingRuleType":"RATE_BASED","action":"BLOCK","responseCodeSent":429,"httpRequest":{"clientIp":"203.0.113.7","uri":"/a","args":"q=1","httpMethod":"GET","headers":[{"name":"Host","value":"a.example"}]}}`, sample.Want{
		"family": "dos", "outcome": "prevented", "time": "2026-03-04T01:00:00.5Z", "device": "shop", "url": "https://a.example/a?q=1", "site": "a.example", "status": 429,
	}, true)
	sample.Expect(t, Decode, `{"action":"BLOCK","httpRequest":{"clientIp":"203.0.113.7"}}`, nil, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`{"webaclId":"a","action":"BLOCK","httpRequest":{"headers":[{"name":"Host"}]},"ruleGroupList":[{"terminatingRule":{"ruleId":"x"}}]}`}, "waf_thirdparty/panther_aws_waf_rules")
}
