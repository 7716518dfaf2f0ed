package defender

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "microsoft_defender/panther_microsoft_defender_rules", map[string]sample.Want{
		"High Severity Finding": {"vendor": "Microsoft", "product": "Microsoft Sentinel", "class": "suspicious_file", "outcome": "detected", "severity": "High", "signature": "Regsvr32 Rundll32 Image Loads Abnormal Extension", "time": "2025-04-21T20:51:04.0581832Z"},
		"Alert Evidence Event":  {"class": "noise", "family": "evidence", "host": "testdevice.testdomain.com"},
	})
	sample.Check(t, Decode, "microsoft_defender/panther_intune_rules", map[string]sample.Want{
		"Add Mobile App":                {"class": "config_change", "outcome": "succeeded", "user": "testuser@test.com", "signature": "Create MobileApp yubikey-manager-qt-1.2.6-win64.exe"},
		"Add Device Management Script":  {"class": "config_change", "outcome": "succeeded"},
		"Device Reported Not Compliant": {"class": "sensor_fault", "host": "TestDevice", "time": "2025-04-02T05:57:59.4097Z"},
		"Device Enrollment":             {"class": "noise"},
	})
	sample.Check(t, Decode, "microsoft_defender/panther_microsoft_rules", map[string]sample.Want{
		"Failed Login event":                   {"class": "login_failure", "outcome": "prevented", "src_ip": "1.2.3.4", "user": "sample.user@yourorg.onmicrosoft.com", "time": "2022-12-12T15:57:57Z"},
		"Login Event":                          {"class": "noise", "family": "login", "outcome": "succeeded"},
		"External user":                        {"class": "dlp", "family": "sharing", "outcome": "succeeded"},
		"Internal Share":                       {"class": "noise", "family": "sharing"},
		"MFA Remove event":                     {"class": "tampering", "family": "mfa"},
		"MFA Add Event":                        {"class": "config_change"},
		"External Organization Forwarding":     {"class": "dlp", "family": "mail_forwarding", "outcome": "succeeded"},
		"Internal Organization Forwarding":     {"class": "config_change"},
		"Subdomain Forwarding (Internal)":      {"class": "config_change"},
		"Similar Domain Forwarding (External)": {"class": "dlp"},
		"Anonymous Login Event (v2)":           {"product": "Microsoft Defender for Identity", "class": "new_country_vpn", "severity": "medium", "src_ip": "185.220.103.6", "user": "homer.simpson@corporation.onmicrosoft.com"},
		"Password Spray Event (v2)":            {"class": "login_failure", "outcome": "detected"},
		"Resolved Event (v2)":                  {"outcome": "detected"},
		"Mimikatz Execution Event ID 4688":     nil,
	})
}

func TestDecode_readsAlerts(t *testing.T) {
	const head = `{"id":"1","title":"'Wacatac' malware was detected","severity":"high","status":"new","serviceSource":"microsoftDefenderForEndpoint","category":"Malware","createdDateTime":"2026-03-04T01:00:00Z","evidence":[{"@odata.type":"#microsoft.graph.security.deviceEvidence","deviceDnsName":"pc-07.example","remediationStatus":"none"},`
	for status, want := range map[string]string{"prevented": "prevented", "blocked": "prevented", "remediated": "contained", "active": "detected", "unremediated": "detected", "none": "detected", "pendingApproval": "detected"} {
		sample.Expect(t, Decode, head+`{"@odata.type":"#microsoft.graph.security.fileEvidence","remediationStatus":"`+status+`","detectionStatus":"detected","fileDetails":{"fileName":"a.exe","filePath":"C:\\Users\\taro","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}]}`,
			sample.Want{"class": "malware", "outcome": want, "host": "pc-07.example", "file": `C:\Users\taro\a.exe`, "product": "Microsoft Defender for Endpoint"}, true)
	}
	sample.Expect(t, Decode, `{"id":"da1","title":"An active 'Emotet' malware was blocked","severity":"Informational","investigationState":"Queued","machineId":"m","computerDnsName":"pc","category":"Malware","alertCreationTime":"2026-03-04T01:00:00Z"}`,
		sample.Want{"outcome": "prevented", "host": "pc"}, true)
	sample.Expect(t, Decode, `{"title":"x","severity":"high"}`, nil, true)
}

func TestDecode_readsTheStream(t *testing.T) {
	for name, test := range map[string]struct {
		table, properties string
		want              sample.Want
	}{
		"virus":        {"DeviceEvents", `"ActionType":"AntivirusDetection","FileName":"a.exe","FolderPath":"C:\\x","AdditionalFields":"{\"ThreatName\":\"Ransom:Win32/X\",\"WasRemediated\":true}"`, sample.Want{"class": "ransomware", "outcome": "contained", "file": `C:\x\a.exe`}},
		"virus runs":   {"DeviceEvents", `"ActionType":"AntivirusDetection","AdditionalFields":"{\"ThreatName\":\"Trojan:X\",\"WasRemediated\":false,\"WasExecutingWhileDetected\":true}"`, sample.Want{"outcome": "succeeded"}},
		"rule":         {"DeviceEvents", `"ActionType":"AsrOfficeChildProcessBlocked"`, sample.Want{"class": "suspicious_file", "outcome": "prevented"}},
		"rule audited": {"DeviceEvents", `"ActionType":"AsrOfficeChildProcessAudited"`, sample.Want{"class": "suspicious_file", "outcome": "detected"}},
		"usb":          {"DeviceEvents", `"ActionType":"UsbDriveMounted"`, sample.Want{"class": "usb", "outcome": "succeeded"}},
		"command":      {"DeviceProcessEvents", `"ActionType":"ProcessCreated","ProcessCommandLine":"vssadmin delete shadows /all"`, sample.Want{"class": "ransomware", "outcome": "detected"}},
		"connection":   {"DeviceNetworkEvents", `"ActionType":"ConnectionSuccess","LocalIP":"192.168.1.5","LocalPort":50000,"RemoteIP":"203.0.113.7","RemotePort":443,"Protocol":"Tcp"`, sample.Want{"class": "noise", "src_ip": "192.168.1.5", "dst_ip": "203.0.113.7", "dst_port": 443, "protocol": "tcp"}},
		"logon failed": {"DeviceLogonEvents", `"ActionType":"LogonFailed","RemoteIP":"203.0.113.7","AccountName":"admin"`, sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.7", "user": "admin"}},
		"phish":        {"EmailEvents", `"ThreatTypes":"Phish","DeliveryAction":"Delivered","RecipientEmailAddress":"a@example.co.jp"`, sample.Want{"class": "malicious_web", "outcome": "detected"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want["time"] = "2026-03-04T01:00:00.5Z"
			sample.Expect(t, Decode, `{"time":"2026-03-04T01:01:00Z","tenantId":"t","operationName":"Publish","category":"AdvancedHunting-`+test.table+`","properties":{"Timestamp":"2026-03-04T01:00:00.5Z","DeviceName":"pc",`+test.properties+`}}`, test.want, true)
		})
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`{"category":"AdvancedHunting-DeviceEvents","properties":{"ActionType":"PnpDeviceConnected","AdditionalFields":"{}"}}`, `{"title":"x","severity":"y","serviceSource":"microsoftX","status":"new","evidence":[{}]}`,
		`{"Operation":"Set-Mailbox","CreationTime":"x","Workload":"y","UserId":"z","Parameters":[{"Name":"ForwardTo","Value":"a@b"}]}`,
	})
}
