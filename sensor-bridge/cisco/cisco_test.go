package cisco

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "cisco/sc4s_cisco_asa", map[string]sample.Want{
		"test_cisco_asa_traditional":    {"outcome": "prevented", "src_ip": "179.236.133.160", "src_port": 3624, "dst_ip": "72.142.18.38", "dst_port": 23},
		"test_cisco_asa_no_host_no_seq": {"class": "noise", "src_ip": "10.96.105.18", "dst_ip": "10.110.192.80", "direction": "outbound", "protocol": "udp"},
		"test_cisco_ftd":                {"product": "FTD", "src_ip": "75.150.94.75", "dst_port": 8027, "verb": "Allow", "outcome": "unknown"},
	})
	sample.Check(t, Decode, "cisco/panther_cisco_umbrella_dns_rules", map[string]sample.Want{
		"Domain Blocked": {"class": "policy_web", "outcome": "prevented", "url": "malware.gvt2.com", "time": "2020-05-21T19:20:25Z"},
		"Action Allowed": {"class": "noise", "outcome": "unknown"},
	})
	for _, folder := range []string{"cisco/sc4s_cisco_ios", "cisco/sc4s_cisco_meraki", "cisco/sc4s_cisco_firepower", "cisco/sc4s_cisco_asa"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, sample.Want{"vendor": "Cisco"}, true)
		}
	}
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "juniper/sc4s_juniper_junos_rfc3164", "linux/sc4s_linux_syslog", "waf_thirdparty/sc4s_f5_bigip"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsMessagesByTheirNumber(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"denied by a list", `<164>Mar 04 2026 10:00:00 asa01 : %ASA-4-106023: Deny tcp src outside:203.0.113.7/4000 dst inside:192.168.1.10/445 by access-group "outside_in" [0x0, 0x0]`, sample.Want{
			"class": "noise", "family": "firewall", "outcome": "prevented", "src_ip": "203.0.113.7", "src_port": 4000, "dst_ip": "192.168.1.10", "dst_port": 445, "protocol": "tcp", "signature": "outside_in", "code": "106023",
		}},
		{"list hit", `%ASA-4-106100: access-list inside denied udp inside/10.0.0.5(5000) -> outside/203.0.113.7(53) hit-cnt 1 first hit [0x1, 0x0]`, sample.Want{"outcome": "prevented", "src_ip": "10.0.0.5", "dst_port": 53, "protocol": "udp", "verb": "denied", "signature": "inside"}},
		{"list named after the other verdict", `%ASA-6-106100: access-list denied permitted tcp inside/10.0.0.5(5000) -> outside/203.0.113.7(53) hit-cnt 1 first hit`, sample.Want{"outcome": "unknown", "verb": "permitted", "signature": "denied"}},
		{"wrong password", `%ASA-6-605004: Login denied from 203.0.113.9/1234 to outside:198.51.100.1/ssh for user "admin"`, sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.9", "user": "admin"}},
		{"administrator from outside", `%ASA-6-605005: Login permitted from 203.0.113.9/1234 to outside:198.51.100.1/ssh for user "admin"`, sample.Want{"class": "admin_login_external", "outcome": "succeeded"}},
		{"AAA", `%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.0.0.1 : user = taro : user IP = 203.0.113.9`, sample.Want{"class": "login_failure", "user": "taro", "src_ip": "203.0.113.9"}},
		{"intrusion that was dropped", `%FTD-1-430001: SrcIP: 203.0.113.7, DstIP: 192.168.1.10, SrcPort: 4000, DstPort: 80, Protocol: tcp, Priority: 1, GID: 1, SID: 12345, Message: SERVER-WEBAPP SQL injection attempt, Classification: Web Application Attack, InlineResult: Dropped`, sample.Want{
			"class": "exploit", "family": "sqli", "outcome": "prevented", "code": "12345", "severity": "1",
		}},
		{"intrusion that would have been", `%FTD-1-430001: SrcIP: 203.0.113.7, DstIP: 192.168.1.10, Message: x, InlineResult: Would have dropped`, sample.Want{"outcome": "detected"}},
		{"malware", `%FTD-1-430005: SrcIP: 203.0.113.7, DstIP: 192.168.1.10, FileName: a.exe, FileSHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, ThreatName: Eicar, FileAction: Block Malware`, sample.Want{"class": "malware", "outcome": "prevented", "file": "a.exe"}},
		{"router login", `<189>: rt: Mar  4 10:00:00: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 203.0.113.9] [localport: 22] [Reason: Login Authentication Failed] at 10:00:00`, sample.Want{"class": "login_failure", "user": "admin", "src_ip": "203.0.113.9", "product": "IOS"}},
		{"router list", `<189>Mar  4 10:00:00: %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.7(4000) -> 192.168.1.10(23), 1 packet`, sample.Want{"outcome": "prevented", "dst_port": 23, "protocol": "tcp", "src_port": 4000}},
		{"changed", `<189>Mar  4 10:00:00: %SYS-5-CONFIG_I: Configured from console by taro on vty0 (10.34.195.36)`, sample.Want{"class": "config_change", "user": "taro", "src_ip": "10.34.195.36"}},
		{"Meraki blocked", `<134>1 1772586000.5 mx security_event ids_alerted signature=1:28423:1 priority=1 timestamp=1772586000.25 direction=ingress protocol=tcp/ip src=203.0.113.7:80 dst=192.168.128.2:53023 decision=blocked action=rst message: MALWARE-CNC outbound`, sample.Want{
			"class": "c2", "outcome": "prevented", "src_port": 80, "severity": "1", "time": "2026-03-04T01:00:00.25Z",
		}},
		{"Meraki denied", `<134>1 1772586000.5 mx flows src=192.168.1.9 dst=203.0.113.7 mac=00:11:22:33:44:55 protocol=tcp sport=5000 dport=25 pattern: deny all`, sample.Want{"outcome": "prevented", "dst_port": 25, "device": "mx"}},
		{"not Cisco", `<134>Mar  4 10:00:00 host app: 100% done-1-x: y`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`%ASA-6-302013: Built inbound TCP connection 1 for a:1.1.1.1/1 (x) to b:2.2.2.2/2`, `<1>1 1772586000.5 mx urls src=1.1.1.1:1 dst=2.2.2.2:2 request: GET http://a`}, "cisco/*")
}
