package panda

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsHowFarAThreatCame(t *testing.T) {
	for _, test := range []struct{ action, ran, data, net, want string }{
		{"6", "false", "false", "false", "contained"},
		{"2", "false", "false", "false", "prevented"},
		{"14", "true", "false", "false", "contained"},
		{"2", "false", "false", "true", "contained"},
		{"0", "false", "false", "false", "detected"},
		{"0", "true", "false", "false", "succeeded"},
		{"17", "true", "true", "true", "succeeded"},
		{"7", "false", "false", "false", "detected"},
		{"999", "false", "true", "false", "succeeded"},
	} {
		sample.Expect(t, Decode, `{"event_type":0,"host_name":"PC-07","item_name":"Trj/GdSda.A","path":"C:\\a.exe","hash":"D41D8CD98F00B204E9800998ECF8427E","date":"2026-03-04T01:00:00","user_name":"EX\\taro","like_lihood_of_being_malicious":2,"was_run":`+
			test.ran+`,"accessed_data":`+test.data+`,"made_external_connections":`+test.net+`,"action":`+test.action+`}`, sample.Want{
			"vendor": "WatchGuard", "product": "EPDR", "class": "malware", "outcome": test.want, "host": "PC-07", "user": `EX\taro`, "file": `C:\a.exe`, "severity": "High",
			"hash": "d41d8cd98f00b204e9800998ecf8427e", "time": "2026-03-04T01:00:00Z", "signature": "Trj/GdSda.A",
		}, true)
	}
}

func TestDecode_readsEachKind(t *testing.T) {
	for name, test := range map[string]struct {
		input string
		want  sample.Want
	}{
		"pup":       {`{"event_type":2,"host_name":"a","item_name":"PUP/x","was_run":false,"action":1}`, sample.Want{"class": "pua", "outcome": "contained"}},
		"exploit":   {`{"event_type":1,"host_name":"a","item_name":"chrome.exe","exploit_technique":"Exploit/RunPE","was_run":true,"action":3}`, sample.Want{"class": "exploit", "outcome": "contained"}},
		"blocked":   {`{"event_type":3,"host_name":"a","item_name":"tool.exe","was_run":false,"action":2}`, sample.Want{"class": "suspicious_file", "outcome": "prevented"}},
		"antivirus": {`{"host_name":"a","malware_category":8,"malware_name":"http://x","security_event_date":"2026-03-04T01:00:00Z","action":1012}`, sample.Want{"class": "malicious_web", "outcome": "prevented"}},
		"indicator": {`{"host_name":"a","rule_id":"x","rule_name":"Credential dumping","rule_mitre":"tactic: TA0006","rule_risk":1,"endpoint_event_date":"2026-03-04T01:00:00Z","action":1,"count":3}`, sample.Want{"class": "malware", "family": "credential_theft", "outcome": "detected", "severity": "Critical", "count": 3}},
		"firewall":  {`{"host_name":"a","security_event_date":"2026-03-04T01:00:00Z","network_activity_type":15,"direction":1,"protocol":1,"local_endpoint":"{\"ip_address\":\"192.168.1.5\",\"port\":445}","remote_endpoint":"{\"ip_address\":\"203.0.113.7\",\"port\":50000}"}`, sample.Want{"class": "scan", "outcome": "prevented", "src_ip": "203.0.113.7", "dst_ip": "192.168.1.5", "dst_port": 445, "protocol": "tcp"}},
		"usb":       {`{"host_name":"a","security_event_date":"2026-03-04T01:00:00Z","alias":"USB disk","instance_id":"USB\\1","type":1}`, sample.Want{"class": "usb", "outcome": "prevented"}},
		"other":     {`{"host_name":"a","action":1}`, nil},
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func TestDecode_readsTheFeeder(t *testing.T) {
	const head = "<134>1 2026-03-04T10:00:00+09:00 host EventsFeederImporter.Host.exe 0 42 - LEEF:1.0|Panda Security|paps|02.55.00.0000|"
	const who = "sev=1\tdevTime=2026-03-04 01:00:00.250\tdevTimeFormat=yyyy-MM-dd HH:mm:ss.SSS\tusrName=taro\tdomain=EX\tidentSrc=192.168.1.5\tidentHostName=PC-07\tHostName=PC-07\t"
	for name, test := range map[string]struct {
		input string
		want  sample.Want
	}{
		"a day's work":    {"registrym|" + who + "Op=ModifyExeKey\tHash=D41D8CD98F00B204E9800998ECF8427E\tPath=x\tCat=Goodware\tRegKey=HKLM", sample.Want{"class": "noise", "outcome": "unknown", "host": "PC-07", "user": `EX\taro`, "time": "2026-03-04T01:00:00.25Z"}},
		"malware ran":     {"exec|" + who + "Op=Exec\tChildPath=a.exe\tChildCat=Malware\tChildMWName=Trj/X\tParams=a.exe\tAction=Allow", sample.Want{"class": "malware", "outcome": "succeeded", "signature": "Trj/X"}},
		"malware blocked": {"exec|" + who + "Op=Exec\tChildPath=a.exe\tChildCat=Malware\tChildMWName=Trj/X\tAction=Block", sample.Want{"class": "malware", "outcome": "prevented"}},
		"hidden command":  {"exec|" + who + "ChildPath=p\tChildCat=Goodware\tParams=vssadmin delete shadows /all\tAction=Allow", sample.Want{"class": "ransomware", "outcome": "detected"}},
		"alert":           {"alertmalware|" + who + "Alert2=1\tExecutionStatus=Executed\tItemPath=a.exe\tItemName=Trj/X\tAction=Quarantine", sample.Want{"class": "malware", "outcome": "contained", "file": "a.exe"}},
		"alert that ran":  {"alertmalware|" + who + "ExecutionStatus=Executed\tItemName=Ransom/X", sample.Want{"class": "ransomware", "outcome": "succeeded"}},
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, head+test.input, test.want, true) })
	}
	sample.Expect(t, Decode, "LEEF:1.0|WatchGuard|XTM|12|1|a=b", nil, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`{"host_name":"a","item_name":"b","was_run":true,"action":1}`, `{"host_name":"a","security_event_date":"x","remote_endpoint":"{}"}`, "LEEF:1.0|Panda Security|paps|1|exec|Op=Exec\tParams=x",
	})
}
