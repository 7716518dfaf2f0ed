package windows

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// tellDefender reads Microsoft Defender Antivirus ("Review event logs and error codes" of its manual).
func (w *event) tellDefender(e *sekisho.Event) {
	e.Product, e.Format, e.Family = "Microsoft Defender Antivirus", "windows_defender", "antivirus"
	e.Signature = w.text("ThreatName")
	e.Severity = cmp.Or(w.text("SeverityName"), e.Severity)
	e.Category = w.text("CategoryName")
	e.User = cmp.Or(w.text("DetectionUser", "RemediationUser"), account(w.text("Domain"), w.text("User")), e.User)
	e.Process = w.text("ProcessName")
	e.File = pathOf(w.text("Path", "ResourcePath"))
	e.Hash = field.Hash(w.text("Sha256"), w.text("Hashes", "SHA1", "MD5"))
	switch w.id {
	case 1006, 1015, 1116:
		w.tellThreat(e, sekisho.OutcomeDetected)
		if w.id == 1015 && e.Signature == "" {
			e.Signature, e.Confidence = "suspicious behaviour", 0.7
		}
		e.Verb = w.text("ActionName")
	case 1007, 1117:
		w.tellThreat(e, w.actionOf())
		e.Verb = w.text("ActionName")
	case 1008, 1118, 1119, 1010, 1012:
		if e.Signature != "" || w.id > 1100 || w.id == 1008 {
			w.tellThreat(e, sekisho.OutcomeDetected)
		}
		e.Verb = cmp.Or(w.text("ActionName"), w.text("ErrorDescription"))
	case 1009: // somebody took it out of the quarantine
		w.tellThreat(e, sekisho.OutcomeDetected)
		e.Verb = "restored"
	case 1160:
		set(e, sekisho.ClassPUA, "pua", sekisho.OutcomeDetected)
	case 1121, 1122, 1131, 1132, 1133, 1134:
		w.tellRule(e, w.id == 1121 || w.id == 1131 || w.id == 1133)
		e.Signature = cmp.Or(asrRules[strings.ToLower(strings.Trim(w.text("ID", "RuleID"), "{}"))], w.text("ID", "RuleID"), "attack surface reduction rule")
	case 1123, 1127, 1124, 1128:
		w.tellRule(e, w.id == 1123 || w.id == 1127)
		e.Class, e.Family, e.Signature = sekisho.ClassSuspiciousFile, "folder_protection", "controlled folder access"
	case 1125, 1126:
		w.tellRule(e, w.id == 1126)
		e.Class, e.Family, e.Signature = sekisho.ClassMaliciousWeb, "network_protection", "network protection"
		e.URL = w.text("Destination")
	case 5001, 5010, 5012:
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
		e.Signature = map[int]string{5001: "real-time protection switched off", 5010: "scanning for malware switched off", 5012: "scanning for viruses switched off"}[w.id]
	case 5004, 5007:
		set(e, sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded)
		e.Signature = "configuration of Microsoft Defender changed"
		if value := strings.ToLower(w.text("NewValue")); strings.Contains(value, `\exclusions\`) || strings.Contains(value, "disable") && strings.Contains(value, "0x1") {
			e.Class, e.Family = sekisho.ClassTampering, "tampering"
			e.Signature = cmp.Or(w.text("NewValue"), e.Signature)
		}
	case 5013:
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomePrevented)
		e.Signature = "tamper protection refused a change"
	case 1005, 2001, 2003, 2004, 2006, 2012, 3002, 3007, 5008, 5100, 5101:
		set(e, sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded)
		e.Signature = cmp.Or(faults[w.id], "Microsoft Defender has a fault")
		e.Verb = w.text("ErrorDescription", "ErrorCode")
	}
}

var faults = map[int]string{
	1005: "scan stopped by an error", 2001: "update of signatures failed", 2003: "update of the engine failed", 2004: "signatures could not be loaded",
	2006: "update of the platform failed", 2012: "dynamic signatures failed", 3002: "real-time protection failed", 3007: "real-time protection recovered",
	5008: "engine failed", 5100: "licence about to expire", 5101: "licence expired",
}

func (w *event) tellThreat(e *sekisho.Event, outcome sekisho.Outcome) {
	class, family, ok := behaviour.Threat(e.Signature, e.Category)
	if !ok {
		class, family = sekisho.ClassMalware, "malware"
	}
	set(e, class, family, outcome)
}

// actionOf reads what was done by its number: its name is in the language of the PC.
func (w *event) actionOf() sekisho.Outcome {
	switch w.text("ActionID") {
	case "1", "2", "3": // clean, quarantine, remove
		if code := w.text("ErrorCode"); code != "" && strings.Trim(code, "0x") != "" && code != "0x80508023" { // already gone
			return sekisho.OutcomeDetected
		}
		return sekisho.OutcomeContained
	case "6", "8", "9": // allow, the user decides, nothing
		return sekisho.OutcomeDetected
	case "10":
		return sekisho.OutcomePrevented
	}
	if outcome, ok := verb.OnHost(w.text("ActionName")); ok {
		return outcome
	}
	return sekisho.OutcomeContained // 1007 and 1117 say that it acted
}

func (w *event) tellRule(e *sekisho.Event, blocked bool) {
	set(e, sekisho.ClassSuspiciousFile, "attack_surface", sekisho.OutcomeDetected)
	if blocked {
		e.Outcome = sekisho.OutcomePrevented
	}
	e.Verb = map[bool]string{true: "blocked", false: "audited"}[blocked]
}

// pathOf takes the first file out of "file:_C:\a.exe; process:_pid:1,ProcessStart:2" and of containers.
func pathOf(s string) string {
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		for _, prefix := range []string{"file:_", "containerfile:_", "startup:_", "webfile:_", "amsi:_"} {
			if path, found := strings.CutPrefix(part, prefix); found {
				path, _, _ = strings.Cut(path, "|")
				return path
			}
		}
	}
	if strings.Contains(s, ":_") {
		return ""
	}
	return s
}

// asrRules are the names of the rules of attack surface reduction.
var asrRules = map[string]string{
	"56a863a9-875e-4185-98a7-b882c64b5ce5": "abuse of vulnerable signed drivers", "7674ba52-37eb-4a4f-a9a1-f0f9a1619a2c": "Adobe Reader starts programs",
	"d4f940ab-401b-4efc-aadc-ad5f3c50688a": "Office starts programs", "9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2": "stealing of credentials from lsass",
	"be9ba2d9-53ea-4cdc-84e5-9b1eeee46550": "programs from mail", "01443614-cd74-433a-b99e-2ecdc07bfc25": "programs that few have",
	"5beb7efe-fd9a-4556-801d-275e5ffc04cc": "hidden scripts", "d3e037e1-3eb8-44c8-a917-57927947596d": "scripts start downloads",
	"3b576869-a4ec-4529-8536-b80a7769e899": "Office writes programs", "75668c1f-73b5-4cf0-bb93-3ecf5cb7cc84": "Office injects code",
	"26190899-1602-49e8-8b27-eb1d0a1ce869": "Outlook starts programs", "e6db77e5-3df2-4cf1-b95a-636979351e5b": "persistence by WMI",
	"d1e49aac-8f56-4280-b9ba-993a6d77406c": "programs from PsExec and WMI", "b2b3f03d-6a65-4f7b-a9c7-1c7ef74a9ba4": "programs from USB",
	"92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b": "Office macros call Windows", "c1db55ab-c21a-4637-bb3f-a12568109d35": "ransomware",
}
