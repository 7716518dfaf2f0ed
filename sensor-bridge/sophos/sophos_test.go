package sophos

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "sophos/sc4s_sophos_firewall_xg", map[string]sample.Want{
		"test_sophos_firewall_event":          {"vendor": "Sophos", "class": "noise", "family": "firewall", "outcome": "unknown", "device": "XG430"},
		"test_sophos_content_filtering_event": {"class": "noise", "family": "webfilter", "src_ip": "10.1.24.13", "dst_port": 443, "url": "https://www.google.com/"},
	})
	sample.Check(t, Decode, "sophos/sc4s_sophos_webappliance", map[string]sample.Want{"test_sophos_webappliance": {"product": "Web Appliance", "src_ip": "10.99.115.13", "url": "http://www.google.ca/", "outcome": "unknown"}})
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "sonicwall/sc4s_dell_sonicwall", "watchguard_firebox/datadog_tests", "barracuda/sc4s_barracuda"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsEveryProduct(t *testing.T) {
	const head = `<30>device="SFW" date=2026-03-04 time=10:00:00 timezone="JST" device_name="SF01V" device_id=X log_id=020804407001 `
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"IPS", head + `log_type="IDP" log_component="Signatures" log_subtype="Drop" priority=Warning signature_id=26022 signature_msg="FILE-PDF SQL injection" classification="Attempted User Privilege Gain" src_ip=203.0.113.7 src_port=80 dst_ip=192.168.1.10 dst_port=5000 protocol="TCP"`, sample.Want{
			"class": "exploit", "outcome": "prevented", "code": "26022", "time": "2026-03-04T01:00:00Z", "direction": nil, "protocol": "tcp",
		}},
		{"IPS seen", head + `log_type="IDP" log_component="Signatures" log_subtype="Detect" signature_msg="x" src_ip=203.0.113.7`, sample.Want{"class": "exploit", "outcome": "detected"}},
		{"virus", head + `log_type="Anti-Virus" log_component="HTTP" log_subtype="Virus" virus="EICAR-AV-Test" url="http://e.example/" domain=e.example`, sample.Want{"class": "malware", "outcome": "prevented", "signature": "EICAR-AV-Test"}},
		{"botnet", head + `log_type="ATP" log_component="Firewall" log_subtype="Alert" threatname=C2/Generic-A url=bad.example src_ip=192.168.1.9`, sample.Want{"class": "c2", "outcome": "detected"}},
		{"site", head + `log_type="Content Filtering" log_component="HTTP" log_subtype="Denied" category="Gambling" url="http://g.example/"`, sample.Want{"class": "policy_web", "outcome": "prevented"}},
		{"wrong password", head + `log_type="Event" log_component="GUI" log_subtype="Admin" status="Failed" user_name="admin" src_ip=203.0.113.9 message="User admin failed to login from '203.0.113.9' using web admin console"`, sample.Want{"class": "login_failure", "family": "admin_login"}},
		{"denied packet", head + `log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied" status="Deny" src_ip=203.0.113.7 dst_ip=198.51.100.1`, sample.Want{"class": "noise", "outcome": "prevented"}},
		{"UTM 9 packet", `<30>2026:03:04-10:00:00 utm ulogd[1]: id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" action="drop" fwrule="60002" srcip="203.0.113.7" dstip="198.51.100.1" proto="6" srcport="4000" dstport="23"`, sample.Want{"product": "UTM", "outcome": "prevented", "dst_port": 23}},
		{"UTM 9 virus", `<30>2026:03:04-10:00:00 utm httpproxy[1]: id="0056" severity="info" sys="SecureWeb" sub="http" name="web request blocked, virus detected" action="block" srcip="192.168.1.9" url="http://e.example/" virus="EICAR"`, sample.Want{"class": "malware", "outcome": "prevented", "signature": "EICAR"}},
		{"Central cleaned", `{"type":"Event::Endpoint::Threat::CleanedUp","when":"2026-03-04T01:00:00Z","location":"PC-07","source":"taro","severity":"medium","name":"Malware cleaned up: 'EICAR' at 'C:\\a'"}`, sample.Want{"source": "edr", "class": "malware", "outcome": "contained", "host": "PC-07", "user": "taro"}},
		{"Central not cleaned", `{"type":"Event::Endpoint::Threat::CleanupFailed","when":"2026-03-04T01:00:00Z","location":"PC-07"}`, sample.Want{"outcome": "detected"}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`device="SFW" log_component="x" log_type="Event" date=2026-03-04 time=1`, `id="1" severity="x" sys="a" sub="http" name="virus"`, `{"type":"Event::Endpoint::Threat::x"}`}, "sophos/*")
}
