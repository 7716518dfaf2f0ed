package ocsf

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsEachCategory(t *testing.T) {
	const head = `{"metadata":{"version":"1.3.0","product":{"vendor_name":"Acme","name":"EDR"}},"time":1772586000000,"severity":"High",`
	for name, test := range map[string]struct {
		input string
		want  sample.Want
	}{
		"finding, blocked":     {`"class_uid":2004,"finding_info":{"title":"Ransomware seen"},"disposition_id":2,"device":{"hostname":"pc"}}`, sample.Want{"vendor": "Acme", "class": "ransomware", "outcome": "prevented", "host": "pc", "time": "2026-03-04T01:00:00Z", "severity": "High"}},
		"finding, quarantined": {`"class_uid":2004,"finding_info":{"title":"Trojan"},"disposition_id":3,"evidences":[{"file":{"path":"C:\\a.exe","hashes":[{"value":"d41d8cd98f00b204e9800998ecf8427e"}]}}]}`, sample.Want{"class": "malware", "outcome": "contained", "file": `C:\a.exe`, "hash": "d41d8cd98f00b204e9800998ecf8427e"}},
		"finding, alert":       {`"class_uid":2004,"finding_info":{"title":"Trojan"},"action_id":3}`, sample.Want{"outcome": "detected"}},
		"vulnerability":        {`"class_uid":2002,"finding_info":{"title":"CVE"}}`, sample.Want{"class": "noise"}},
		"login failed":         {`"class_uid":3002,"activity_id":1,"status_id":2,"user":{"name":"taro"},"src_endpoint":{"ip":"203.0.113.7"}}`, sample.Want{"class": "login_failure", "outcome": "prevented", "user": "taro", "src_ip": "203.0.113.7"}},
		"account":              {`"class_uid":3001,"activity_id":1,"status_id":1}`, sample.Want{"class": "config_change", "outcome": "succeeded"}},
		"connection refused":   {`"class_uid":4001,"disposition_id":2,"src_endpoint":{"ip":"203.0.113.7","port":5},"dst_endpoint":{"ip":"192.168.1.5","port":22}}`, sample.Want{"class": "noise", "outcome": "prevented", "dst_port": 22}},
		"process":              {`"class_uid":1007,"process":{"cmd_line":"vssadmin delete shadows /all"}}`, sample.Want{"class": "ransomware", "outcome": "detected"}},
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, head+test.input, test.want, true) })
	}
	sample.Expect(t, Decode, `{"class_uid":1}`, nil, true)
	sample.Expect(t, Decode, `{"id":1,"offense_source":"203.0.113.7","offense_type":0,"description":"Port scan","start_time":1772586000000,"magnitude":5}`, sample.Want{"vendor": "IBM", "class": "scan", "src_ip": "203.0.113.7", "time": "2026-03-04T01:00:00Z"}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`{"class_uid":2004,"metadata":{},"evidences":[{"file":{"hashes":[{}]}}]}`, `{"class_uid":4001,"type_uid":1,"malware":[]}`, `{"offense_source":"x","offense_type":1}`})
}
