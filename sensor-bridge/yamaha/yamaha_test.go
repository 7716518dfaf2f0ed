package yamaha

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheRoutersLines(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"session", `<189>[INSPECT] LAN2[out][101100] TCP 192.168.20.3:54874 > 172.217.25.193:443 (2020/01/23 14:12:42)`, sample.Want{
			"vendor": "Yamaha", "class": "noise", "outcome": "unknown", "direction": "outbound", "src_ip": "192.168.20.3", "src_port": 54874, "dst_ip": "172.217.25.193", "dst_port": 443,
			"protocol": "tcp", "time": "2020-01-23T14:12:42Z",
		}},
		{"rejected", `<189>LAN2 Rejected at IN(200099) filter: TCP 203.0.113.7:4000 > 198.51.100.2:23`, sample.Want{
			"class": "noise", "family": "firewall", "outcome": "prevented", "direction": "inbound", "src_ip": "203.0.113.7", "dst_port": 23, "code": "200099",
		}},
		{"rejected on a PPPoE line", `<189>PP[01] Rejected at IN(default) filter: UDP 203.0.113.7:53 > 198.51.100.2:1900`, sample.Want{"outcome": "prevented", "protocol": "udp", "src_port": 53}},
		{"passed", `<189>PP[01] Passed at OUT(101) filter: ICMP 192.168.1.5 > 203.0.113.7`, sample.Want{"outcome": "unknown", "protocol": "icmp", "direction": "outbound"}},
		{"through a relay", `<13>Mar  4 10:00:00 relay LAN2 Rejected at IN(200099) filter: TCP 203.0.113.7:4000 > 198.51.100.2:23`, sample.Want{"outcome": "prevented", "src_ip": "203.0.113.7"}},
		{"tunnel", `<190>IP Tunnel[1] Up`, sample.Want{"class": "noise", "family": "vpn"}},
		{"wrong password", `<190>Login failed for SSH: 203.0.113.9 admin`, sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.9", "user": "admin"}},
		{"login from outside", `<190>Login succeeded for SSH: 203.0.113.9 admin`, sample.Want{"class": "admin_login_external", "outcome": "succeeded"}},
		{"login from inside", `<190>Login succeeded for HTTP: 192.168.100.2`, sample.Want{"class": "noise", "outcome": "succeeded"}},
		{"administrator", `<190>'administrator' succeeded for TELNET: 192.168.100.2`, sample.Want{"user": "administrator", "outcome": "succeeded"}},
		{"saved", `<190>Configuration saved in "CONFIG0" by TELNET(192.168.100.2)`, sample.Want{"class": "config_change", "outcome": "succeeded"}},
		{"address given", `<190>[DHCPD] LAN1(port1) Allocates 192.168.100.2: 00:a0:de:00:00:01`, sample.Want{"family": "dhcpd", "src_ip": "192.168.100.2"}},
		{"flooded", `<189>[IDS] LAN2 IN: SYN flooding 203.0.113.7 > 198.51.100.2 (dropped)`, sample.Want{"class": "scan", "family": "dos", "outcome": "prevented", "src_ip": "203.0.113.7"}},
		{"port", `<190>LAN1: PORT3 link down`, sample.Want{"family": "link"}},
		{"negotiation", `<190>[IKE] initiate ISAKMP phase to 203.0.113.1`, sample.Want{"family": "ike"}},
		{"somebody else's", `<190>Mar  4 10:00:00 host sshd[1]: Failed password for root from 1.2.3.4 port 1 ssh2`, nil},
		{"a sentence", `<190>LAN party tonight`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func TestDecode_leavesOthersAlone(t *testing.T) {
	for _, folder := range []string{"linux/sc4s_linux_syslog", "ubiquiti/sc4s_ubiquiti_unifi", "cisco/sc4s_cisco_ios", "juniper/sc4s_juniper_junos_rfc3164", "netdev_other/sc4s_hpe_procurve", "buffalo/sc4s_buffalo", "opnsense_pfsense/sc4s_pfsense", "cisco/sc4s_cisco_meraki"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`<189>[INSPECT] LAN2[out][1] TCP a:1 > b:2 (2020/01/23 14:12:42)`, `<1>PP[01] Rejected at IN(1) filter: 47 1.1.1.1 > 2.2.2.2`, `<1>Login failed for SSH: x`}, "netdev_other/*")
}
