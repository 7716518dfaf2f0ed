package suricata

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for _, c := range sample.Cases(t, "suricata/sc4s_suricata") {
		sample.Expect(t, Decode, c.Input, sample.Want{"vendor": "Suricata", "class": "noise", "outcome": "unknown"}, true)
	}
	for _, folder := range []string{"crowdstrike/panther_crowdstrike_rules", "osquery/panther_osquery_rules", "carbonblack/panther_carbonblack_rules", "sentinelone/panther_sentinelone_rules", "cisco/sc4s_cisco_firepower", "cisco/sc4s_cisco_ios"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_saysWhatBecameOfAnAlert(t *testing.T) {
	const eve = `{"timestamp":"2026-03-04T10:00:01.250000+0900","flow_id":1,"in_iface":"eth0","event_type":"alert","src_ip":"203.0.113.7","src_port":4000,"dest_ip":"192.168.1.10","dest_port":80,"proto":"TCP",`
	const alert = `"signature_id":2019401,"rev":1,"signature":"ET WEB_SERVER SQL Injection Attempt","category":"Web Application Attack","severity":1}`
	const fast = ` [1:2009187:4] ET SCAN Potential SSH Scan [**] [Classification: Attempted Information Leak] [Priority: 2] {TCP} 203.0.113.7:4000 -> 192.168.1.10:22`
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"allowed", eve + `"alert":{"action":"allowed",` + alert + `,"http":{"hostname":"www.example.jp","url":"/a?id=1","http_method":"GET","status":200}}`, sample.Want{
			"class": "exploit", "family": "sqli", "outcome": "detected", "severity": "1", "rule_ids": []int{2019401}, "time": "2026-03-04T01:00:01.25Z", "time_trust": "exact",
			"src_ip": "203.0.113.7", "src_port": 4000, "dst_ip": "192.168.1.10", "dst_port": 80, "protocol": "tcp", "url": "http://www.example.jp/a?id=1", "method": "GET", "direction": "inbound",
		}},
		{"blocked", eve + `"alert":{"action":"blocked",` + alert + `}`, sample.Want{"outcome": "prevented", "verb": "blocked"}},
		{"dropped, by its verdict", eve + `"alert":{"action":"allowed",` + alert + `,"verdict":{"action":"drop"}}`, sample.Want{"outcome": "prevented"}},
		{"rule drops, verdict passes", eve + `"alert":{"action":"blocked",` + alert + `,"verdict":{"action":"pass"}}`, sample.Want{"outcome": "detected"}},
		{"lease", `{"timestamp":"2026-03-04T10:00:01.250000+0900","event_type":"dhcp","src_ip":"192.168.1.1","dest_ip":"192.168.1.20","proto":"UDP","dhcp":{"type":"reply","dhcp_type":"ack","assigned_ip":"192.168.1.20","client_mac":"00:11:22:33:44:55","hostname":"pc1"}}`, sample.Want{"family": "dhcp_lease", "src_ip": "192.168.1.20", "host": "pc1"}},
		{"fast", `03/04/2026-10:00:01.5  [**]` + fast, sample.Want{"class": "scan", "outcome": "detected", "signature": "ET SCAN Potential SSH Scan", "time": "2026-03-04T10:00:01.5Z", "severity": "2", "rule_ids": []int{2009187}, "dst_port": 22}},
		{"fast, dropped", `03/04/2026-10:00:01.5  [Drop] [**]` + fast, sample.Want{"outcome": "prevented"}},
		{"fast, would be dropped", `03/04/2026-10:00:01.5  [wDrop] [**]` + fast, sample.Want{"outcome": "detected"}},
		{"snort by syslog", `<33>Mar  4 10:00:00 fw snort[123]: [1:2009187:4] ET SCAN Potential SSH Scan [Classification: Attempted Information Leak] [Priority: 2]: <eth0> {TCP} 203.0.113.7:4000 -> 192.168.1.10:22`, sample.Want{"vendor": "Snort", "class": "scan", "src_port": 4000}},
		{"six", `03/04/2026-10:00:01.5  [**] [1:1:1] x [**] [Classification: (null)] [Priority: 3] {UDP} 2001:0db8:0000:0000:0000:0000:0000:0001:5353 -> 192.168.1.10:22`, sample.Want{"src_ip": "2001:db8::1", "src_port": 5353}},
		{"another's event_type", `{"event_type":0,"host_name":"MAC-LAPTOP-1","item_name":"x"}`, nil},
		{"another's event_type in words", `{"event_type":"login","timestamp":"2026-03-04T10:00:01Z","user":"x"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`{"timestamp":"x","flow_id":1,"event_type":"alert","alert":{"signature":"a"}}`, `03/04/2026-10:00:01.5  [Drop] [**] [1:1:1] x [**] [Priority: 3] {UDP} 1.1.1.1:1 -> [::1]:2`}, "suricata/*")
}
