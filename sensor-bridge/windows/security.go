package windows

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellSecurity reads the Security log ("Appendix L: Events to Monitor" of Microsoft's guide to securing Active Directory).
func (w *event) tellSecurity(e *sekisho.Event) {
	e.User = cmp.Or(account(w.text("TargetDomainName"), w.text("TargetUserName")), account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User)
	e.SrcIP, e.SrcPort = field.Address(w.text("IpAddress", "SourceAddress", "ClientAddress", "ecs.source.ip")), field.Port(w.text("IpPort", "SourcePort", "ecs.source.port"))
	e.DstIP, e.DstPort = field.Address(w.text("DestAddress", "ecs.destination.ip")), field.Port(w.text("DestPort", "ecs.destination.port"))
	e.Process = w.text("ProcessName", "Application")
	e.Verb = w.text("Status", "FailureCode")
	switch w.id {
	case 4624, 528, 540:
		w.tellLogin(e)
	case 4625, 529, 530, 531, 532, 533, 534, 535, 536, 537, 539:
		set(e, sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented)
		e.Signature, e.Verb = "failed logon, type "+w.text("LogonType"), w.text("SubStatus", "Status", "FailureReason")
	case 4771, 4772, 4773, 675, 676:
		set(e, sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented)
		e.Signature = "failed Kerberos logon"
	case 4768, 4769, 4770, 4776, 672, 673, 680:
		e.Family = "login"
		if status := w.text("Status", "ErrorCode"); status != "" && strings.Trim(status, "0x") != "" {
			set(e, sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented)
			e.Signature = "failed logon, status " + status
		} else if w.id == 4768 || w.id == 4776 {
			e.Outcome = sekisho.OutcomeSucceeded
		}
	case 4740, 644:
		set(e, sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented)
		e.Signature = "account locked out"
	case 4634, 4647, 4648, 4672, 4778, 4779, 4800, 4801, 4964:
		e.Family = "login"
	case 1102, 517:
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
		e.Signature = "the Security log was cleared"
		e.User = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User)
	case 1100, 4719, 4906, 4907, 4715:
		if w.id == 4719 {
			set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
			e.Signature = "audit policy changed"
		}
	case 5025, 5034:
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
		e.Signature = "Windows firewall stopped"
	case 4688, 592:
		e.User, e.Family = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User), "process"
		e.File = w.text("NewProcessName")
		ran(e, w.text("CommandLine", "ProcessCommandLine"), e.File)
	case 4697:
		w.tellService(e)
	case 4698, 4702:
		w.tellTask(e)
	case 4720, 4722, 4723, 4724, 4725, 4726, 4728, 4732, 4738, 4741, 4742, 4743, 4756, 4729, 4733, 4757, 4767, 4781, 4794, 4765, 4766, 4780,
		4727, 4731, 4735, 4737, 4754, 4755, 4730, 4734, 4758, 4739, 4713, 4706, 4704, 4705, 4717, 4718, 5136, 5137, 5141, 4662:
		w.tellAccount(e)
	case 4946, 4947, 4948, 4950, 4954, 4956:
		set(e, sekisho.ClassConfigChange, "firewall", sekisho.OutcomeSucceeded)
		e.Signature = cmp.Or(w.text("RuleName"), "firewall rules changed")
	case 5152, 5157, 5150, 5151, 5031, 5159:
		e.Family, e.Outcome = "firewall", sekisho.OutcomePrevented
		w.tellFlow(e)
	case 5156, 5158, 5154:
		e.Family = "firewall"
		w.tellFlow(e)
	case 6416, 6419, 6420, 6421, 6422, 6423, 6424:
		w.tellDevice(e)
	case 4663, 4656, 4660, 5140, 5145, 5142, 5143, 5144:
		e.User, e.Family = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User), "file"
		e.File = cmp.Or(w.text("ObjectName"), strings.TrimRight(w.text("ShareName"), `\`)+prefixed(`\`, w.text("RelativeTargetName")))
	case 4657:
		e.Family, e.File = "registry", w.text("ObjectName")
		registry(e, e.File+`\`+w.text("ObjectValueName"), w.text("NewValue"))
	case 4616:
		e.Family = "clock"
	}
}

// tellLogin reads a logon that worked. One from the internet is worth a look whoever it was.
func (w *event) tellLogin(e *sekisho.Event) {
	e.Family, e.Outcome = "login", sekisho.OutcomeSucceeded
	kind := w.text("LogonType")
	e.Signature = prefixed("logon, type ", kind)
	if (kind == "10" || kind == "3" || kind == "7") && e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
		e.Class, e.Family = sekisho.ClassAdminLoginExternal, "remote_login"
	}
}

// tellAccount reads a change of users, groups or the directory.
func (w *event) tellAccount(e *sekisho.Event) {
	set(e, sekisho.ClassConfigChange, "account", sekisho.OutcomeSucceeded)
	e.Signature = accountSigns[w.id]
	switch w.id {
	case 4723: // one's own password
		e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
	case 4662:
		set(e, sekisho.ClassNoise, "directory", sekisho.OutcomeUnknown)
		properties := strings.ToLower(w.text("Properties"))
		if strings.Contains(properties, "1131f6a") && !strings.HasSuffix(w.text("SubjectUserName"), "$") { // DS-Replication-Get-Changes: DCSync, T1003.006
			set(e, sekisho.ClassMalware, "credential_theft", sekisho.OutcomeDetected)
			e.Signature, e.Confidence = "somebody copies the directory (DCSync)", 0.8
		}
	case 4728, 4732, 4756, 4729, 4733, 4757:
		e.Signature += prefixed(": ", w.text("TargetUserName", "GroupName"))
		e.User = cmp.Or(w.text("MemberName"), w.text("MemberSid"), e.User)
	}
}

var accountSigns = map[int]string{
	4720: "user created", 4722: "user enabled", 4723: "password changed", 4724: "password reset", 4725: "user disabled", 4726: "user deleted",
	4728: "member added to a global group", 4732: "member added to a local group", 4756: "member added to a universal group", 4738: "user changed",
	4729: "member removed from a global group", 4733: "member removed from a local group", 4757: "member removed from a universal group",
	4741: "computer account created", 4742: "computer account changed", 4743: "computer account deleted", 4767: "user unlocked", 4781: "account renamed",
	4794: "Directory Services Restore Mode password set", 4765: "SID history added", 4766: "SID history refused", 4780: "administrators' rights set",
	4739: "domain policy changed", 4713: "Kerberos policy changed", 4706: "trust created", 4704: "user right given", 4705: "user right taken", 4717: "system access given",
	4718: "system access taken", 5136: "directory object changed", 5137: "directory object created", 5141: "directory object deleted",
	4727: "group created", 4731: "group created", 4754: "group created", 4735: "group changed", 4737: "group changed", 4755: "group changed",
	4730: "group deleted", 4734: "group deleted", 4758: "group deleted",
}

// tellService reads a service that was installed: programs do, and so do intruders (T1543.003).
func (w *event) tellService(e *sekisho.Event) {
	name, image := w.text("ServiceName"), w.text("ImagePath", "ServiceFileName")
	set(e, sekisho.ClassInstall, "service", sekisho.OutcomeSucceeded)
	e.User = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), w.text("AccountName"), e.User)
	ran(e, image, "")
	if e.Class == sekisho.ClassInstall {
		e.File, e.Signature = strings.Trim(image, `"`), "service installed: "+name
		if strings.Contains(strings.ToUpper(name), "PSEXE") {
			e.Class, e.Family, e.Signature = sekisho.ClassRemoteTool, "remote_command", "PsExec"
		}
	}
}

