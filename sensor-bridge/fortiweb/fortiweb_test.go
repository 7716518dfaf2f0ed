package fortiweb

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "waf_thirdparty/sc4s_fortinet_web", map[string]sample.Want{
		"test_fortinet_fwb_event":   {"family": "admin_login", "outcome": "succeeded", "user": "admin", "src_ip": "172.20.120.47", "time": "2025-04-15T01:12:13Z", "time_trust": "exact"},
		"test_fortinet_fwb_traffic": {"class": "noise", "src_ip": "10.0.8.103", "dst_port": 80, "method": "GET", "status": 200},
		"test_fortinet_fwb_attack":  {"class": "waf_attack", "family": "lfi", "outcome": "detected", "severity": "Medium", "code": "060150002", "url": "/preview.php?file==../"},
		"test_fortinet_fortimail":   {"product": "FortiMail", "family": "spam", "src_ip": "24.24.24.94"},
	})
	for _, c := range sample.Cases(t, "fortinet/sc4s_fortinet_ngfw") {
		sample.Expect(t, Decode, c.Input, nil, true)
	}
}

func TestDecode_tellsDeniedFromSeen(t *testing.T) {
	const head = `date=2026-03-04 time=10:00:00 log_id=20000010 device_id=FV-1 timezone="(GMT+09:00)Tokyo" type=attack subtype="waf_signature_detection" src=203.0.113.7 dst=192.168.1.10 signature_subclass="SQL Injection" action=`
	sample.Expect(t, Decode, head+"Alert_Deny", sample.Want{"outcome": "prevented", "family": "sqli", "time": "2026-03-04T01:00:00Z"}, true)
	sample.Expect(t, Decode, head+"Alert", sample.Want{"outcome": "detected"}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`date=2026-03-04 time=10:00:00 log_id=1 device_id=FV type=attack action=x timezone="(GMT+09:00)"`}, "waf_thirdparty/sc4s_fortinet_web")
}
