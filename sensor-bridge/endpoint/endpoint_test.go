package endpoint

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for folder, wants := range map[string]map[string]sample.Want{
		"sentinelone/panther_sentinelone_rules": {
			"CRITICAL":                                {"vendor": "SentinelOne", "class": "suspicious_file", "severity": "CRITICAL", "host": "BobsPC", "signature": "test-rule", "time": "2022-12-07T17:36:05.076Z"},
			"Non-Alert":                               {"class": "noise", "outcome": "unknown"},
			"malicious event":                         {"class": "malware", "outcome": "detected", "host": "BobsPC", "file": "/home/ubuntu/eicar.txt", "hash": "cf8bd9dfddff007f75adf4c2be48005cea317c62"},
			"suspicious event":                        {"class": "suspicious_file", "outcome": "detected"},
			"mitigated malicious threat":              {"class": "malware", "outcome": "contained"},
			"preemptive block suspicious threat":      {"class": "suspicious_file", "outcome": "prevented"},
			"threat intelligence malicious detection": {"class": "ransomware", "outcome": "detected"},
		},
		"carbonblack/panther_carbonblack_rules": {
			"Super Admin granted":               {"vendor": "VMware Carbon Black", "class": "config_change", "outcome": "succeeded", "src_ip": "12.34.56.78", "user": "bob.ross@acme.com"},
			"Endpoint event forwarder disabled": {"class": "tampering", "outcome": "succeeded"},
			"True Positive":                     {"class": "suspicious_file", "outcome": "contained", "host": "DESKTOP-A1B2C3", "time": "2023-10-04T08:46:44.508Z"},
		},
		"carbonblack/sc4s_vmware_carbonblack": {"test_vmware_carbonblack_protect": {"class": "suspicious_file", "outcome": "detected", "hash": "c4e671bf409076a6bf0897e8a11e6f1366d4b21bf742c5e5e116059c9b571363", "user": `NT AUTHORITY\SYSTEM`}},
		"edr_other/sc4s_cylance_protect":      {"test_cylance_exploit": {"class": "exploit", "host": "DEVICENAME"}},
		"edr_other/sc4s_netwrix_epp":          {"test_netwrix": {"class": "noise", "family": "file", "time": "2024-02-22T13:11:16Z", "file": "X:/PATH/meta.json"}},
		"edr_other/sc4s_opswat":               {"test_opswat": {"vendor": "OPSWAT", "class": "noise"}},
		"kaspersky/sc4s_kaspersky":            {"module": {"vendor": "Kaspersky"}},
		"trellix/sc4s_fireye": {
			"test_fireeye_cms": {"vendor": "Trellix", "class": "c2", "outcome": "detected", "src_ip": "162.18.29.1", "dst_ip": "172.65.203.203", "dst_port": 80, "signature": "FETestEvent"},
			"test_fireeye_hx":  {"class": "noise", "host": "MZAUNG"},
			"test_fireeye_etp": {"class": "malicious_web", "outcome": "detected"},
		},
		"trellix/sc4s_trellix": {"test_trellix_mps": {"class": "exploit", "outcome": "detected", "src_port": 52490}, "test_trellix_cms": {"class": "exploit", "outcome": "detected", "signature": "Exploit.IoT.HNAP1"}},
	} {
		t.Run(folder, func(t *testing.T) { sample.Check(t, Decode, folder, wants) })
	}
}

