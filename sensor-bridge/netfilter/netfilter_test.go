package netfilter

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "ubiquiti/sc4s_ubiquiti_unifi", map[string]sample.Want{
		"test_ubiquiti_unifi_usg":    {"vendor": "Ubiquiti", "src_ip": "10.254.3.1", "dst_port": 5353, "protocol": "udp", "verb": "accept", "outcome": "unknown", "device": nil},
		"test_ubiquiti_unifi_us8p60": nil,
	})
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "juniper/sc4s_juniper_junos_rfc3164", "cisco/sc4s_cisco_ios", "sonicwall/sc4s_dell_sonicwall"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsThePrefix(t *testing.T) {
	const packet = `IN=eth0 OUT= MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=203.0.113.7 DST=192.168.1.10 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=40000 DPT=23 WINDOW=65535 RES=0x00 SYN URGP=0 `
	for prefix, want := range map[string]sample.Want{
		"[UFW BLOCK] ":                    {"outcome": "prevented", "product": "ufw", "signature": "UFW BLOCK", "src_ip": "203.0.113.7", "src_port": 40000, "dst_port": 23, "direction": nil},
		"[UFW ALLOW] ":                    {"outcome": "unknown"},
		"[123456.789] [UFW LIMIT BLOCK] ": {"outcome": "prevented"},
		"Shorewall:net2fw:DROP:":          {"outcome": "prevented", "product": "Shorewall"},
		"filter_IN_public_REJECT: ":       {"outcome": "prevented"},
		"[WAN_LOCAL-D-4001] ":             {"outcome": "prevented", "vendor": "Ubiquiti"},
		`[LAN_IN-RET-2000] DESCR="ok" `:   {"outcome": "unknown", "vendor": "Ubiquiti"},
		"iptables denied: ":               {"outcome": "prevented"},
		"":                                {"outcome": "unknown"},
	} {
		sample.Expect(t, Decode, "<4>Mar  4 10:00:00 gw kernel: "+prefix+packet, want, true)
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`kernel: [UFW BLOCK] IN=eth0 OUT= SRC=1.1.1.1 DST=2.2.2.2 PROTO=TCP SPT=1 DPT=2`, `<4>Jan  1 00:00:00 h kernel: [ IN= OUT= SRC= DST=`})
}
