package osquery

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	noise := sample.Want{"class": "noise", "vendor": "osquery", "source": "edr"}
	malware := sample.Want{"class": "malware", "outcome": "succeeded", "host": "test-host"}
	sample.Check(t, Decode, "osquery/panther_osquery_rules", map[string]sample.Want{
		"AWS command executed on MacOS":              noise,
		"AWS command executed":                       {"class": "config_change", "user": "ubuntu", "process": "aws s3 ls"},
		"Tail command executed":                      noise,
		"Command with quote executed":                noise,
		"Invalid command ignored":                    noise,
		"Non-office network login (logged_in_users)": {"family": "login", "outcome": "succeeded", "src_ip": "10.0.3.1", "user": "ubuntu"},
		"Non-office network login (last)":            {"family": "login", "src_ip": "10.0.3.1"},
		"Office network login":                       {"family": "login", "src_ip": "192.168.1.200"},
		"Vulnerable liblzma":                         {"class": "malware", "family": "backdoor", "outcome": "detected"},
		"Vulnerable xz":                              {"class": "malware", "family": "backdoor"},
		"Not vulnerable":                             noise,
		"ALF Disabled":                               {"class": "tampering", "outcome": "succeeded"},
		"ALF Enabled":                                noise,
		"Auto Updates Disabled":                      {"class": "config_change", "family": "update"},
		"Auto Updates Enabled":                       noise,
		"Wrong Key":                                  noise,
		"Valid malware discovered":                   {"class": "malware", "outcome": "detected", "signature": "Siri", "file": "/Users/johnny/Desktop/Siri.app/Contents/MacOS/Siri"},
		"Keyboard event taps query is ignored":       noise,
		"App running on Desktop that is watching keyboard events": {"class": "suspicious_file", "family": "keylogger"},
		"App is running from approved path":                       noise,
		"Unrelated query does not alert":                          {"class": "noise", "time": "2020-04-10T23:26:11Z", "host": "MacBook-Pro.local"},
		"Unwanted Extension Detected":                             {"class": "pua", "outcome": "detected", "time": "2018-09-11T16:14:21Z"},
		"No Unwanted Chrome Extension Detected":                   noise,
		"Rootkit Detected":                                        {"class": "malware", "family": "rootkit"},
		"Rootkit Not Detected":                                    {"vendor": "osquery"},
		"osquery out of date":                                     {"class": "sensor_fault", "family": "update"},
		"osquery up to date":                                      noise,
		"MacOS out of date":                                       {"class": "sensor_fault", "family": "update"},
		"MacOS up to date":                                        noise,
		"SSH Listener Detected":                                   {"class": "remote_tool", "dst_port": 22},
		"SSH Listener Not Detected":                               noise,
		"Netcat Listener":                                         {"class": "c2", "outcome": "succeeded"},
		"Wget Pipe Bash":                                          malware,
		"Wget Execute":                                            malware,
		"Dig":                                                     malware,
		"Built-in Cron":                                           noise,
		"Command with quotes":                                     noise,
	})
	for _, folder := range []string{"crowdstrike/panther_crowdstrike_rules", "carbonblack/panther_carbonblack_rules", "sentinelone/panther_sentinelone_rules", "suricata/sc4s_suricata", "waf_thirdparty/panther_cloudflare_rules", "microsoft_defender/panther_intune_rules"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsTheCareOfPCs(t *testing.T) {
	row := func(name, columns string) string {
		return `{"name":"pack/care/` + name + `","hostIdentifier":"pc1","unixTime":1772586001,"action":"added","columns":{` + columns + `}}`
	}
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"USB", row("usb_devices", `"vendor":"BUFFALO","model":"USB Flash Disk","removable":"1"`), sample.Want{"class": "usb", "signature": "BUFFALO USB Flash Disk", "host": "pc1", "time": "2026-03-04T01:00:01Z"}},
		{"install", row("programs", `"name":"AnyDesk","version":"8"`), sample.Want{"class": "install", "signature": "AnyDesk"}},
		{"open Wi-Fi", row("wifi_status", `"ssid":"FreeWiFi","security_type":"Open"`), sample.Want{"class": "open_wifi", "signature": "FreeWiFi"}},
		{"login from the internet", row("last", `"host":"203.0.113.9","username":"taro"`), sample.Want{"class": "admin_login_external", "outcome": "succeeded", "src_ip": "203.0.113.9"}},
		{"ransomware", row("process_events", `"cmdline":"vssadmin delete shadows /all","path":"C:\\Windows\\vssadmin.exe"`), sample.Want{"class": "ransomware", "outcome": "succeeded"}},
		{"YARA", row("yara_events", `"target_path":"/tmp/a","matches":"apt_x","count":"1"`), sample.Want{"class": "malware", "signature": "apt_x", "file": "/tmp/a"}},
		{"removed", `{"name":"programs","hostIdentifier":"pc1","action":"removed","columns":{"name":"x"}}`, sample.Want{"class": "noise"}},
		{"snapshot", `{"name":"programs","hostIdentifier":"pc1","action":"snapshot","snapshot":[{"name":"x"}]}`, sample.Want{"class": "noise", "signature": "x"}},
		{"status", `{"hostIdentifier":"pc1","calendarTime":"Tue Sep 11 16:14:21 2018 UTC","severity":"2","filename":"a.cpp","line":"1","message":"cannot"}`, sample.Want{"class": "noise", "family": "agent_status"}},
		{"somebody else's", `{"name":"x","action":"added","user":"y"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`{"name":"users","action":"added","columns":{"username":"x"}}`}, "osquery/*")
}
