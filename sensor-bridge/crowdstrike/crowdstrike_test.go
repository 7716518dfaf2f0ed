package crowdstrike

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "crowdstrike/panther_crowdstrike_rules", map[string]sample.Want{
		"Command Line Tool Execution with Base64 Argument (Positive)": {"class": "malware", "family": "hidden_command", "outcome": "detected", "code": "ProcessRollup2"},
		"Admin Role Assigned (Single)":                                {"class": "config_change", "outcome": "succeeded"},
		"Low Severity Finding (FDREvent)":                             {"class": "suspicious_file", "outcome": "detected", "host": "hostname.lan", "severity": "Low", "user": "username", "time": "2021-03-24T18:19:49Z", "file": "/bin/echo"},
		"Low Severity Finding":                                        {"class": "pua", "host": "macbook"},
		"INFO Alert":                                                  {"class": "malware", "severity": "Informational", "outcome": "detected", "src_ip": "2.2.2.2", "time": "2024-12-03T19:54:30Z"},
		"RTS session start event (FDREvent)":                          {"class": "remote_tool", "outcome": "succeeded", "host": "US-C02TEST"},
		"Denylisted Domain":                                           {"class": "noise", "family": "dns"},
		"Connection To CU":                                            {"class": "noise", "family": "network"},
		"Google DNS":                                                  nil,
		"Anomaly - New LaunchAgent modified for first time (insert operation)": nil,
	})
	read, all := 0, 0
	for _, c := range sample.Cases(t, "crowdstrike/panther_crowdstrike_rules") {
		r := sample.Read(c.Input)
		var e sekisho.Event
		all++
		if Decode(&r, &e) {
			read++
		}
	}
	if read < 100 {
		t.Errorf("read %d of %d, want at least 100: the others hold no event of Falcon", read, all)
	}
}

func TestDecode_readsWhatTheSensorDid(t *testing.T) {
	const head = `{"metadata":{"customerIDString":"c","eventType":"DetectionSummaryEvent","eventCreationTime":1772586000000},"event":{"DetectName":"NGAV","Technique":"Machine Learning","SeverityName":"High","ComputerName":"PC-07","UserName":"taro","FilePath":"\\Device\\HarddiskVolume2\\Users\\taro","FileName":"a.exe","SHA256String":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","PatternDispositionDescription":"`
	for _, test := range []struct{ words, flags, want string }{
		{"Prevention, process was blocked from execution.", `"ProcessBlocked":true`, "prevented"},
		{"Prevention, process killed.", `"KillProcess":true`, "contained"},
		{"Prevention/Quarantine, process was blocked from execution and quarantine was attempted.", `"ProcessBlocked":true,"QuarantineFile":true`, "contained"},
		{"Detection, process would have been blocked if related prevention policy setting was enabled.", `"Detect":true,"ProcessBlocked":true,"PolicyDisabled":true`, "detected"},
		{"Detection, standard detection.", `"Detect":true`, "detected"},
		{"Detection, quarantine was attempted.", ``, "contained"},
	} {
		sample.Expect(t, Decode, head+test.words+`","PatternDispositionFlags":{`+test.flags+`}}}`, sample.Want{
			"outcome": test.want, "class": "malware", "host": "PC-07", "user": "taro", "time": "2026-03-04T01:00:00Z", "severity": "High",
			"file": `\Device\HarddiskVolume2\Users\taro\a.exe`, "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		}, true)
	}
}

func TestDecode_readsTheConnector(t *testing.T) {
	sample.Expect(t, Decode, `CEF:0|CrowdStrike|FalconHost|1.0|DetectionSummaryEvent|Detection Summary Event|4|externalId=1 cn2Label=ProcessId cn2=1 dhost=PC-07 duser=taro msg=A file was quarantined fname=a.exe filePath=\\Device\\Users cs5Label=CommandLine cs5=a.exe /x fileHash=d41d8cd98f00b204e9800998ecf8427e rt=1772586000000 cs6Label=PatternDispositionDescription cs6=Prevention, process was blocked from execution. cs1Label=Technique cs1=Known Malware`, sample.Want{
		"outcome": "prevented", "class": "malware", "host": "PC-07", "process": "a.exe /x", "time": "2026-03-04T01:00:00Z", "format": "crowdstrike_connector",
	}, true)
	sample.Expect(t, Decode, `CEF:0|Somebody|Else|1|1|x|1|a=b`, nil, true)
	sample.Expect(t, Decode, `{"event":{"a":1},"cid":"x"}`, nil, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`{"metadata":{"customerIDString":"c","eventType":"AuthActivityAuditEvent"},"event":{"OperationName":"x","AuditKeyValues":[{"Key":"target_name","ValueString":"y"}]}}`,
		`{"event_simpleName":"ProcessRollup2","aid":"1","CommandLine":"powershell -e aGVsbG93b3JsZA=="}`, `LEEF:1.0|CrowdStrike|FalconHost|1|DetectionSummaryEvent|cat=x	sev=4`,
	}, "crowdstrike/*")
}
