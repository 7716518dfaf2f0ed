package juniper

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "juniper/sc4s_juniper_junos_rfc3164", map[string]sample.Want{
		"test_juniper_utm_standard":      {"class": "noise", "src_ip": "192.168.32.1", "src_port": 62054, "dst_ip": "1.1.1.1", "dst_port": 443, "url": "ent-shasta-rrs.symantec.com"},
		"test_juniper_firewall_standard": {"class": "noise", "src_ip": "192.168.1.102", "src_port": 58662, "dst_ip": "8.8.8.8", "dst_port": 53},
		"test_juniper_idp_standard":      {"class": "exploit", "outcome": "prevented", "severity": "HIGH", "src_ip": "64.1.2.1", "dst_port": 80, "signature": "HTTP:INVALID:MSNG-HTTP-VER"},
		"test_juniper_system_standard":   {"class": "noise", "vendor": "Juniper"},
	})
	sample.Check(t, Decode, "juniper/sc4s_juniper_junos_rfc5424", map[string]sample.Want{
		"test_juniper_junos_structured":          {"class": "noise", "user": "user"},
		"test_juniper_junos_idp_structured":      {"class": "malware", "outcome": "prevented", "signature": "TROJAN:ZMEU-BOT-SCAN", "src_ip": "183.78.180.27", "time": "2017-10-12T21:55:54Z"},
		"test_juniper_junos_fw_structured":       {"class": "noise", "src_ip": "10.10.10.100", "dst_port": 445, "protocol": "tcp", "signature": "123"},
		"test_juniper_junos_aamw_structured":     {"class": "malware", "outcome": "detected", "signature": "Testfile", "host": "dummy_host", "file": "dummy_file"},
		"test_juniper_junos_secintel_structured": {"class": "c2", "outcome": "prevented", "severity": "10", "url": "dummy_host"},
	})
	sample.Check(t, Decode, "juniper/sc4s_juniper_legacy", map[string]sample.Want{
		"test_juniper_netscreen_fw": {"outcome": "prevented", "src_ip": "21.10.90.125", "dst_ip": "23.16.1.1", "protocol": "tcp", "device": "netscreen2"},
	})
	for _, c := range sample.Cases(t, "juniper/sc4s_juniper_junos_rfc3164") {
		sample.Expect(t, Decode, c.Input, sample.Want{"vendor": "Juniper"}, true)
	}
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "linux/sc4s_linux_syslog", "cisco/sc4s_cisco_ios", "waf_thirdparty/sc4s_f5_bigip", "mikrotik/sc4s_mikrotik"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsTags(t *testing.T) {
	const head = "<14>Mar  4 10:00:00 srx "
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"denied", head + "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 203.0.113.7/4000->192.168.1.10/23 junos-telnet 6(0) deny-all untrust trust", sample.Want{"outcome": "prevented", "src_port": 4000, "dst_port": 23}},
		{"screen", head + "RT_IDS: RT_SCREEN_TCP: TCP port scan! source: 203.0.113.7:4000, destination: 192.168.1.10:23, zone name: untrust, interface name: ge-0/0/0.0, action: drop", sample.Want{"class": "scan", "outcome": "prevented", "src_ip": "203.0.113.7"}},
		{"blocked page", head + `RT_UTM: WEBFILTER_URL_BLOCKED: WebFilter: ACTION="URL Blocked" 192.168.1.5(5000)->203.0.113.7(80) CATEGORY="Enhanced_Malicious_Web_Sites" REASON="BY_PRE_DEFINED" PROFILE="p" URL=bad.example OBJ=/`, sample.Want{"class": "malicious_web", "outcome": "prevented", "url": "bad.example"}},
		{"wrong password", head + "sshd[1]: SSHD_LOGIN_FAILED: Login failed for user 'root' from host '203.0.113.9'", sample.Want{"class": "login_failure", "user": "root", "src_ip": "203.0.113.9"}},
		{"changed", head + "mgd[1]: UI_COMMIT: User 'taro' requested 'commit' operation (comment: none)", sample.Want{"class": "config_change", "user": "taro"}},
		{"nobody's", head + "APP_X: hello", nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{"<1>Mar  4 10:00:00 h RT_IDP: IDP_ATTACK_LOG_EVENT: IDP: at 1, name=x, <1.1.1.1/1->2.2.2.2/2>", "NetScreen device_id=a [Root]system-alert-00016: Port scan! From 1.1.1.1:1 to 2.2.2.2:2"}, "juniper/*")
}
