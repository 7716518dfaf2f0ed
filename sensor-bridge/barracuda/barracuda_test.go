package barracuda

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "barracuda/sc4s_barracuda", map[string]sample.Want{"test_barracuda": {"outcome": "prevented", "src_ip": "10.1.1.1", "src_port": 33217, "method": "GET", "class": "noise", "family": "geo", "code": "1111"}})
	want := []sample.Want{
		{"class": "login_failure", "outcome": "prevented"},
		{"src_ip": "1.1.1.1", "dst_port": 80, "outcome": "detected", "verb": "LOG", "method": "POST"},
		{"source": "web", "src_ip": "1001::1", "class": "noise"},
		{"class": "config_change", "src_ip": "1.1.1.121", "user": "User"},
		{"family": "firewall", "src_ip": "1.1.1.117", "dst_port": 80, "outcome": "unknown"},
	}
	for i, c := range sample.Cases(t, "waf_thirdparty/sc4s_barracuda_waf") {
		sample.Expect(t, Decode, c.Input, want[i], true)
	}
	for _, folder := range []string{"linux/sc4s_linux_syslog", "cisco/sc4s_cisco_ios", "juniper/sc4s_juniper_junos_rfc3164", "fortinet/sc4s_fortinet_ngfw", "syslog_generic/sc4s_common", "ubiquiti/sc4s_ubiquiti_unifi", "netdev_other/sc4s_hpe_procurve"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsCloudGen(t *testing.T) {
	sample.Expect(t, Decode, `<14>Mar  4 10:00:00 fw box_Firewall_Activity: Info fw Block: type=FWD|proto=TCP|srcIF=eth1|srcIP=192.168.1.9|srcPort=5000|dstIP=203.0.113.7|dstPort=25|rule=BLOCKALL|app=|user=`, sample.Want{
		"outcome": "prevented", "src_ip": "192.168.1.9", "dst_port": 25, "protocol": "tcp", "signature": "BLOCKALL", "direction": nil,
	}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`x ALER A 1.1.1.1 1 2.2.2.2 2 a b LOG c [d] GET e`, `src=1 logType=WF actionTaken=x attackId=1`, `box_Firewall type=FWD|a=b`}, "barracuda/*", "waf_thirdparty/sc4s_barracuda_waf")
}
