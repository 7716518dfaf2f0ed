package zscaler

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "netdev_other/sc4s_zscaler_proxy", map[string]sample.Want{
		"test_zscaler_proxy_pri":  {"class": "noise", "outcome": "unknown", "src_ip": "192.168.0.38", "dst_ip": "216.58.204.70", "user": "first.last@example.com", "url": "4171764.fls.doubleclick.net:443", "method": "CONNECT"},
		"test_zscaler_nss_alerts": {"class": "sensor_fault", "vendor": "Zscaler"},
	})
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "leef/sc4s_leef", "linux/sc4s_linux_syslog"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_saysWhatBecameOfARequest(t *testing.T) {
	const head = "<134>2026-03-04 10:00:00\treason=x\tvendor=Zscaler\tClientIP=192.168.1.5\turl=bad.example/a\t"
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"malware", head + "action=Blocked\tthreatname=Win32.Trojan\tthreatcategory=Trojan", sample.Want{"class": "malware", "outcome": "prevented", "signature": "Win32.Trojan"}},
		{"malware let through", head + "action=Allowed\tthreatname=Win32.Trojan\tthreatcategory=Trojan", sample.Want{"class": "malware", "outcome": "detected"}},
		{"gambling", head + "action=Blocked\tthreatname=None\turlcategory=Gambling", sample.Want{"class": "policy_web", "outcome": "prevented", "category": "Gambling"}},
		{"botnet", head + "action=Blocked\tthreatname=x\tthreatcategory=Botnet Callback", sample.Want{"class": "c2", "outcome": "prevented"}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{"a=b\tvendor=Zscaler\taction=Blocked\turl=x", `{"vendor":"Zscaler","event":{"action":"Allowed"}}`}, "netdev_other/*")
}
