package defender

import (
	"cmp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellHunting reads a row of a table of advanced hunting. Most rows are what happened, without judgement.
func tellHunting(table string, f *fields, e *sekisho.Event) {
	e.Code = f.text("ActionType")
	e.Host, e.User = f.text("DeviceName"), f.text("AccountUpn", "AccountName", "InitiatingProcessAccountUpn", "InitiatingProcessAccountName", "AccountDisplayName")
	e.File = joined(f.text("FolderPath"), f.text("FileName"))
	e.Process = f.text("ProcessCommandLine", "InitiatingProcessCommandLine", "InitiatingProcessFolderPath")
	e.Hash = field.Hash(f.text("SHA256"), f.text("SHA1"), f.text("MD5"))
	e.SrcIP, e.SrcPort = field.Address(f.text("LocalIP")), field.Port(f.text("LocalPort"))
	e.DstIP, e.DstPort = field.Address(f.text("RemoteIP", "IPAddress")), field.Port(f.text("RemotePort"))
	e.URL, e.Protocol = f.text("RemoteUrl", "Url"), field.Protocol(f.text("Protocol"))
	e.Severity, e.Signature = f.text("Severity"), f.text("Title")
	switch table {
	case "AlertInfo", "AlertEvidence":
		tellAlertRow(table, f, e)
		return
	case "EmailEvents", "EmailPostDeliveryEvents", "EmailAttachmentInfo", "EmailUrlInfo", "UrlClickEvents":
		tellMail(table, f, e)
		return
	case "IdentityLogonEvents", "DeviceLogonEvents", "AADSignInEventsBeta":
		tellLogon(f, e)
		return
	}
	switch {
	case strings.HasPrefix(e.Code, "Logon"):
		tellLogon(f, e)
	case strings.HasPrefix(e.Code, "Antivirus"):
		tellAntivirus(f, e)
	case strings.HasPrefix(e.Code, "InboundConnection") || e.Code == "FirewallInboundConnectionBlocked":
		e.Family = "network"
		e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = e.DstIP, e.SrcIP, e.DstPort, e.SrcPort
		if strings.HasSuffix(e.Code, "Blocked") {
			e.Family, e.Outcome = "firewall", sekisho.OutcomePrevented
		}
	case strings.HasPrefix(e.Code, "Connection"), strings.HasPrefix(e.Code, "Dns"), strings.HasPrefix(e.Code, "ListeningConnection"), strings.HasPrefix(e.Code, "Network"):
		e.Family = "network"
	case strings.HasPrefix(e.Code, "Firewall"):
		e.Family = "firewall"
		if strings.HasSuffix(e.Code, "Blocked") {
			e.Outcome = sekisho.OutcomePrevented
		}
	default:
		tellAction(f, e)
	}
}

// actions are kinds of events that are worth more than a line in the log; parts of ActionType, the first that fits counts.
var actions = []struct {
	part, family string
	class        sekisho.Class
}{
	{"ExploitGuardNetworkProtection", "network_protection", sekisho.ClassMaliciousWeb},
	{"SmartScreenUrl", "malicious_web", sekisho.ClassMaliciousWeb},
	{"SmartScreenApp", "suspicious_activity", sekisho.ClassSuspiciousFile},
	{"SmartScreenExploit", "exploit", sekisho.ClassExploit},
	{"ControlledFolderAccess", "folder_protection", sekisho.ClassSuspiciousFile},
	{"ExploitGuard", "exploit", sekisho.ClassExploit},
	{"AsrLsassCredentialTheft", "credential_theft", sekisho.ClassMalware},
	{"AsrRansomware", "ransomware", sekisho.ClassRansomware},
	{"Asr", "attack_surface", sekisho.ClassSuspiciousFile},
	{"AppControl", "application_control", sekisho.ClassSuspiciousFile},
	{"AppGuard", "browser", sekisho.ClassNoise},
	{"Tampering", "tampering", sekisho.ClassTampering},
	{"SecurityLogCleared", "tampering", sekisho.ClassTampering},
	{"UsbDriveMounted", "usb", sekisho.ClassUSB},
	{"RemovableStorage", "usb", sekisho.ClassUSB},
	{"UserAccount", "account", sekisho.ClassConfigChange},
	{"SecurityGroup", "account", sekisho.ClassConfigChange},
	{"UserAddedToLocalGroup", "account", sekisho.ClassConfigChange},
	{"ScheduledTaskCreated", "scheduled_task", sekisho.ClassConfigChange},
	{"ServiceInstalled", "service", sekisho.ClassInstall},
	{"AuditPolicyModification", "tampering", sekisho.ClassTampering},
	{"CreateRemoteThread", "injection", sekisho.ClassSuspiciousFile},
	{"PasswordChangeAttempt", "account", sekisho.ClassNoise},
}

// tellAction reads rows by their ActionType: Microsoft ends them in Blocked where something was stopped, in Audited where it
// would have been.
func tellAction(f *fields, e *sekisho.Event) {
	kind := e.Code
	for _, a := range actions {
		if strings.HasPrefix(kind, a.part) {
			e.Class, e.Family = a.class, a.family
			if e.Outcome = sekisho.OutcomeSucceeded; a.class == sekisho.ClassSuspiciousFile || a.class == sekisho.ClassExploit || a.class == sekisho.ClassMaliciousWeb || a.class == sekisho.ClassMalware || a.class == sekisho.ClassRansomware {
				e.Outcome = sekisho.OutcomeDetected
			}
			e.Signature = kind
			break
		}
	}
	extra := f.extra()
	switch verdict := extra.Get("Verdict").String() + extra.Get("RemovableStorageAccess").String(); {
	case strings.HasSuffix(kind, "Blocked"), strings.Contains(strings.ToLower(verdict), "deny"):
		e.Outcome = sekisho.OutcomePrevented
	case strings.HasSuffix(kind, "Audited") && e.Class != sekisho.ClassNoise:
		e.Outcome = sekisho.OutcomeDetected
	case kind == "TamperingAttempt":
		if e.Outcome = sekisho.OutcomePrevented; strings.Contains(strings.ToLower(extra.Get("TamperingAction").String()+extra.Get("Status").String()), "allow") {
			e.Outcome = sekisho.OutcomeSucceeded
		}
	case kind == "PnpDeviceConnected":
		if class := extra.Get("ClassName").String(); class == "DiskDrive" || class == "WPD" || class == "USB" && strings.Contains(extra.Get("DeviceId").String(), "USBSTOR") {
			e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded, extra.Get("DeviceDescription").String()
		}
	case kind == "ProcessCreated" || kind == "PowerShellCommand" || kind == "ScriptContent":
		e.Family = "process"
		if finding, ok := behaviour.Command(cmp.Or(f.text("ProcessCommandLine"), extra.Get("Command").String(), extra.Get("ScriptContent").String(), f.text("InitiatingProcessCommandLine"))); ok {
			e.Class, e.Family, e.Signature, e.Confidence, e.Outcome = finding.Class, finding.Family, finding.Signature, finding.Confidence, sekisho.OutcomeDetected
		}
	case strings.HasPrefix(kind, "File"):
		e.Family = "file"
	case strings.HasPrefix(kind, "Registry"):
		e.Family, e.File = "registry", f.text("RegistryKey")
	}
}

// extra returns AdditionalFields, which is JSON in a text.
func (f *fields) extra() gjson.Result {
	v := f.o.Get(f.prefix + "AdditionalFields")
	if v.Type == gjson.String {
		return gjson.Parse(v.Str)
	}
	return v
}

// tellAntivirus reads what the antivirus found.
func tellAntivirus(f *fields, e *sekisho.Event) {
	extra := f.extra()
	e.Family, e.Signature = "antivirus", extra.Get("ThreatName").String()
	e.Verb = cmp.Or(extra.Get("Action").String(), e.Code)
	switch {
	case e.Code == "AntivirusDetection" || e.Code == "AntivirusReport" && e.Signature != "" || strings.HasPrefix(e.Code, "AntivirusMalware"):
		var ok bool
		if e.Class, e.Family, ok = behaviour.Threat(e.Signature); !ok {
			e.Class, e.Family = sekisho.ClassMalware, "malware"
		}
		e.Outcome = sekisho.OutcomeDetected
		switch remediated := extra.Get("WasRemediated"); {
		case strings.HasSuffix(e.Code, "Blocked"):
			e.Outcome = sekisho.OutcomePrevented
		case strings.HasSuffix(e.Code, "Failed"):
		case remediated.Bool():
			e.Outcome = sekisho.OutcomeContained
		case extra.Get("WasExecutingWhileDetected").Bool():
			e.Outcome = sekisho.OutcomeSucceeded
		}
	case strings.Contains(e.Code, "Disabled"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded, e.Code
	case strings.HasSuffix(e.Code, "Failed"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded, e.Code
	}
}

// tellAlertRow reads an alert; its evidence comes in rows of its own and is no second alert.
func tellAlertRow(table string, f *fields, e *sekisho.Event) {
	e.Code, e.Category = table, f.text("Category", "Categories")
	if table == "AlertEvidence" {
		e.Family = "evidence"
		if ip := field.Address(f.text("LocalIP")); ip.IsValid() {
			e.SrcIP = ip
		}
		return
	}
	if name := f.text("ServiceSource"); name != "" {
		e.Product = name
	}
	var ok bool
	if e.Class, e.Family, ok = behaviour.Threat(e.Signature, spaced(e.Category), e.Category); !ok {
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "suspicious_activity"
	}
	e.Outcome = outcomeOf("", e.Signature)
}

func tellLogon(f *fields, e *sekisho.Event) {
	e.Family = "login"
	e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = first2(field.Address(f.text("RemoteIP", "IPAddress")), e.SrcIP), field.Address(f.text("DestinationIPAddress")), field.Port(f.text("RemotePort")), 0
	switch {
	case strings.HasSuffix(e.Code, "Failed") || f.text("FailureReason") != "" || f.text("ErrorCode") != "" && f.text("ErrorCode") != "0":
		e.Class, e.Outcome, e.Signature = sekisho.ClassLoginFailure, sekisho.OutcomePrevented, f.text("FailureReason")
	case strings.HasSuffix(e.Code, "Success"):
		e.Outcome = sekisho.OutcomeSucceeded
		if kind := f.text("LogonType"); kind == "RemoteInteractive" && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class, e.Family = sekisho.ClassAdminLoginExternal, "remote_login"
		}
	}
}

// tellMail reads Defender for Office 365.
func tellMail(table string, f *fields, e *sekisho.Event) {
	e.Product, e.Family = "Defender for Office 365", "mail"
	e.User, e.SrcIP, e.DstIP = cmp.Or(f.text("RecipientEmailAddress"), e.User), field.Address(f.text("SenderIPv4", "SenderIPv6", "IPAddress")), e.SrcIP
	e.Signature, e.Verb = f.text("ThreatNames", "Subject"), f.text("DeliveryAction", "ActionResult", "ActionType")
	threat := f.text("ThreatTypes")
	if threat == "" {
		return
	}
	e.Class, e.Family = sekisho.ClassMaliciousWeb, "phishing"
	if strings.Contains(threat, "Malware") {
		e.Class, e.Family = sekisho.ClassMalware, "malware"
	} else if strings.Contains(threat, "Spam") && !strings.Contains(threat, "Phish") {
		e.Class, e.Family = sekisho.ClassNoise, "spam"
	}
	switch verb := strings.ToLower(e.Verb); {
	case strings.Contains(verb, "block"), strings.Contains(verb, "junk"), strings.Contains(verb, "replaced"):
		e.Outcome = sekisho.OutcomePrevented
	case table == "EmailPostDeliveryEvents" && strings.Contains(verb, "success"), strings.Contains(verb, "zap"), strings.Contains(verb, "remediation"):
		e.Outcome = sekisho.OutcomeContained
	default:
		e.Outcome = sekisho.OutcomeDetected
	}
}
