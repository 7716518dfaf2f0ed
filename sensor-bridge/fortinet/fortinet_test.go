package fortinet

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "fortinet/sc4s_fortinet_ngfw", map[string]sample.Want{
		"test_fortinet_fgt_event":   {"class": "noise", "device": "sc4s-host01", "code": "0100040704", "time": "2025-04-15T10:12:13Z", "time_trust": "zone_assumed"},
		"test_fortinet_fgt_traffic": {"class": "noise", "family": "firewall", "outcome": "unknown", "src_ip": "fe80::20c:29ff:fe77:20d4", "protocol": "icmpv6", "verb": "accept"},
		"test_fortinet_fgt_utm": {
			"class": "noise", "family": "webfilter", "src_ip": "172.30.16.119", "src_port": 53235, "dst_ip": "114.112.67.75", "dst_port": 80,
			"direction": "outbound", "category": "Information Technology", "severity": nil,
		},
		"test_fortinet_fgt_event_et_epoch": {"time": "2025-04-15T01:12:13Z", "time_trust": "exact"},
		"test_fortinet_prefiltering":       nil,
	})
	sample.Check(t, Decode, "waf_thirdparty/sc4s_fortinet_web", map[string]sample.Want{"test_fortinet_fwb_event": nil})
}

func TestDecode_saysWhatBecameOfAThreat(t *testing.T) {
	const head = `date=2026-03-04 time=10:00:00 devname="fw" devid="FG1" eventtime=1772586000000000000 tz="+0900" logid="0419016384" type="utm" vd="root" `
	const flow = `srcip=203.0.113.7 srcport=4000 dstip=192.168.1.10 dstport=80 proto=6 srcintfrole="wan" dstintfrole="lan" `
	tests := []struct {
		name, input string
		want        sample.Want
	}{
		{"IPS dropped", head + flow + `subtype="ips" eventtype="signature" severity="high" action="dropped" attack="Apache.Log4j.Error.Log.Remote.Code.Execution" attackid=51006`, sample.Want{
			"class": "exploit", "outcome": "prevented", "direction": "inbound", "severity": "high", "code": "0419016384", "rule_ids": []int{51006}, "time": "2026-03-04T01:00:00Z",
		}},
		{"IPS detected", head + flow + `subtype="ips" action="detected" attack="x y \"z\""`, sample.Want{"class": "exploit", "outcome": "detected", "signature": `x y "z"`}},
		{"virus blocked", head + `subtype="virus" eventtype="infected" action="blocked" virus="EICAR_TEST_FILE" virusid=2172 filename="e.com" filehash="275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f" srcip=10.1.1.1 dstip=198.51.100.1 crlevel="critical" level="warning"`, sample.Want{
			"class": "malware", "outcome": "prevented", "file": "e.com", "hash": "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", "severity": "critical", "direction": "outbound",
		}},
		{"virus let through", head + `subtype="virus" eventtype="infected" action="passthrough" virus="EICAR_TEST_FILE"`, sample.Want{"class": "malware", "outcome": "detected"}},
		{"scan", head + flow + `subtype="anomaly" action="clear_session" attack="tcp_port_scan" severity="critical"`, sample.Want{"class": "scan", "family": "scan", "outcome": "prevented", "confidence": 0.7}},
		{"malicious site", head + `subtype="webfilter" action="blocked" hostname="bad.example" url="/x" cat=26 catdesc="Malicious Websites" dstport=443`, sample.Want{"class": "malicious_web", "outcome": "prevented", "url": "https://bad.example/x"}},
		{"gambling", head + `subtype="webfilter" action="blocked" hostname="g.example" url="https://g.example/" cat=11 catdesc="Gambling"`, sample.Want{"class": "policy_web", "outcome": "prevented", "url": "https://g.example/"}},
		{"botnet name asked for", head + `subtype="dns" eventtype="botnet-domain" action="redirect" qname="c2.example" botnetdomain="c2.example"`, sample.Want{"class": "c2", "outcome": "redirected", "url": "c2.example"}},
		{"remote control let through", head + `subtype="app-ctrl" action="pass" app="TeamViewer" appcat="Remote.Access"`, sample.Want{"class": "remote_tool", "outcome": "detected"}},
		{"administrator from the internet", `date=2026-03-04 time=10:00:00 tz="+0900" devname="fw" vd="root" logid="0100032001" type="event" subtype="system" level="information" logdesc="Admin login successful" user="admin" ui="https(203.0.113.9)" action="login" status="success"`, sample.Want{
			"class": "admin_login_external", "outcome": "succeeded", "src_ip": "203.0.113.9", "user": "admin", "time": "2026-03-04T01:00:00Z",
		}},
		{"VPN password wrong", `date=2026-03-04 time=10:00:00 vd="root" logid="0101039426" type="event" subtype="vpn" action="ssl-login-fail" user="taro" remip=203.0.113.9 reason="sslvpn_login_permission_denied"`, sample.Want{
			"class": "login_failure", "family": "vpn_login", "src_ip": "203.0.113.9", "outcome": "prevented",
		}},
		{"administrator from inside", `date=2026-03-04 time=10:00:00 vd="root" logid="0100032001" type="event" subtype="system" logdesc="Admin login successful" user="admin" ui="https(192.168.1.5)" action="login" status="success"`, sample.Want{
			"class": "noise", "family": "admin_login", "outcome": "succeeded", "src_ip": "192.168.1.5",
		}},
		{"strange access point", `date=2026-03-04 time=10:00:00 vd="root" logid="0104043563" type="event" subtype="wireless" logdesc="Rogue AP detected" action="rogue-ap-detected" ssid="free"`, sample.Want{"class": "open_wifi", "outcome": "detected"}},
		{"licence expired", `date=2026-03-04 time=10:00:00 vd="root" logid="0100020138" type="event" subtype="system" logdesc="FortiGuard IPS license expired" msg="license expired"`, sample.Want{"class": "sensor_fault", "outcome": "succeeded"}},
		{"CEF", `<190>Mar  4 10:00:00 fw CEF:0|Fortinet|Fortigate|v7.4.1|16384|utm:ips signature dropped|7|deviceExternalId=FG1 FTNTFGTlogid=0419016384 cat=utm:ips FTNTFGTsubtype=ips FTNTFGTseverity=high src=203.0.113.7 spt=4000 dst=192.168.1.10 dpt=80 proto=6 act=dropped FTNTFGTattack=Some.Attack FTNTFGTattackid=7 msg=ips: Some.Attack, x\=y`, sample.Want{
			"format": "fortinet_cef", "class": "exploit", "outcome": "prevented", "signature": "Some.Attack", "src_port": 4000,
		}},
		{"JSON", `{"date":"2026-03-04","time":"10:00:00","tz":"+0900","devid":"FG1","logid":"0211008192","type":"utm","subtype":"virus","eventtype":"infected","action":"blocked","virus":"EICAR_TEST_FILE","srcip":"10.1.1.1","srcport":4000}`, sample.Want{
			"format": "fortinet_json", "class": "malware", "outcome": "prevented", "src_port": 4000, "time": "2026-03-04T01:00:00Z",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { sample.Expect(t, Decode, tt.input, tt.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`date=2019-05-13 time=17:05:59 logid="0720018433" type="utm" subtype="anomaly" vd="root" severity="critical" action="clear_session" attack="icmp_flood"`,
		`{"logid":"1","type":"utm","subtype":"virus","devid":"x"}`, `CEF:0|Fortinet|Fortigate|1|2|utm:ips x|7|cat=utm:ips act=dropped`,
	}, "fortinet/*")
}
