package paloalto

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "paloalto/sc4s_palo_alto", map[string]sample.Want{
		"test_palo_alto_traffic":                          {"class": "noise", "family": "firewall", "src_ip": "192.168.41.30", "dst_port": 443, "outcome": "unknown", "category": "ssl"},
		"test_palo_alto_threat_old_format":                {"class": "malicious_web", "outcome": "prevented", "user": `pancademo\david.poster`, "dst_ip": "65.55.17.25", "url": "emam.firefoxupdata.com/"},
		"test_palo_alto_threat_high_resolution_timestamp": {"class": "noise", "outcome": "unknown", "verb": "alert"},
		"test_palo_alto_traffic_5424":                     {"class": "noise", "src_port": 39681},
		"test_palo_alto_system":                           {"class": "noise", "code": "connect-ldap-sever-failure", "severity": "medium"},
		"test_palo_alto_config_high_resolution_timestamp": {"class": "config_change", "user": "Panorama-admin"},
		"test_palo_alto_globalprotect":                    {"family": "vpn_login", "src_ip": "8.8.8.8"},
		"test_palo_alto_hipmatch":                         {"family": "hipmatch", "src_ip": "10.252.31.187"},
		"test_palo_alto_decryption":                       {"family": "firewall"},
	})
	sample.Check(t, Decode, "sonicwall/sc4s_dell_sonicwall", map[string]sample.Want{"module": nil})
}

const flow = `203.0.113.7,192.168.1.10,0.0.0.0,0.0.0.0,inbound,,,web-browsing,vsys1,untrust,dmz,ethernet1/1,ethernet1/2,fwd,2026/03/04 10:00:01,1,1,4000,443,0,0,0x80,tcp,`

func TestDecode_saysWhatBecameOfAThreat(t *testing.T) {
	const head = `<14>Mar  4 10:00:00 pa-220 1,2026/03/04 10:00:01,0123,THREAT,`
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"IPS reset", head + `vulnerability,2561,2026/03/04 10:00:01,` + flow + `reset-both,"a/b",Apache Log4j Remote Code Execution Vulnerability(91991),any,critical,client-to-server`, sample.Want{
			"class": "exploit", "family": "java", "outcome": "prevented", "severity": "critical", "code": "91991", "direction": nil, "src_port": 4000,
		}},
		{"IPS alert", head + `vulnerability,2561,2026/03/04 10:00:01,` + flow + `alert,,Something(1),any,high,client-to-server`, sample.Want{"class": "exploit", "outcome": "detected"}},
		{"virus", head + `virus,2561,2026/03/04 10:00:01,` + flow + `drop,"eicar.com",Eicar Test File(39040),any,medium,server-to-client`, sample.Want{"class": "malware", "outcome": "prevented", "file": "eicar.com"}},
		{"spyware let through", head + `spyware,2561,2026/03/04 10:00:01,` + flow + `allow,,Generic.C2(1),any,critical,client-to-server`, sample.Want{"class": "c2", "outcome": "detected"}},
		{"scan", head + `scan,2561,2026/03/04 10:00:01,` + flow + `drop,,SCAN: TCP Port Scan(8001),any,medium,client-to-server`, sample.Want{"class": "scan", "outcome": "prevented"}},
		{"gambling", head + `url,2561,2026/03/04 10:00:01,` + flow + `block-url,"g.example/",(9999),gambling,informational,client-to-server`, sample.Want{"class": "policy_web", "outcome": "prevented"}},
		{"password wrong", `<14>Mar  4 10:00:00 pa-220 1,2026/03/04 10:00:01,0123,SYSTEM,auth,0,2026/03/04 10:00:01,,auth-fail,,0,0,general,medium,"failed authentication for user 'admin'. Reason: Invalid username/password. From: 203.0.113.9.",1,0x0`, sample.Want{
			"class": "login_failure", "outcome": "prevented", "user": "admin",
		}},
		{"not ours", `1,2,3,4,5,6`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`1,,x,THREAT,url,1,,1.1.1.1`, `CEF:0|Palo Alto Networks|PAN-OS|10|virus|THREAT|5|src=1.1.1.1 act=deny cat=x(1)`}, "paloalto/*")
}
