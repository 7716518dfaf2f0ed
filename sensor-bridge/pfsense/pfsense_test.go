package pfsense

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "opnsense_pfsense/sc4s_pfsense", map[string]sample.Want{
		"test_pfsense_filterlog": {"class": "noise", "verb": "pass", "protocol": "icmpv6"},
	})
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "linux/sc4s_linux_syslog", "paloalto/sc4s_palo_alto", "waf_thirdparty/sc4s_f5_bigip"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsFilterAndInterface(t *testing.T) {
	const head = "<134>Mar  4 10:00:00 fw "
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"IPv4", head + `filterlog[1]: 5,,,1000000103,igb0,match,block,in,4,0x0,,240,54321,0,none,6,tcp,44,203.0.113.7,192.168.1.10,40000,23,0,S,1,,1024,,mss`, sample.Want{
			"outcome": "prevented", "src_ip": "203.0.113.7", "src_port": 40000, "dst_ip": "192.168.1.10", "dst_port": 23, "protocol": "tcp", "vendor": "Netgate", "code": "1000000103",
		}},
		{"IPv6 by RFC 5424", `<134>1 2026-03-04T10:00:00+09:00 OPNsense.local filterlog 1 - [meta sequenceId="1"] 5,,,02f4bab0,em0,match,pass,out,6,0x00,0x0,64,udp,17,52,2001:db8::1,2001:db8::2,5353,53,44`, sample.Want{
			"outcome": "unknown", "src_ip": "2001:db8::1", "dst_port": 53, "protocol": "udp", "vendor": "OPNsense",
		}},
		{"pfSense, wrong password", head + `php-fpm[381]: /index.php: webConfigurator authentication error for user 'admin' from: 203.0.113.9`, sample.Want{"class": "login_failure", "outcome": "prevented", "user": "admin", "src_ip": "203.0.113.9"}},
		{"OPNsense, wrong password", head + `audit[381]: /index.php: Web GUI authentication error for 'root' from 203.0.113.9`, sample.Want{"class": "login_failure", "vendor": "OPNsense", "user": "root", "src_ip": "203.0.113.9"}},
		{"in", head + `php-fpm[381]: /index.php: Successful login for user 'admin' from: 192.168.1.5 (Local Database)`, sample.Want{"class": "noise", "outcome": "succeeded", "src_ip": "192.168.1.5"}},
		{"in from outside", head + `php-fpm[381]: /index.php: Successful login for user 'admin' from: 203.0.113.9 (Local Database)`, sample.Want{"class": "admin_login_external", "outcome": "succeeded"}},
		{"changed", head + `audit[1]: /firewall_rules.php: user root@192.168.1.5 changed configuration to /conf/backup/config-1.xml in /firewall_rules.php`, sample.Want{"class": "config_change", "user": "root", "src_ip": "192.168.1.5"}},
		{"sshguard", head + `sshguard[1]: Blocking "203.0.113.9/32" for 120 secs (3 attacks in 1 secs, after 1 abuses over 1 secs.)`, sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.9"}},
		{"another's PHP", head + `php: /a.php: hello`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`<1>Mar  4 10:00:00 fw filterlog: 1,,,1,a,match,block,in,4`, `<1>Mar  4 10:00:00 fw php-fpm: /a.php: Successful login for user 'a' from: 1.1.1.1`}, "opnsense_pfsense/*")
}
