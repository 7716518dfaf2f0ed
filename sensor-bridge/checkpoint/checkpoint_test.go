package checkpoint

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "checkpoint/sc4s_checkpoint_syslog_rfc5424", map[string]sample.Want{
		"test_checkpoint_syslog_anti_malware":     {"vendor": "Check Point", "class": "c2", "outcome": "detected", "severity": "4", "confidence": 1, "signature": "APT_RampantKitten.TC.ah"},
		"test_checkpoint_syslog_threat_emulation": {"class": "noise", "family": "sandbox"},
		"test_checkpoint_syslog_url_filtering":    {"class": "noise", "family": "update"},
		"test_checkpoint_syslog_vpn_and_firewall": {"class": "noise", "family": "firewall"},
		"test_checkpoint_syslog_web_api_internal": {"family": "admin_login", "outcome": "succeeded", "user": "admin"},
	})
	for _, c := range sample.Cases(t, "checkpoint/sc4s_checkpoint_syslog_rfc5424") {
		sample.Expect(t, Decode, c.Input, sample.Want{"vendor": "Check Point"}, true)
	}
	for _, folder := range []string{"juniper/sc4s_juniper_junos_rfc5424", "checkpoint/sc4s_checkpoint", "trellix/sc4s_mcafee_epo"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsEveryForm(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"colons and semicolons", `<134>1 2026-03-04T01:00:00Z gw CheckPoint 1 - [action:"Prevent"; flags:"1"; ifdir:"inbound"; loguid:"{0x1}"; origin:"10.0.0.1"; time:"1772586000"; attack:"Web Server Enforcement Violation"; protection_name:"Apache Log4j Remote Code Execution"; product:"IPS"; severity:"4"; confidence_level:"3"; src:"203.0.113.7"; s_port:"4000"; dst:"192.168.1.10"; service:"443"; proto:"6"]`, sample.Want{
			"class": "exploit", "family": "java", "outcome": "prevented", "src_ip": "203.0.113.7", "src_port": 4000, "dst_port": 443, "protocol": "tcp", "direction": "inbound", "time": "2026-03-04T01:00:00Z", "confidence": 0.7,
		}},
		{"CEF", `CEF:0|Check Point|SmartDefense|Check Point|IPS|SQL Injection|Very-High|act=Detect src=203.0.113.7 dst=192.168.1.10 spt=1 dpt=80 proto=6 rt=1772586000000 cs4Label=Protection Name cs4=SQL Injection`, sample.Want{"class": "exploit", "family": "sqli", "outcome": "detected"}},
		{"JSON", `{"loguid":"{0x1}","product":"Anti-Bot","action":"Prevent","src":"192.168.1.9","protection_name":"Botnet.TC","time":"1772586000"}`, sample.Want{"class": "c2", "outcome": "prevented", "src_ip": "192.168.1.9"}},
		{"dropped packet", `<134>1 2026-03-04T01:00:00Z gw CheckPoint 1 - [action:"Drop"; loguid:"{0x1}"; ifdir:"inbound"; src:"203.0.113.7"; dst:"198.51.100.1"; service:"23"; product:"VPN-1 & FireWall-1"]`, sample.Want{"class": "noise", "outcome": "prevented"}},
		{"wrong password", `<134>1 2026-03-04T01:00:00Z gw CheckPoint 1 - [action:"Reject"; loguid:"{0x1}"; product:"SmartConsole"; operation:"Log In"; administrator:"admin"; client_ip:"203.0.113.9"; subject:"Administrator Login"; reason:"failed"]`, sample.Want{"class": "login_failure", "user": "admin", "src_ip": "203.0.113.9"}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`[loguid:"{1}"; product:"IPS"; action:"x\"y`, `{"loguid":"1","product":"x"}`}, "checkpoint/*")
}
