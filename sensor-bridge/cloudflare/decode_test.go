package cloudflare

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "waf_thirdparty/panther_cloudflare_rules", map[string]sample.Want{
		"Traffic Marked as L7DDoS but blocked ( INFO level alert )": {"class": "scan", "family": "dos", "outcome": "prevented", "time": "2022-05-10T06:36:57Z", "src_ip": "127.0.0.1", "verb": "block"},
		"Managed Ruleset Match": {"class": "waf_attack", "outcome": "prevented", "method": "POST", "url": "https://example.com/api/upload", "code": "33aa8a8a948b48b28d40450c5fb92fba"},
		"Likely Human":          {"source": "web", "class": "noise", "outcome": "unknown", "src_port": 28057, "time": "2022-05-07T18:53:12Z"},
	})
}

func TestDecode_saysWhatAnActionDid(t *testing.T) {
	event := func(action, source, query string) string {
		return `{"Action":"` + action + `","Source":"` + source + `","ClientIP":"203.0.113.7","ClientRequestHost":"a.example","ClientRequestPath":"/","ClientRequestQuery":"` + query + `","RayID":"1","Datetime":"2026-03-04T01:00:00Z"}`
	}
	tests := []struct {
		name, input string
		want        sample.Want
	}{
		{"logged only", event("log", "firewallmanaged", "?q=1+union+select+1"), sample.Want{"family": "sqli", "outcome": "detected"}},
		{"challenge shown", event("managed_challenge", "firewallrules", ""), sample.Want{"outcome": "prevented"}},
		{"challenge solved", event("managedChallengeNonInteractiveSolved", "firewallrules", ""), sample.Want{"outcome": "detected"}},
		{"own exception", event("allow", "firewallrules", ""), sample.Want{"class": "noise"}},
		{"country", event("block", "country", ""), sample.Want{"class": "noise", "outcome": "prevented"}},
		{"access log", `{"ClientIP":"203.0.113.7","ClientRequestHost":"a.example","ClientRequestURI":"/.env","EdgeResponseStatus":404,"EdgeStartTimestamp":1772586000000000000,"RayID":"1"}`, sample.Want{"source": "web", "class": "scan", "outcome": "refused", "time": "2026-03-04T01:00:00Z"}},
		{"somebody else's", `{"ClientIP":"203.0.113.7"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { sample.Expect(t, Decode, tt.input, tt.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`{"Action":"block","Source":"waf","ClientIP":"1.2.3.4","RayID":"1"}`}, "waf_thirdparty/panther_cloudflare_rules")
}
