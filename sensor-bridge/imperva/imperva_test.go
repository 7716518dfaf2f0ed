package imperva

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	want := []sample.Want{
		{"outcome": "prevented", "src_ip": "1.0.0.1", "src_port": 59774, "url": "/uploads/dede/sys_verifies.php", "method": "POST", "user": "GeritaMija3s"},
		{"outcome": "prevented", "family": "sqli", "severity": "High"},
		{"outcome": "detected", "family": "sqli", "user": nil},
		{"outcome": "detected"},
		{"outcome": "prevented", "time": "2025-04-15T01:12:13Z"},
	}
	for i, c := range sample.Cases(t, "waf_thirdparty/sc4s_imperva_waf") {
		sample.Expect(t, Decode, c.Input, want[i], true)
	}
}

func TestDecode_readsCloudWAF(t *testing.T) {
	sample.Expect(t, Decode, `CEF:0|Incapsula|SIEMintegration|1|1|SQL Injection|3| fileId=1 sourceServiceName=a.example siteid=1 suid=1 requestClientApplication=curl/8 deviceFacility=mia cs2=true cs2Label=Javascript Support src=203.0.113.7 cpt=4000 requestMethod=GET request=a.example/?q=1 act=REQ_BLOCKED_SECURITY sip=192.0.2.10 spt=443 start=1772586000000`, sample.Want{
		"outcome": "prevented", "family": "sqli", "site": "a.example", "time": "2026-03-04T01:00:00Z", "method": "GET",
	}, true)
	sample.Expect(t, Decode, `CEF:0|Incapsula|SIEMintegration|1|1|Normal|0| src=203.0.113.7 act=REQ_PASSED`, sample.Want{"class": "noise", "outcome": "unknown"}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`CEF:0|Imperva Inc.|SecureSphere|1|Signature|x|High|act=block cs1Label=Policy cs1=y`, `LEEF:1.0|Incapsula|SIEMintegration|1.0|SQL Injection|src=1.1.1.1	act=REQ_PASSED`}, "waf_thirdparty/sc4s_imperva_waf")
}
