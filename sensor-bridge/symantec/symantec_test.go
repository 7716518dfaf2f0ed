package symantec

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheManager(t *testing.T) {
	const head = "<54>Mar  4 10:00:00 sepm SymantecServer: "
	for name, test := range map[string]struct {
		input string
		want  sample.Want
	}{
		"cleaned":      {`Virus found,IP Address: 192.168.1.5,Computer name: PC-07,Source: Auto-Protect scan,Risk name: Trojan.Gen.2,Occurrences: 1,File path: C:\a.exe,Description: ,Actual action: Cleaned by deletion,Requested action: Cleaned,Secondary action: Quarantined,Event time: 2026-03-04 01:00:00,User: taro`, sample.Want{"class": "malware", "outcome": "contained", "host": "PC-07", "user": "taro", "file": `C:\a.exe`, "src_ip": "192.168.1.5", "time": "2026-03-04T01:00:00Z", "signature": "Trojan.Gen.2"}},
		"left alone":   {`Virus found,Computer name: PC,Risk name: Ransom.X,Actual action: Left alone,Event time: 2026-03-04 01:00:00`, sample.Want{"class": "ransomware", "outcome": "detected"}},
		"intrusion":    {`PC-07,SHA-256: ,MD-5: ,[SID: 1] Web Attack detected. Traffic has been blocked,Local Host IP: 192.168.1.5,Remote Host IP: 203.0.113.7,Inbound,TCP,Begin: 2026-03-04 01:00:00,CIDS Signature ID: 1,CIDS Signature string: Web Attack: Exploit Kit,Local Port: 80,Remote Port: 50000`, sample.Want{"class": "exploit", "outcome": "prevented", "src_ip": "203.0.113.7", "dst_ip": "192.168.1.5", "dst_port": 80}},
		"a day's work": {`Site: Site x,Server Name: y,Domain Name: Default,The management server received the client log successfully,a,b,c`, sample.Want{"class": "noise", "outcome": "unknown"}},
		"failed logon": {`Site: x,Server: y,Domain: z,Admin: admin,Administrator log on failed`, sample.Want{"class": "login_failure", "outcome": "prevented"}},
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, head+test.input, test.want, true) })
	}
	sample.Expect(t, Decode, "<54>Mar  4 10:00:00 h other: Virus found", nil, true)
	sample.Check(t, Decode, "symantec/sc4s_symantec_ep", map[string]sample.Want{"module": {"vendor": "Symantec", "class": "noise"}, "test_symantec_ep_agt_system": nil})
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{"<1>h SymantecServer: Virus found,Risk name: x,Actual action: y"}, "symantec/*")
}