func TestDecode_readsWhatProductsDid(t *testing.T) {
	for name, test := range map[string]struct {
		input string
		want  sample.Want
	}{
		"trend, French":       {`CEF:0|Trend Micro|Apex Central|2019|AV:Fichier nettoyé|JS_EXPLOIT.SMDN|3|rt=Mar 22 2018 08:23:23 GMT+00:00 dhost=PC-07 duser=taro act=Fichier nettoyé filePath=C:\\Temp\\ fname=a.js fileHash=D6712CAE5EC821F910E14945153AE7871AA536CA`, sample.Want{"vendor": "Trend Micro", "product": "Apex Central", "class": "exploit", "outcome": "contained", "host": "PC-07", "user": "taro", "file": `C:\Temp\a.js`, "time": "2018-03-22T08:23:23Z", "signature": "JS_EXPLOIT.SMDN"}},
		"trend, Japanese":     {`CEF:0|Trend Micro|Apex Central|2019|AV:隔離|TROJ_X|3|dhost=PC act=ファイルを隔離しました fname=a.exe`, sample.Want{"class": "malware", "outcome": "contained"}},
		"trend, not cleaned":  {`CEF:0|Trend Micro|Apex Central|2019|AV:x|TROJ_X|3|dhost=PC act=駆除失敗 fname=a.exe`, sample.Want{"class": "malware", "outcome": "detected"}},
		"trend, web":          {`CEF:0|Trend Micro|Apex Central|2019|WB:7|7|3|rt=Nov 15 2017 08:43:57 GMT+00:00 dpt=80 act=1 src=10.1.128.46 cat=7 request=http://example.net/x shost=PC-12`, sample.Want{"class": "malicious_web", "outcome": "unknown", "host": "PC-12", "url": "http://example.net/x"}},
		"deep security login": {`CEF:0|Trend Micro|Deep Security Manager|20.0|600|User Signed In|3|src=10.52.116.160 suser=admin target=admin`, sample.Want{"class": "noise", "outcome": "succeeded", "user": "admin"}},
		"deep security":       {`CEF:0|Trend Micro|Deep Security Agent|10.2|4000000|Eicar_test_file|6|cn1=1 dvchost=srv filePath=C:\\a.com act=Delete msg=Realtime`, sample.Want{"class": "malware", "outcome": "contained", "host": "srv"}},
		"eset":                {`{"event_type":"Threat_Event","ipv4":"192.168.1.5","hostname":"pc","source_uuid":"u","occured":"04-Mar-2026 01:00:00","severity":"Warning","threat_type":"trojan","threat_name":"Win32/Filecoder.X","action_taken":"cleaned by deleting","threat_handled":true,"object_uri":"file:///C:/a.exe","hash":"D6712CAE5EC821F910E14945153AE7871AA536CA"}`, sample.Want{"vendor": "ESET", "class": "ransomware", "outcome": "contained", "file": "C:/a.exe", "time": "2026-03-04T01:00:00Z"}},
		"eset, not handled":   {`{"event_type":"Threat_Event","hostname":"pc","source_uuid":"u","threat_name":"JS/X","action_taken":"cleaned","threat_handled":false}`, sample.Want{"class": "malware", "outcome": "detected"}},
		"sentinelone threat":  {`{"threatInfo":{"threatName":"a.exe","mitigationStatus":"not_mitigated","confidenceLevel":"malicious","classification":"Ransomware"},"agentRealtimeInfo":{"agentComputerName":"pc"}}`, sample.Want{"class": "ransomware", "outcome": "detected", "host": "pc"}},
		"cylance":             {`<134>1 2026-03-04T01:00:00Z h CylancePROTECT - - - Event Type: Threat, Event Name: threat_quarantined, Device Name: PC, IP Address: (192.168.1.5), File Name: a.exe, Path: C:\x\, SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, Status: Quarantined, Threat Class: Malware`, sample.Want{"class": "malware", "outcome": "contained", "file": `C:\x\a.exe`, "src_ip": "192.168.1.5"}},
		"kaspersky":           {`CEF:0|KasperskyLab|SecurityCenter|13.2|GNRL_EV_VIRUS_FOUND_AND_BLOCKED|Object not cured|4|rt=1772586000000 dhost=PC dst=10.0.0.5 msg=x filePath=C:\\a.exe act=Blocked`, sample.Want{"class": "malware", "outcome": "prevented", "time": "2026-03-04T01:00:00Z"}},
		"bitdefender":         {`{"module":"av","product_installed":"BEST","computer_name":"PC","computer_ip":"10.0.0.5","malware_name":"Gen:Variant.Ransom.X","malware_type":"file","file_path":"C:\\a.exe","final_status":"deleted","timestamp":"2026-03-04T01:00:00.000Z"}`, sample.Want{"vendor": "Bitdefender", "class": "ransomware", "outcome": "contained", "host": "PC", "file": `C:\a.exe`, "time": "2026-03-04T01:00:00Z"}},
		"bitdefender, left":   {`{"module":"av","computer_name":"PC","computer_ip":"10.0.0.5","malware_name":"X","final_status":"still present"}`, sample.Want{"class": "malware", "outcome": "detected"}},
		"withsecure":          {`{"engine":"deepGuard","action":"blocked","severity":"critical","organization":{"id":"1"},"device":{"name":"pc"},"serverTimestamp":"2026-03-04T01:00:00Z","details":{"path":"C:\\a.exe"}}`, sample.Want{"vendor": "WithSecure", "class": "suspicious_file", "outcome": "prevented", "host": "pc"}},
		"sentinelone, piped":  {`<14>h CEF:2|SentinelOne|Mgmt|sourceHostName=PC|threatID=1|threatClassification=Trojan|fileName=a.exe|filePath=C:\a.exe|eventDesc=Threat mitigated|rt=2026-03-04 01:00:00|mitigationStatus=not_mitigated|eventID=19`, sample.Want{"vendor": "SentinelOne", "class": "malware", "outcome": "detected", "host": "PC", "file": `C:\a.exe`}},
		"another's":           {`CEF:0|Trends Inc|x|1|1|y|1|a=b`, nil},
		"mcas":                {`CEF:0|MCAS|SIEM_Agent|0.1|ALERT_ANUBIS_DETECTION_VELOCITY|Impossible travel|5|rt=1772586000000 suser=a@example.jp src=203.0.113.7`, sample.Want{"vendor": "Microsoft", "class": "suspicious_file", "user": "a@example.jp"}},
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`CEF:0|Trend Micro|Apex Central|2019|AV:x|TROJ_X|3|act=x`, "LEEF:1.0|ESET|RemoteAdministrator|1|Threat_Event|sev=1\tthreatName=x", `{"activityType":1,"primaryDescription":"x","data":{"confidenceLevel":"y"}}`,
		`{"event_type":"Threat_Event","source_uuid":"x"}`, `<1>h [event@23668 et="GNRL_EV_VIRUS_FOUND" p5="x"] Result: Blocked`,
	}, "kaspersky/*", "edr_other/*")
}
