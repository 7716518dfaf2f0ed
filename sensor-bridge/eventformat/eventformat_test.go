package eventformat

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for _, c := range sample.Cases(t, "leef/sc4s_leef") {
		sample.Expect(t, Decode, c.Input, sample.Want{"class": "noise", "format": "leef"}, true)
	}
	for _, folder := range []string{"linux/sc4s_linux_syslog", "paloalto/sc4s_palo_alto", "cisco/sc4s_cisco_ios"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsWhatTheFormatsPromise(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"LEEF 2.0", "<134>1 2025-04-15T10:12:13.000000+09:00 h LEEF:2.0|Vendor|Product|1|EventID|x5E|src=192.0.2.0^dst=172.16.1.1^sev=5^cat=anomaly^srcPort=81^dstPort=21^usrName=joe.black^devTime=1744679533.000", sample.Want{
			"vendor": "Vendor", "src_ip": "192.0.2.0", "src_port": 81, "dst_ip": "172.16.1.1", "dst_port": 21, "user": "joe.black", "severity": "5", "time": "2025-04-15T01:12:13Z", "code": "EventID",
		}},
		{"blocked attack", `CEF:0|Acme|UTM|1|100|SQL Injection Attempt|8|src=203.0.113.7 spt=4000 dst=192.168.1.10 dpt=80 act=blocked request=http://a/b rt=1772586001000`, sample.Want{"class": "exploit", "family": "sqli", "outcome": "prevented", "severity": "8", "time": "2026-03-04T01:00:01Z"}},
		{"virus let through", `CEF:0|Acme|UTM|1|100|Virus found|8|act=allowed fname=a.exe`, sample.Want{"class": "malware", "outcome": "detected", "file": "a.exe"}},
		{"virus on a PC", `CEF:0|Acme|Endpoint Security|1|100|Malware detected|8|act=quarantined dhost=pc1`, sample.Want{"class": "malware", "outcome": "contained", "host": "pc1", "source": "edr"}},
		{"login", `CEF:0|Acme|UTM|1|100|User login failed|3|suser=taro src=203.0.113.9`, sample.Want{"class": "login_failure", "outcome": "prevented", "user": "taro"}},
		{"update", `CEF:0|Acme|UTM|1|100|Virus pattern update finished|3|`, sample.Want{"class": "noise"}},
		{"dropped packet", `CEF:0|Acme|UTM|1|100|Traffic|3|act=drop src=203.0.113.9 dst=192.168.1.1`, sample.Want{"class": "noise", "family": "firewall", "outcome": "prevented"}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`CEF:0|a|b|c|d|e|5|src=1.1.1.1 act=deny rt=Mar 04 10:00:00`, "LEEF:2.0|a|b|c|d|^|src=1.1.1.1^devTime=x"}, "leef/*")
}
