package f5

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "waf_thirdparty/sc4s_f5_bigip", map[string]sample.Want{
		"test_f5_bigip_asm_syslog": {"source": "waf", "class": "waf_attack", "family": "sqli", "src_ip": "72.6.2.84", "dst_ip": "192.168.131.2", "site": "192.168.131.2"},
	})
	for _, folder := range []string{"linux/sc4s_linux_syslog", "cisco/sc4s_cisco_ios", "juniper/sc4s_juniper_junos_rfc3164", "waf_thirdparty/sc4s_imperva_waf"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_saysWhatWasDone(t *testing.T) {
	const head = `<134>Mar  4 10:00:00 bigip ASM:f5_asm=Splunk-F5-ASM,attack_type="Cross Site Scripting (XSS)",date_time="2026-03-04 10:00:00",dest_ip=192.168.1.10,dest_port=443,ip_client=203.0.113.7,src_port="4000",method="GET",uri="/a",query_str="q=1",severity="Critical",support_id="1",violations="Attack signature detected",request_status="`
	sample.Expect(t, Decode, head+`blocked"`, sample.Want{"outcome": "prevented", "family": "xss", "time": "2026-03-04T10:00:00Z", "url": "/a?q=1", "src_port": 4000, "severity": "Critical"}, true)
	sample.Expect(t, Decode, head+`alerted"`, sample.Want{"outcome": "detected"}, true)
	sample.Expect(t, Decode, `<134>Mar  4 10:00:00 bigip notice tmsh[1]: 01420002:5: AUDIT - pid=1 user=root folder=/ module=(tmos)# status=[Command OK] cmd_data=create ltm pool x`, sample.Want{"class": "config_change", "user": "root", "code": "01420002"}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`ASM:f5_asm=x,attack_type="a",headers="Host: b\r\n"`, `01420002:5: AUDIT - user=x cmd_data=y`, `CEF:0|F5|ASM|1|1|x|1|cs1Label=attack_type cs1=y`}, "waf_thirdparty/sc4s_f5_bigip")
}
