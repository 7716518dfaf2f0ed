package trellix

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "trellix/sc4s_mcafee_epo", map[string]sample.Want{"module": {"vendor": "Trellix", "product": "ePolicy Orchestrator"}})
	sample.Check(t, Decode, "trellix/sc4s_mcafee_nsp", map[string]sample.Want{"module": {"vendor": "Trellix", "product": "Network Security Platform"}})
	sample.Check(t, Decode, "trellix/sc4s_fireye", map[string]sample.Want{"test_fireeye_hx": nil})
}

func TestDecode_readsOrchestrator(t *testing.T) {
	head := func(category, action, handled string) string {
		return `<134>1 2026-03-04T01:00:00Z h EPOEvents - EventFwd [agentInfo@3401 tenantId="1"] <?xml version="1.0"?><EPOEvent><MachineInfo><MachineName>PC</MachineName><AgentGUID>1</AgentGUID><IPAddress>192.168.1.5</IPAddress><UserName>taro</UserName></MachineInfo><SoftwareInfo><Event><EventID>1278</EventID><GMTTime>2026-03-04T01:00:00</GMTTime><CommonFields><ThreatCategory>` +
			category + `</ThreatCategory><ThreatName>Generic trojan</ThreatName><ThreatActionTaken>` + action + `</ThreatActionTaken><ThreatHandled>` + handled + `</ThreatHandled><TargetFileName>C:\a.exe</TargetFileName></CommonFields></Event></SoftwareInfo></EPOEvent>`
	}
	for _, test := range []struct{ category, action, handled, class, outcome string }{
		{"av.detect", "IDS_ALERT_ACT_TAK_DEL", "True", "malware", "contained"},
		{"av.detect", "IDS_ALERT_ACT_TAK_DEL", "False", "malware", "detected"},
		{"av.detect", "blocked", "1", "malware", "prevented"},
		{"av.pup", "none", "0", "pua", "detected"},
		{"hip.bo", "would block", "true", "exploit", "detected"},
		{"ops.update", "none", "1", "noise", "unknown"},
	} {
		sample.Expect(t, Decode, head(test.category, test.action, test.handled), sample.Want{"class": test.class, "outcome": test.outcome, "host": "PC", "user": "taro", "file": `C:\a.exe`, "src_ip": "192.168.1.5", "time": "2026-03-04T01:00:00Z"}, true)
	}
}

func TestDecode_readsTheNetwork(t *testing.T) {
	sample.Expect(t, Decode, `<1>Apr 15 10:12:13 h app: domain="x" alertid="1" attackid="0x1" attack_name="HTTP: exploit" severity="High" attack_time="2026-03-04 01:00:00 UTC" category="Exploit" dest_ip="192.168.1.5" dest_port="80" src_ip="203.0.113.7" src_port="5" action_status="Blocked" result="n/a"`,
		sample.Want{"class": "exploit", "outcome": "prevented", "src_ip": "203.0.113.7", "dst_port": 80, "time": "2026-03-04T01:00:00Z"}, true)
	sample.Expect(t, Decode, `date=1 attack="x" action="y"`, nil, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`<a><MachineInfo><AgentGUID>x</AgentGUID></MachineInfo><ThreatCategory>av.detect</ThreatCategory></a>`, `alertid="1" attack_name="x"`}, "trellix/*")
}