// tellTask reads a scheduled task with its XML.
func (w *event) tellTask(e *sekisho.Event) {
	set(e, sekisho.ClassConfigChange, "scheduled_task", sekisho.OutcomeSucceeded)
	e.User, e.Signature = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User), "scheduled task: "+w.text("TaskName")
	if finding, ok := behaviour.Command(w.text("TaskContent", "TaskContentNew")); ok {
		e.Class, e.Family, e.Signature, e.Confidence = finding.Class, finding.Family, finding.Signature, finding.Confidence
	}
}

// tellFlow reads what the filtering platform saw: the addresses are written from the PC's point of view.
func (w *event) tellFlow(e *sekisho.Event) {
	e.Protocol = field.Protocol(w.text("Protocol"))
	if w.text("Direction") == "%%14592" && e.SrcIP.IsValid() {
		e.Direction = sekisho.DirectionInbound
		if field.Inside(e.SrcIP) {
			e.Direction = sekisho.DirectionInternal
		}
	}
}

// tellDevice reads a device that was plugged in. Only what stores or carries data counts as USB.
func (w *event) tellDevice(e *sekisho.Event) {
	e.User = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User)
	id := strings.ToUpper(w.text("DeviceId", "DeviceInstanceId"))
	e.Family, e.File, e.Signature = "device", w.text("DeviceId"), w.text("DeviceDescription", "DeviceName", "ClassName")
	usb := strings.HasPrefix(id, "USB") || strings.Contains(id, "USBSTOR") || strings.Contains(id, "WPDBUSENUM")
	if name := w.text("ClassName"); !usb && name != "DiskDrive" && name != "WPD" {
		return
	}
	set(e, sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded)
	if w.id == 6423 || w.id == 6420 && w.text("Outcome") == "blocked" {
		e.Outcome = sekisho.OutcomePrevented
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
