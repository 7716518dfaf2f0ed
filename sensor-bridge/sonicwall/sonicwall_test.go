package sonicwall

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "sonicwall/sc4s_dell_sonicwall", map[string]sample.Want{"module": {
		"vendor": "SonicWall", "class": "noise", "outcome": "unknown", "src_ip": "192.0.0.159", "src_port": 61254, "dst_ip": "10.0.0.7", "dst_port": 53, "protocol": "udp", "code": "537", "direction": nil,
	}})
	sample.Check(t, Decode, "sonicwall/sc4s_dell_sonic", map[string]sample.Want{"module": nil})
	for _, folder := range []string{"sophos/sc4s_sophos_firewall_xg", "fortinet/sc4s_fortinet_ngfw", "waf_thirdparty/sc4s_fortinet_web"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsMessages(t *testing.T) {
	const head = `<129> id=firewall sn=18B169000000 time="2026-03-04 01:00:00 UTC" fw=198.51.100.1 pri=1 c=32 `
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"intrusion", head + `m=609 msg="IPS Prevention Alert: WEB-ATTACKS SQL Injection Attempt" sid=1234 ipscat="WEB-ATTACKS" ipspri=2 n=1 src=203.0.113.7:54192:X1 dst=192.168.1.10:8080:X0 proto=tcp/8080 fw_action="drop"`, sample.Want{
			"class": "exploit", "family": "sqli", "outcome": "prevented", "severity": "2", "code": "1234", "signature": "WEB-ATTACKS SQL Injection Attempt", "time": "2026-03-04T01:00:00Z", "time_trust": "exact", "dst_port": 8080,
		}},
		{"intrusion seen", head + `m=608 msg="IPS Detection Alert: Something" sid=1 ipspri=1 src=203.0.113.7:1:X1 dst=192.168.1.10:80:X0 fw_action="NA"`, sample.Want{"class": "exploit", "outcome": "detected"}},
		{"IPv6", head + `m=609 msg="IPS Prevention Alert: x" src=:5000:X1 srcV6=2001:db8::7 dst=:8080:X20 dstV6=2001:db8::10 fw_action="drop"`, sample.Want{"src_ip": "2001:db8::7", "src_port": 5000, "dst_port": 8080}},
		{"virus", head + `m=809 msg="Gateway Anti-Virus Alert: Eicar (Trojan) blocked." src=203.0.113.7:80:X1 dst=192.168.1.10:5000:X0`, sample.Want{"class": "malware", "outcome": "prevented"}},
		{"site", head + `m=14 msg="Web site access denied" src=192.168.1.10:5000:X0 dst=203.0.113.7:80:X1 dstname=g.example arg=/x Category="Gambling"`, sample.Want{"class": "policy_web", "outcome": "prevented", "url": "g.example/x"}},
		{"port scan", head + `m=82 msg="Possible port scan detected" src=203.0.113.7:1:X1 dst=198.51.100.1:2:X1`, sample.Want{"class": "scan", "family": "scan", "outcome": "detected"}},
		{"administrator", head + `m=30 msg="Administrator login denied due to bad credentials" src=203.0.113.9:1:X1 usr="admin"`, sample.Want{"class": "login_failure", "family": "admin_login", "user": "admin"}},
		{"packet dropped", head + `m=36 msg="TCP connection dropped" src=203.0.113.7:1:X1 dst=198.51.100.1:22:X1`, sample.Want{"class": "noise", "outcome": "prevented"}},
		{"CEF", `CEF:0|SonicWall|NSA 2600|6.5|609|IPS Prevention Alert: x|8|cat=32 src=203.0.113.7 spt=4000 dst=192.168.1.10 dpt=80 proto=tcp act="drop" msg=IPS Prevention Alert: Log4j`, sample.Want{"outcome": "prevented", "family": "java", "src_port": 4000, "dst_port": 80}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`id=firewall sn=1 m=609 msg="x" src=:1:X1 srcV6=::1`, `CEF:0|SonicWall|x|1|1|x|1|spt=1 dpt=2 dst=a src=b`}, "sonicwall/*")
}
