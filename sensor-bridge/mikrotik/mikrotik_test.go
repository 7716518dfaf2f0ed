package mikrotik

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for _, c := range sample.Cases(t, "mikrotik/sc4s_mikrotik") {
		sample.Expect(t, Decode, c.Input, sample.Want{"class": "noise", "src_ip": "192.168.1.196", "src_port": 62583, "dst_ip": "10.1.0.0", "dst_port": 8000, "protocol": "tcp"}, true)
	}
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "linux/sc4s_linux_syslog", "linux/sc4s_ossec", "cisco/sc4s_cisco_ios", "juniper/sc4s_juniper_junos_rfc3164", "syslog_generic/sc4s_common", "ubiquiti/sc4s_ubiquiti_unifi"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsTopics(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"dropped", `<30>Mar  4 10:00:00 MikroTik firewall,info DROP input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:11:22:33:44:55, proto TCP (SYN), 203.0.113.7:40000->198.51.100.1:23, len 40`, sample.Want{"outcome": "prevented", "src_port": 40000, "dst_port": 23, "protocol": "tcp", "code": "firewall,info"}},
		{"wrong password", `<27>Mar  4 10:00:00 MikroTik system,error,critical login failure for user admin from 203.0.113.9 via ssh`, sample.Want{"class": "login_failure", "outcome": "prevented", "user": "admin", "src_ip": "203.0.113.9"}},
		{"wrong password without topics", `<27>Mar  4 10:00:00 MikroTik login failure for user admin from 203.0.113.9 via winbox`, sample.Want{"class": "login_failure", "user": "admin"}},
		{"in", `system,info,account user admin logged in from 192.168.88.5 via winbox`, sample.Want{"class": "noise", "outcome": "succeeded", "user": "admin", "family": "admin_login"}},
		{"in from outside", `system,info,account user admin logged in from 203.0.113.9 via web`, sample.Want{"class": "admin_login_external"}},
		{"changed", `system,info filter rule changed by winbox-3.41/tcp-msg(winbox):admin@192.168.88.5`, sample.Want{"class": "config_change", "user": "admin", "src_ip": "192.168.88.5"}},
		{"lease", `dhcp,info defconf assigned 192.168.88.10 to 00:11:22:33:44:55`, sample.Want{"family": "dhcp_lease", "src_ip": "192.168.88.10", "host": "00:11:22:33:44:55"}},
		{"VPN refused", `l2tp,ppp,error <203.0.113.9>: user taro authentication failed`, sample.Want{"class": "login_failure", "family": "vpn_login", "user": "taro", "src_ip": "203.0.113.9"}},
		{"lost power", `system,error,critical router was rebooted without proper shutdown`, sample.Want{"class": "sensor_fault", "outcome": "succeeded"}},
		{"ordinary text", `<30>Mar  4 10:00:00 host system, info: nothing`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`firewall,info a: in:x out:y, proto UDP, 1.1.1.1:1->2.2.2.2:2, len 1`, `system,info x changed by admin@1.1.1.1`, `dhcp,info a assigned 1.1.1.1 to b`}, "mikrotik/*")
}
