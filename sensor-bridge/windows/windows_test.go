package windows

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "microsoft_defender/panther_microsoft_rules", map[string]sample.Want{
		"Mimikatz Execution Event ID 4688": {
			"vendor": "Microsoft", "class": "malware", "family": "credential_theft", "outcome": "detected", "host": "WIN-WORKSTATION-01", "user": `CORP\jdoe`, "code": "4688",
			"time": "2024-01-15T10:30:45Z", "file": `C:\Users\jdoe\Downloads\mimikatz.exe`, "process": "mimikatz.exe privilege::debug sekurlsa::logonpasswords",
		},
		"Benign Process Execution": {"class": "noise", "family": "process", "outcome": "unknown"},
		"Failed Login event":       nil,
		"Resolved Event (v2)":      nil,
	})
}

func xml(provider, channel, id, data string) string {
	return `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='` + provider + `' Guid='{1}'/><EventID>` + id +
		`</EventID><Level>4</Level><TimeCreated SystemTime='2026-03-04T01:02:03.1234567Z'/><Channel>` + channel + `</Channel><Computer>pc-07.example.co.jp</Computer><Security/></System><EventData>` + data + `</EventData></Event>`
}

func data(pairs ...string) (s string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		s += "<Data Name='" + pairs[i] + "'>" + pairs[i+1] + "</Data>"
	}
	return s
}

const (
	audit    = "Microsoft-Windows-Security-Auditing"
	defender = "Microsoft-Windows-Windows Defender"
	sysmon   = "Microsoft-Windows-Sysmon"
)

