package crowdstrike

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// tellDetection reads a detection: what was found, and what the sensor did about it.
func (f *falcon) tellDetection(e *sekisho.Event) {
	e.Severity = f.text("SeverityName", "severity_name", "Severity", "severity")
	e.Signature = f.text("DetectName", "Name", "display_name", "DetectDescription", "Description", "description")
	e.Category = f.text("Technique", "technique", "Tactic", "tactic")
	e.Verb = f.text("PatternDispositionDescription", "pattern_disposition_description")
	e.Outcome = f.disposition(e.Verb)
	e.Class, e.Family = classOf(strings.ToLower(strings.Join([]string{
		f.text("Technique", "technique"), f.text("Tactic", "tactic"), f.text("Objective", "objective"), e.Signature, f.text("DetectDescription", "Description", "description"),
	}, " | ")))
}

// disposition reads what was done. The flags say it where they are; the words are a trap: "Prevention, operation would have
// been blocked" means that the policy let it go on.
func (f *falcon) disposition(words string) sekisho.Outcome {
	text := strings.ToLower(words)
	flag := func(names ...string) bool {
		for _, name := range names {
			if f.text("PatternDispositionFlags."+name, "pattern_disposition_details."+name) == "true" {
				return true
			}
		}
		return false
	}
	held := strings.Contains(text, "would") || strings.Contains(text, "policy disabled") || strings.Contains(text, "not ") || flag("PolicyDisabled", "policy_disabled")
	switch {
	case held:
		return sekisho.OutcomeDetected
	case flag("QuarantineFile", "quarantine_file", "QuarantineMachine", "quarantine_machine"), strings.Contains(text, "quarantine"):
		return sekisho.OutcomeContained
	case flag("ProcessBlocked", "process_blocked", "OperationBlocked", "operation_blocked", "FsOperationBlocked", "fs_operation_blocked", "RegistryOperationBlocked", "registry_operation_blocked"),
		strings.Contains(text, "blocked"):
		return sekisho.OutcomePrevented
	case flag("KillProcess", "kill_process", "KillParent", "kill_parent", "KillSubProcess", "kill_subprocess"), strings.Contains(text, "killed"), strings.Contains(text, "terminated"):
		return sekisho.OutcomeContained
	case strings.HasPrefix(text, "prevention"), strings.Contains(text, "prevented"):
		return sekisho.OutcomePrevented
	}
	return sekisho.OutcomeDetected
}

// classes are parts of MITRE ATT&CK names and of Falcon's own words, what is special first.
var classes = []struct {
	part, family string
	class        sekisho.Class
}{
	{"ransom", "ransomware", sekisho.ClassRansomware},
	{"inhibit system recovery", "ransomware", sekisho.ClassRansomware},
	{"data encrypted for impact", "ransomware", sekisho.ClassRansomware},
	{"web shell", "web_shell", sekisho.ClassWebShell},
	{"webshell", "web_shell", sekisho.ClassWebShell},
	{"adware", "pua", sekisho.ClassPUA},
	{"pup", "pua", sekisho.ClassPUA},
	{"potentially unwanted", "pua", sekisho.ClassPUA},
	{"impair defenses", "tampering", sekisho.ClassTampering},
	{"disable or modify tools", "tampering", sekisho.ClassTampering},
	{"sensor tamper", "tampering", sekisho.ClassTampering},
	{"command and control", "c2", sekisho.ClassC2},
	{"exfiltration", "exfiltration", sekisho.ClassDLP},
	{"credential dumping", "credential_theft", sekisho.ClassMalware},
	{"credential access", "credential_theft", sekisho.ClassMalware},
	{"brute force", "login", sekisho.ClassLoginFailure},
	{"password spray", "login", sekisho.ClassLoginFailure},
	{"remote access software", "remote_tool", sekisho.ClassRemoteTool},
	{"exploit", "exploit", sekisho.ClassExploit},
	{"lateral movement", "lateral_movement", sekisho.ClassAPT},
	{"known malware", "malware", sekisho.ClassMalware},
	{"malware", "malware", sekisho.ClassMalware},
	{"malicious file", "malware", sekisho.ClassMalware},
	{"malicious software", "malware", sekisho.ClassMalware},
	{"intel detection", "malware", sekisho.ClassMalware},
	{"machine learning", "malware", sekisho.ClassMalware},
	{"ngav", "malware", sekisho.ClassMalware},
	{"discovery", "scan", sekisho.ClassScan},
}

func classOf(text string) (sekisho.Class, string) {
	for _, c := range classes {
		if strings.Contains(text, c.part) {
			return c.class, c.family
		}
	}
	return sekisho.ClassSuspiciousFile, "suspicious_activity"
}
