package windows

import "strings"

// sections are the headings under which the text of a Security event repeats "Account Name:", and whom each names.
var sections = map[string]string{
	"Subject": "Subject", "New Logon": "Target", "Account For Which Logon Failed": "Target", "Target Account": "Target", "New Account": "Target",
	"Account Whose Credentials Were Used": "Target", "Account That Was Locked Out": "Target", "Member": "Member", "Group": "Group", "Target Server": "",
	"Network Information": "", "Process Information": "", "Failure Information": "", "Detailed Authentication Information": "", "Service Information": "",
	"Account Information": "Target", "Additional Information": "", "Logon Information": "", "Creator Subject": "Subject", "Target Subject": "Other",
	"サブジェクト": "Subject", "新しいログオン": "Target", "ログオンを失敗したアカウント": "Target", "ネットワーク情報": "", "プロセス情報": "", "エラー情報": "",
}

// labels are those of the rendered text whose values have another name in the data.
var labels = map[string]string{
	"Account Name": "UserName", "アカウント名": "UserName", "Account Domain": "DomainName", "アカウント ドメイン": "DomainName", "Source Network Address": "IpAddress",
	"ソース ネットワーク アドレス": "IpAddress", "Client Address": "IpAddress", "Source Address": "IpAddress", "Source Port": "IpPort", "ソース ポート": "IpPort", "Client Port": "IpPort",
	"Workstation Name": "WorkstationName", "ワークステーション名": "WorkstationName", "ログオン タイプ": "LogonType", "Process Command Line": "CommandLine", "Caller Process Name": "ProcessName",
	"Service File Name": "ImagePath", "Device Name": "DeviceDescription", "Name": "ThreatName", "Severity": "SeverityName", "Category": "CategoryName",
	"Action": "ActionName", "名前": "ThreatName", "重大度": "SeverityName", "カテゴリ": "CategoryName", "操作": "ActionName", "パス": "Path", "ユーザー": "DetectionUser",
	"User": "DetectionUser", "プロセス名": "ProcessName", "Error Code": "ErrorCode", "New Process Name": "NewProcessName",
}

// readMessage takes the values out of the rendered text of an event: labels with colons, divided by lines, tabs or, after
// Snare, runs of spaces.
func (w *event) readMessage(text string) {
	if w.message == "" {
		w.message = text
	}
	section, label := "", ""
	for segment := range segments(text) {
		if heading, known := sections[strings.TrimRight(segment, ":：")]; known && strings.HasSuffix(segment, ":") {
			section, label = heading, ""
			continue
		}
		if name, found := strings.CutSuffix(segment, ":"); found && len(name) < 60 {
			label = name
			continue
		}
		if label == "" {
			name, value, found := strings.Cut(segment, ": ")
			if !found || len(name) > 60 {
				continue
			}
			label, segment = name, strings.TrimSpace(value)
		}
		name, renamed := labels[label]
		if !renamed {
			name = label
		}
		if name == "UserName" || name == "DomainName" {
			name = section + name
		}
		if w.add(name, segment); len(w.data) > maxData {
			return
		}
		label = ""
	}
}

// segments cuts a text at line ends, tabs and runs of spaces.
func segments(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			end := len(text)
			for i := range len(text) {
				if c := text[i]; c == '\n' || c == '\r' || c == '\t' || c == ' ' && i+1 < len(text) && text[i+1] == ' ' {
					end = i
					break
				}
			}
			if s := strings.TrimSpace(text[:end]); s != "" && !yield(s) {
				return
			}
			text = text[min(end+1, len(text)):]
		}
	}
}