func TestDecode_readsXML(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{
			"failed logon", xml(audit, "Security", "4625", data("SubjectUserName", "-", "TargetUserName", "admin", "TargetDomainName", "EXAMPLE", "SubStatus", "0xc000006a", "LogonType", "3", "IpAddress", "203.0.113.7", "IpPort", "51234")),
			sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.7", "src_port": 51234, "user": `EXAMPLE\admin`, "host": "pc-07.example.co.jp", "time": "2026-03-04T01:02:03.1234567Z", "time_trust": "exact", "verb": "0xc000006a"},
		},
		{
			"remote desktop from the internet", xml(audit, "Security", "4624", data("TargetUserName", "taro", "LogonType", "10", "IpAddress", "203.0.113.7")),
			sample.Want{"class": "admin_login_external", "outcome": "succeeded"},
		},
		{
			"logon within", xml(audit, "Security", "4624", data("TargetUserName", "taro", "LogonType", "2", "IpAddress", "127.0.0.1")),
			sample.Want{"class": "noise", "family": "login", "outcome": "succeeded"},
		},
		{
			"log cleared", `<Event xmlns="x"><System><Provider Name="Microsoft-Windows-Eventlog"/><EventID>1102</EventID><TimeCreated SystemTime="2026-03-04T01:02:03Z"/><Channel>Security</Channel><Computer>PC</Computer></System><UserData><LogFileCleared xmlns="y"><SubjectUserName>taro</SubjectUserName><SubjectDomainName>EX</SubjectDomainName></LogFileCleared></UserData></Event>`,
			sample.Want{"class": "tampering", "outcome": "succeeded", "user": `EX\taro`},
		},
		{
			"administrator added", xml(audit, "Security", "4732", data("MemberName", "-", "MemberSid", "S-1-5-21-1", "TargetUserName", "Administrators", "SubjectUserName", "taro")),
			sample.Want{"class": "config_change", "outcome": "succeeded", "user": "S-1-5-21-1", "signature": "member added to a local group: Administrators"},
		},
		{
			"service", xml("Service Control Manager", "System", "7045", data("ServiceName", "PSEXESVC", "ImagePath", `%SystemRoot%\PSEXESVC.exe`)),
			sample.Want{"class": "remote_tool", "outcome": "succeeded"},
		},
		{
			"usb", xml(audit, "Security", "6416", data("SubjectUserName", "PC$", "DeviceId", `USBSTOR\Disk&amp;Ven_X\1`, "DeviceDescription", "USB Disk", "ClassName", "DiskDrive")),
			sample.Want{"class": "usb", "outcome": "succeeded", "file": `USBSTOR\Disk&Ven_X\1`},
		},
		{"disk", xml("disk", "System", "7", "<Data>\\Device\\Harddisk0\\DR0</Data>"), sample.Want{"class": "disk_event", "signature": "bad block"}},
		{"smart", xml("disk", "System", "52", ""), sample.Want{"class": "smart_failure"}},
		{
			"open wifi", xml("Microsoft-Windows-WLAN-AutoConfig", "Microsoft-Windows-WLAN-AutoConfig/Operational", "8001", data("SSID", "FREE", "AuthenticationAlgorithm", "Open", "CipherAlgorithm", "None")),
			sample.Want{"class": "open_wifi", "outcome": "succeeded", "signature": "FREE"},
		},
		{"install", xml("MsiInstaller", "Application", "11707", "<Data>Product: Seven -- Installation completed successfully.</Data>"), sample.Want{"class": "install", "outcome": "succeeded", "signature": "Seven"}},
		{
			"virus found", xml(defender, "Microsoft-Windows-Windows Defender/Operational", "1116", data("Threat Name", "Trojan:Win32/Wacatac.B!ml", "Severity Name", "重大", "Category Name", "トロイの木馬", "Detection User", `PC\taro`, "Path", `file:_C:\Users\taro\a.exe; process:_pid:1`, "Action ID", "9", "Action Name", "該当なし")),
			sample.Want{"product": "Microsoft Defender Antivirus", "class": "malware", "outcome": "detected", "file": `C:\Users\taro\a.exe`, "user": `PC\taro`, "severity": "重大", "signature": "Trojan:Win32/Wacatac.B!ml"},
		},
		{
			"virus quarantined", xml(defender, "x", "1117", data("Threat Name", "Ransom:Win32/Conti", "Action ID", "2", "Action Name", "検疫", "Error Code", "0x00000000")),
			sample.Want{"class": "ransomware", "outcome": "contained", "verb": "検疫"},
		},
		{"virus not quarantined", xml(defender, "x", "1117", data("Threat Name", "Virus:Win32/X", "Action ID", "2", "Action Name", "Quarantine", "Error Code", "0x80070005")), sample.Want{"outcome": "detected"}},
		{"remediation failed", xml(defender, "x", "1118", data("Threat Name", "Virus:Win32/X", "Action ID", "2", "Action Name", "Quarantine")), sample.Want{"class": "malware", "outcome": "detected"}},
		{"switched off", xml(defender, "x", "5001", ""), sample.Want{"class": "tampering", "outcome": "succeeded"}},
		{"exclusion", xml(defender, "x", "5007", data("New Value", `HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\x = 0x0`)), sample.Want{"class": "tampering", "outcome": "succeeded"}},
		{"setting", xml(defender, "x", "5007", data("New Value", `HKLM\SOFTWARE\Microsoft\Windows Defender\x = 0x2`)), sample.Want{"class": "config_change", "outcome": "succeeded"}},
		{
			"rule blocked", xml(defender, "x", "1121", data("ID", "D4F940AB-401B-4EFC-AADC-AD5F3C50688A", "Path", `C:\a.exe`, "Process Name", "winword.exe")),
			sample.Want{"class": "suspicious_file", "outcome": "prevented", "signature": "Office starts programs", "file": `C:\a.exe`},
		},
		{"rule audited", xml(defender, "x", "1122", data("ID", "x")), sample.Want{"outcome": "detected"}},
		{
			"sysmon process", xml(sysmon, sysmon+"/Operational", "1", data("RuleName", "-", "UtcTime", "2026-03-04 01:02:02.500", "Image", `C:\Windows\System32\vssadmin.exe`, "CommandLine", "vssadmin delete shadows /all", "User", `PC\taro`, "Hashes", "MD5=D41D8CD98F00B204E9800998ECF8427E,SHA256=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")),
			sample.Want{"product": "Sysmon", "class": "ransomware", "outcome": "detected", "time": "2026-03-04T01:02:02.5Z", "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "process": "vssadmin delete shadows /all"},
		},
		{
			"sysmon network", xml(sysmon, "x", "3", data("Image", "a.exe", "Protocol", "tcp", "SourceIp", "192.168.1.5", "SourcePort", "50000", "DestinationIp", "203.0.113.9", "DestinationPort", "443")),
			sample.Want{"class": "noise", "outcome": "unknown", "dst_ip": "203.0.113.9", "dst_port": 443, "src_port": 50000, "protocol": "tcp"},
		},
		{"sysmon lsass", xml(sysmon, "x", "10", data("SourceImage", "a.exe", "TargetImage", `C:\Windows\system32\lsass.exe`, "GrantedAccess", "0x1410")), sample.Want{"class": "malware", "family": "credential_theft"}},
		{"sysmon blocked", xml(sysmon, "x", "27", data("Image", "a.exe", "TargetFilename", `C:\x.exe`)), sample.Want{"outcome": "prevented"}},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func TestDecode_readsJSON(t *testing.T) {
	want := sample.Want{"class": "login_failure", "outcome": "prevented", "user": "admin", "src_ip": "203.0.113.7", "host": "DC1", "time": "2026-03-04T01:02:03Z", "code": "4625"}
	for name, input := range map[string]string{
		"winlogbeat": `{"@timestamp":"2026-03-04T01:02:03.000Z","winlog":{"event_id":4625,"provider_name":"Microsoft-Windows-Security-Auditing","channel":"Security","computer_name":"DC1","event_data":{"TargetUserName":"admin","IpAddress":"203.0.113.7","LogonType":"3"}},"event":{"code":"4625"}}`,
		"nxlog":      `{"EventTime":"2026-03-04 01:02:03","Hostname":"DC1","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","TargetUserName":"admin","IpAddress":"203.0.113.7"}`,
		"wazuh":      `{"win":{"system":{"providerName":"Microsoft-Windows-Security-Auditing","eventID":"4625","systemTime":"2026-03-04T01:02:03Z","channel":"Security","computer":"DC1"},"eventdata":{"targetUserName":"admin","ipAddress":"203.0.113.7"}}}`,
		"nested":     `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4625,"Channel":"Security","Computer":"DC1","TimeCreated":{"#attributes":{"SystemTime":"2026-03-04T01:02:03Z"}}},"EventData":{"TargetUserName":"admin","IpAddress":"203.0.113.7"}}}`,
		"azure":      `{"TimeGenerated":"2026-03-04T01:02:03Z","Computer":"DC1","EventID":4625,"EventSourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventData":"<EventData><Data Name=\"TargetUserName\">admin</Data><Data Name=\"IpAddress\">203.0.113.7</Data></EventData>"}`,
		"message":    `{"EventTime":"2026-03-04 01:02:03","Hostname":"DC1","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing","EventData":{},"Message":"An account failed to log on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\t-\r\n\r\nAccount For Which Logon Failed:\r\n\tAccount Name:\t\tadmin\r\n\tAccount Domain:\t\t\r\n\r\nNetwork Information:\r\n\tSource Network Address:\t203.0.113.7\r\n"}`,
	} {
		t.Run(name, func(t *testing.T) { sample.Expect(t, Decode, input, want, true) })
	}
	sample.Expect(t, Decode, `{"EventID":1,"Vendor":"other"}`, nil, true)
	sample.Expect(t, Decode, `{"event_id":"x","channel":"y"}`, nil, true)
}

func TestDecode_readsSnare(t *testing.T) {
	const input = "<14>Mar  4 10:02:03 DC1 MSWinEventLog\t1\tSecurity\t123\tWed Mar 04 01:02:03 2026\t4625\tMicrosoft-Windows-Security-Auditing\tN/A\tN/A\tFailure Audit\tDC1\tLogon\t\tAn account failed to log on.    Subject:   Security ID:  S-1-0-0   Account Name:  -   Account For Which Logon Failed:   Account Name:  admin   Network Information:   Source Network Address: 203.0.113.7   Source Port:  0\t99"
	sample.Expect(t, Decode, input, sample.Want{"class": "login_failure", "user": "admin", "src_ip": "203.0.113.7", "host": "DC1", "time": "2026-03-04T01:02:03Z", "time_trust": "zone_assumed"}, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		xml(audit, "Security", "4688", data("CommandLine", "x")), xml(defender, "x", "1117", data("Path", "file:_x")), xml(sysmon, "x", "13", data("TargetObject", "x")),
		`{"winlog":{"event_id":1,"provider_name":"x","event_data":{"a":{"b":[{"@Name":"x"}]}}}}`, "MSWinEventLog\t1\tSecurity\t1\tx\t4624\tSecurity\tx\tx\tx\tx\tx\tx\tSubject:  Account Name:  x",
	})
}

func BenchmarkDecode(b *testing.B) {
	for name, input := range map[string]string{
		"xml":  xml(audit, "Security", "4625", data("SubjectUserName", "-", "TargetUserName", "admin", "LogonType", "3", "IpAddress", "203.0.113.7", "IpPort", "51234")),
		"json": `{"winlog":{"event_id":4625,"provider_name":"Microsoft-Windows-Security-Auditing","channel":"Security","computer_name":"DC1","event_data":{"TargetUserName":"admin","IpAddress":"203.0.113.7"}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := sample.Read(input)
				var e sekisho.Event
				Decode(&r, &e)
			}
		})
	}
}
