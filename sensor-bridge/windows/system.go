package windows

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellPowerShell reads what PowerShell ran: 4104 holds the text of a script, 400 and 600 the command line of the host.
func (w *event) tellPowerShell(e *sekisho.Event) {
	e.Product, e.Family = "PowerShell", "script"
	text := w.text("ScriptBlockText", "Payload", "HostApplication", "ContextInfo")
	e.File = w.text("Path", "ScriptName")
	if text == "" && len(w.data) > 0 {
		for i := range w.data {
			if _, rest, found := strings.Cut(w.data[i].Value, "HostApplication="); found {
				text, _, _ = strings.Cut(rest, "\n")
				text = strings.TrimSpace(text)
			}
		}
	}
	e.Process = text
	if text == "" {
		return
	}
	finding, ok := behaviour.Command("powershell " + text)
	if !ok {
		return
	}
	set(e, finding.Class, finding.Family, sekisho.OutcomeDetected)
	e.Signature, e.Confidence = finding.Signature, finding.Confidence
}

// tellSystem reads the logs of Windows itself and of its devices.
func (w *event) tellSystem(e *sekisho.Event) {
	provider := strings.ToLower(strings.TrimPrefix(w.provider, "Microsoft-Windows-"))
	if provider == "" {
		provider = strings.ToLower(w.channel)
	}
	switch {
	case provider == "eventlog" && w.id == 104:
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
		e.Signature = "a log was cleared: " + w.text("Channel")
		e.User = cmp.Or(account(w.text("SubjectDomainName"), w.text("SubjectUserName")), e.User)
	case strings.HasPrefix(provider, "service control manager") || provider == "service-control-manager":
		w.tellServices(e)
	case provider == "disk" || provider == "ntfs" || strings.HasPrefix(provider, "stor") || provider == "atapi" || provider == "iastor" || provider == "volmgr" || provider == "volsnap":
		w.tellDisk(provider, e)
	case strings.HasPrefix(provider, "wlan-autoconfig"):
		w.tellWiFi(e)
	case strings.HasPrefix(provider, "msiinstaller"):
		w.tellInstaller(e)
	case strings.HasPrefix(provider, "driverframeworks-usermode"), strings.HasPrefix(provider, "kernel-pnp"), strings.HasPrefix(provider, "userpnp"), strings.HasPrefix(provider, "partition"), strings.HasPrefix(provider, "usb-"):
		w.tellPlugged(provider, e)
	case strings.HasPrefix(provider, "terminalservices-"):
		e.Family, e.User = "login", cmp.Or(w.text("User", "Param1"), e.User)
		e.SrcIP = field.Address(w.text("Address", "Param3", "ClientIP"))
		if w.id == 1149 || w.id == 21 || w.id == 25 {
			e.Outcome, e.Signature = sekisho.OutcomeSucceeded, "remote desktop session"
			if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
				e.Class, e.Family = sekisho.ClassAdminLoginExternal, "remote_login"
			}
		}
	case strings.HasPrefix(provider, "applocker"), strings.HasPrefix(provider, "codeintegrity"):
		w.tellRefused(e)
	case strings.HasPrefix(provider, "taskscheduler"):
		e.Family, e.User = "scheduled_task", cmp.Or(w.text("UserContext", "UserName"), e.User)
		if w.id == 106 || w.id == 140 {
			set(e, sekisho.ClassConfigChange, "scheduled_task", sekisho.OutcomeSucceeded)
			e.Signature = "scheduled task: " + w.text("TaskName")
		}
	case strings.HasPrefix(provider, "windows firewall"):
		e.Family = "firewall"
		if w.id == 2004 || w.id == 2005 || w.id == 2006 || w.id == 2003 || w.id == 2033 || w.id == 2097 || w.id == 2099 {
			set(e, sekisho.ClassConfigChange, "firewall", sekisho.OutcomeSucceeded)
			e.Signature, e.File = cmp.Or(w.text("RuleName"), "firewall settings changed"), w.text("ApplicationPath")
		}
	case strings.HasPrefix(provider, "wmi-activity"):
		if w.id == 5861 {
			set(e, sekisho.ClassSuspiciousFile, "persistence", sekisho.OutcomeSucceeded)
			e.Signature, e.Confidence = "WMI subscription", 0.7
		}
	case strings.HasPrefix(provider, "dns-client"), strings.HasPrefix(provider, "dnsserver"):
		e.Family, e.URL = "dns", w.text("QueryName", "QNAME")
	case strings.HasPrefix(provider, "windowsupdateclient"):
		e.Family, e.Signature = "update", w.text("updateTitle")
	case strings.HasPrefix(provider, "screenconnect"), strings.HasPrefix(provider, "teamviewer"):
		set(e, sekisho.ClassRemoteTool, "remote_tool", sekisho.OutcomeSucceeded)
		e.Signature = w.provider
	}
}

func (w *event) tellServices(e *sekisho.Event) {
	e.Family = "service"
	switch w.id {
	case 7045:
		w.tellService(e)
	case 7040, 7036, 7034, 7031:
		name := strings.ToLower(w.text("param1") + " " + w.text("param4"))
		off := strings.ToLower(w.text("param3") + " " + w.text("param2"))
		if strings.Contains(name, "defender") || strings.Contains(name, "windefend") || strings.Contains(name, "sysmon") {
			if w.id == 7040 && strings.Contains(w.text("param3"), "disabled") || w.id == 7036 && strings.Contains(off, "stopped") {
				set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
				e.Signature = w.text("param1") + " " + strings.TrimSpace(off)
			}
		}
	}
}

