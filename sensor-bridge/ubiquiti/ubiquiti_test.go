package ubiquiti

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	own := sample.Want{"vendor": "Ubiquiti", "class": "noise"}
	sample.Check(t, Decode, "ubiquiti/sc4s_ubiquiti_unifi", map[string]sample.Want{
		"test_ubiquiti_unifi_us8p60": own, "test_ubiquiti_unifi_switch_us24p250": own, "test_ubiquiti_unifi_ap_u7pg2": own, "test_ubiquiti_unifi_ap_u7pg2_alt": own,
		"test_ubiquiti_unifi_usg": nil,
	})
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "linux/sc4s_linux_syslog", "syslog_generic/sc4s_common"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsCEF(t *testing.T) {
	const head = `<14>Mar  4 10:00:00 UDM CEF:0|Ubiquiti|UniFi Network|9.3.33|`
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"threat blocked", head + `201|Threat Detected and Blocked|7|proto=TCP src=203.0.113.7 spt=40000 dst=192.168.1.10 dpt=443 UNIFIcategory=Security UNIFIsubCategory=Intrusion Prevention UNIFIhost=UDM Pro act=blocked UNIFIrisk=high UNIFIipsSignature=ET EXPLOIT Apache log4j RCE Attempt UNIFIipsSignatureId=2034647 UNIFIutcTime=2026-03-04T01:00:00.123Z msg=x`, sample.Want{
			"class": "exploit", "family": "rce", "rule_ids": []int{2034647}, "outcome": "prevented", "severity": "high", "device": "UDM Pro", "dst_port": 443, "time": "2026-03-04T01:00:00.123Z",
		}},
		{"threat seen", head + `200|Threat Detected|7|src=192.168.1.10 dst=203.0.113.7 UNIFIsubCategory=Intrusion Detection UNIFIipsSignature=ET MALWARE Known Bot`, sample.Want{"class": "malware", "outcome": "detected"}},
		{"firewall", head + `203|Blocked by Firewall|4|src=203.0.113.7 dst=192.168.1.10 dpt=23 UNIFIcategory=Security UNIFIsubCategory=Firewall`, sample.Want{"class": "noise", "outcome": "prevented", "family": "firewall"}},
		{"administrator", head + `544|Admin Accessed UniFi Network|1|UNIFIcategory=System UNIFIsubCategory=Admin UNIFIhost=UDM UNIFIadmin=taro src=192.168.1.5 msg=taro accessed`, sample.Want{"class": "noise", "outcome": "succeeded", "user": "taro", "family": "admin_login"}},
		{"changed", head + `546|Admin Made Config Changes|2|UNIFIcategory=System UNIFIsubCategory=Admin UNIFIadmin=taro src=192.168.1.5`, sample.Want{"class": "config_change", "outcome": "succeeded"}},
		{"somebody else's", `CEF:0|Other|Thing|1|1|x|1|src=1.1.1.1`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`CEF:0|Ubiquiti|UniFi Network|9|1|Threat|1|src=1.1.1.1`, `<1>Jan  1 00:00:00 U7PG2,788a2056b182,v4.0: x: y`}, "ubiquiti/*")
}