// tellDisk reads the signs of a disk that is about to fail.
func (w *event) tellDisk(provider string, e *sekisho.Event) {
	e.Family, e.File = "disk", w.text("DeviceName", "DriveName", "param1")
	switch {
	case provider == "disk" && w.id == 52:
		set(e, sekisho.ClassSMARTFailure, "smart_failure", sekisho.OutcomeDetected)
		e.Signature = "the disk says that it will fail"
	case provider == "disk" && (w.id == 7 || w.id == 11 || w.id == 15 || w.id == 51 || w.id == 153 || w.id == 154 || w.id == 157), provider == "ntfs" && (w.id == 55 || w.id == 137 || w.id == 50),
		(provider == "atapi" || provider == "iastor" || strings.HasPrefix(provider, "stor")) && (w.id == 9 || w.id == 11 || w.id == 129 || w.id == 15):
		set(e, sekisho.ClassDiskEvent, "disk", sekisho.OutcomeDetected)
		e.Signature = cmp.Or(diskSigns[w.id], "disk error")
	}
}

var diskSigns = map[int]string{7: "bad block", 11: "controller error", 51: "error while paging", 153: "input or output was tried again", 55: "damaged file system", 157: "disk removed by surprise", 129: "the disk did not answer"}

// tellWiFi reads a connection to a wireless network; one without a password is worth knowing.
func (w *event) tellWiFi(e *sekisho.Event) {
	e.Family, e.Signature = "wifi", w.text("SSID")
	if w.id != 8001 && w.id != 11001 && w.id != 11005 {
		return
	}
	authentication, encryption := strings.ToLower(w.text("AuthenticationAlgorithm", "AuthAlgo")), strings.ToLower(w.text("CipherAlgorithm", "CipherAlgo", "EncryptionAlgorithm"))
	if strings.Contains(authentication, "open") && !strings.Contains(authentication, "wpa") || encryption == "none" || encryption == "wep" || strings.Contains(authentication, "オープン") {
		set(e, sekisho.ClassOpenWiFi, "open_wifi", sekisho.OutcomeSucceeded)
	}
}

func (w *event) tellInstaller(e *sekisho.Event) {
	e.Family = "install"
	e.Signature = cmp.Or(w.text("ProductName", "param1"), w.unnamed(0))
	switch w.id {
	case 1033, 11707:
		set(e, sekisho.ClassInstall, "install", sekisho.OutcomeSucceeded)
		if _, rest, found := strings.Cut(e.Signature, "Product: "); found {
			e.Signature, _, _ = strings.Cut(rest, " --")
		}
	case 1034, 11724:
		e.Family = "uninstall"
	}
}

// unnamed returns the n-th value without a name, as older programs write them.
func (w *event) unnamed(n int) string {
	for i := range w.data {
		if w.data[i].Key == "" {
			if n == 0 {
				return w.data[i].Value
			}
			n--
		}
	}
	return ""
}

func (w *event) tellPlugged(provider string, e *sekisho.Event) {
	e.Family = "device"
	id := w.text("DeviceInstanceId", "InstanceId", "DeviceInstanceID", "lifetime", "ParentId", "DeviceId", "instance")
	if id == "" {
		for i := range w.data {
			if upper := strings.ToUpper(w.data[i].Value); strings.HasPrefix(upper, "USB") || strings.Contains(upper, "USBSTOR") {
				id = w.data[i].Value
			}
		}
	}
	e.File = id
	e.Signature = cmp.Or(strings.TrimSpace(w.text("Manufacturer")+" "+w.text("Model")), w.text("DriverDescription"))
	upper := strings.ToUpper(id)
	usb := strings.Contains(upper, "USBSTOR") || strings.Contains(upper, "WPDBUSENUM") || strings.HasPrefix(provider, "partition") && w.text("BusType") == "7"
	began := w.id == 400 || w.id == 410 || w.id == 2003 || w.id == 2010 || w.id == 20001 || w.id == 20003 || w.id == 1006 && w.text("Capacity") != "0"
	if usb && began {
		set(e, sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded)
	}
}

// tellRefused reads programs that policy keeps from running; an audit policy only says so.
func (w *event) tellRefused(e *sekisho.Event) {
	e.File = w.text("FilePath", "FullFilePath", "FileNameBuffer")
	e.Hash = field.Hash(w.text("FileHash", "SHA256Hash", "SHA1Hash"))
	e.User = cmp.Or(w.text("TargetUser"), e.User)
	switch w.id {
	case 8004, 8007, 8022, 8025, 3077, 3033:
		set(e, sekisho.ClassSuspiciousFile, "application_control", sekisho.OutcomePrevented)
	case 8003, 8006, 8021, 8024, 3076:
		set(e, sekisho.ClassSuspiciousFile, "application_control", sekisho.OutcomeDetected)
	}
	if e.Class == sekisho.ClassSuspiciousFile {
		e.Signature = "program that policy does not allow"
	}
}
