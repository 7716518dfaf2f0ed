package osquery

import (
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// judge says what a row means. What a query of a pack for attacks finds was found, not stopped: osquery only looks.
func judge(r row, e *sekisho.Event) {
	switch {
	case strings.Contains(r.name, "keyboard_event_taps"):
		if path := r.get("path"); path != "" && !strings.HasPrefix(path, "/System/") && !strings.HasPrefix(path, "/usr/") {
			is(e, sekisho.ClassSuspiciousFile, "keylogger", sekisho.OutcomeDetected, 0.7)
		}
		return
	case r.inPack("rootkit"):
		is(e, sekisho.ClassMalware, "rootkit", sekisho.OutcomeDetected, 0)
	case r.inPack("osx-attacks"), r.inPack("windows-attacks"), r.inPack("linux-attacks"), r.inPack("backdoor"):
		is(e, sekisho.ClassMalware, "malware", sekisho.OutcomeDetected, 0)
	case r.inPack("unwanted-chrome-extensions"), r.inPack("unwanted-extensions"), r.inPack("adware"):
		is(e, sekisho.ClassPUA, "browser_extension", sekisho.OutcomeDetected, 0)
	case strings.HasPrefix(r.table, "yara"):
		if matches := r.get("matches"); matches != "" && r.get("count") != "0" {
			is(e, sekisho.ClassMalware, "yara", sekisho.OutcomeDetected, 0)
			e.Signature = matches
		}
	default:
		judgeTable(r, e)
		return
	}
	if e.Signature == "" {
		e.Signature = r.name[strings.LastIndexAny(r.name, "/_")+1:]
	}
}

func is(e *sekisho.Event, class sekisho.Class, family string, outcome sekisho.Outcome, confidence float64) {
	e.Class, e.Family, e.Outcome, e.Confidence = class, family, outcome, confidence
}

func judgeTable(r row, e *sekisho.Event) {
	switch r.table {
	case "shell_history", "process_events", "es_process_events", "bpf_process_events", "processes", "powershell_events", "crontab", "scheduled_tasks", "launchd", "startup_items", "services", "systemd_units", "autoexec":
		judgeCommand(r, e)
	case "logged_in_users", "last", "user_events":
		judgeLogin(r, e)
	case "deb_packages", "rpm_packages", "homebrew_packages", "python_packages", "npm_packages", "chocolatey_packages", "programs", "apps":
		judgePackage(r, e)
	case "chrome_extensions", "firefox_addons", "safari_extensions", "browser_plugins", "ie_extensions", "vscode_extensions", "kernel_modules", "kernel_extensions", "drivers":
		if r.added {
			is(e, sekisho.ClassInstall, "install", sekisho.OutcomeSucceeded, 0)
		}
	case "users", "user_groups", "sudoers", "authorized_keys":
		if r.added {
			is(e, sekisho.ClassConfigChange, "account", sekisho.OutcomeSucceeded, 0.7)
		}
	case "listening_ports":
		judgePort(r, e)
	case "usb_devices", "hardware_events", "disk_events", "mounts":
		judgeDevice(r, e)
	case "smart_drive_info":
		if status := strings.ToLower(r.get("health", "smart_status", "assessment", "overall_health")); strings.Contains(status, "fail") {
			is(e, sekisho.ClassSMARTFailure, "disk", sekisho.OutcomeSucceeded, 0)
		}
	default:
		judgeState(r, e)
	}
}

// judgeState reads tables that describe how a PC is set up.
func judgeState(r row, e *sekisho.Event) {
	switch r.table {
	case "alf":
		if r.get("global_state") == "0" {
			is(e, sekisho.ClassTampering, "firewall_off", sekisho.OutcomeSucceeded, 0.7)
			e.Signature = "Application Firewall is off"
		}
	case "sip_config", "gatekeeper":
		if r.get("enabled", "assessments_enabled") == "0" {
			is(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded, 0.7)
		}
	case "softwareupdate":
		if value := strings.ToLower(r.get("value")); strings.HasPrefix(r.get("key"), "Automatic") && (value == "false" || value == "0") {
			is(e, sekisho.ClassConfigChange, "update", sekisho.OutcomeSucceeded, 0)
			e.Signature = "automatic updates are off"
		}
	case "osquery_info":
		if older(r.get("version"), 5, 0) { // 4 ended in 2021
			is(e, sekisho.ClassSensorFault, "update", sekisho.OutcomeSucceeded, 0)
			e.Signature = "osquery " + r.get("version") + " is out of date"
		}
	case "os_version":
		if version := r.get("version"); r.platform == "darwin" && (version == "Not Supported" || older(version, 10, 15)) {
			is(e, sekisho.ClassSensorFault, "update", sekisho.OutcomeSucceeded, 0)
			e.Signature = "macOS is out of date"
		}
	case "windows_security_products", "windows_security_center":
		if r.get("state") == "Off" || r.get("antivirus") == "Poor" || r.get("firewall") == "Poor" {
			is(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded, 0.7)
		} else if r.get("signatures_up_to_date") == "0" {
			is(e, sekisho.ClassSensorFault, "update", sekisho.OutcomeSucceeded, 0)
		}
	case "disk_encryption", "bitlocker_info":
		if r.added && r.get("encrypted", "protection_status") == "0" {
			is(e, sekisho.ClassConfigChange, "encryption", sekisho.OutcomeSucceeded, 0.7)
		}
	case "wifi_status":
		if security := strings.ToLower(r.get("security_type")); strings.Contains(security, "open") || security == "none" {
			is(e, sekisho.ClassOpenWiFi, "wifi", sekisho.OutcomeSucceeded, 0)
			e.Signature = r.get("network_name", "ssid")
		}
	}
}

// judgeCommand reads what ran, or will run by itself.
func judgeCommand(r row, e *sekisho.Event) {
	e.Family = r.table
	command := r.get("cmdline", "command", "script_text", "action", "program_arguments", "path")
	if finding, ok := behaviour.Command(command); ok {
		is(e, finding.Class, finding.Family, sekisho.OutcomeSucceeded, finding.Confidence)
		e.Signature = finding.Signature
		return
	}
	lower := strings.ToLower(command)
	switch {
	case r.table == "crontab" && (strings.Contains(lower, "wget ") || strings.Contains(lower, "curl ")) && strings.ContainsAny(lower, "|;&"):
		is(e, sekisho.ClassMalware, "download", sekisho.OutcomeSucceeded, 0.7)
		e.Signature = "runs what it downloads"
	case strings.Contains(lower, "$(dig ") || strings.Contains(lower, "`dig "):
		is(e, sekisho.ClassMalware, "hidden_command", sekisho.OutcomeSucceeded, 0.7)
		e.Signature = "runs what a name server answers"
	case strings.HasPrefix(lower, "aws ") && r.table == "shell_history" && r.platform != "darwin":
		is(e, sekisho.ClassConfigChange, "cloud_command", sekisho.OutcomeSucceeded, 0.5)
		e.Signature = "command to a cloud typed on a server"
	case r.added && (r.table == "crontab" || r.table == "scheduled_tasks" || r.table == "launchd" || r.table == "startup_items"):
		e.Family = "autostart"
	}
}

// judgeLogin tells logins from the internet from those within.
func judgeLogin(r row, e *sekisho.Event) {
	e.Family = "login"
	e.SrcIP = field.Address(r.get("host", "remote_address", "address"))
	if !r.added {
		return
	}
	if e.Outcome = sekisho.OutcomeSucceeded; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
		e.Class, e.Family = sekisho.ClassAdminLoginExternal, "admin_login"
	}
}

// judgePackage reads installed software. Versions 5.6.0 and 5.6.1 of XZ hold a back door (CVE-2024-3094).
func judgePackage(r row, e *sekisho.Event) {
	name, version := strings.ToLower(r.get("name")), r.get("version")
	if (strings.HasPrefix(name, "xz") || strings.Contains(name, "liblzma")) && (strings.HasPrefix(version, "5.6.0") || strings.HasPrefix(version, "5.6.1")) {
		is(e, sekisho.ClassMalware, "backdoor", sekisho.OutcomeDetected, 0)
		e.Signature = "CVE-2024-3094 (" + name + " " + version + ")"
		return
	}
	if r.inPack("vuln") {
		e.Family = "vulnerability"
		return
	}
	if r.added {
		is(e, sekisho.ClassInstall, "install", sekisho.OutcomeSucceeded, 0)
	}
}

// judgePort finds services for remote control on PCs.
func judgePort(r row, e *sekisho.Event) {
	e.DstPort, e.Family = field.Port(r.get("port")), "listener"
	address := r.get("address")
	if !r.added || strings.HasPrefix(address, "127.") || address == "::1" || r.platform == "linux" {
		return
	}
	if e.DstPort == 22 || e.DstPort == 23 || e.DstPort == 3389 || e.DstPort == 5900 {
		is(e, sekisho.ClassRemoteTool, "listener", sekisho.OutcomeDetected, 0.5)
		e.Signature = "listens for remote control on port " + r.get("port")
	}
}

// judgeDevice finds storage that was plugged in.
func judgeDevice(r row, e *sekisho.Event) {
	e.Family = "device"
	if !r.added {
		return
	}
	removable := r.table == "usb_devices" && r.get("removable") != "0" ||
		r.table == "hardware_events" && strings.Contains(strings.ToLower(r.get("type", "driver")), "usb") && (r.get("action") == "add" || r.get("action") == "attach") ||
		r.table == "disk_events" && r.get("ejectable") == "1" ||
		r.table == "mounts" && (strings.HasPrefix(r.get("path"), "/media/") || strings.HasPrefix(r.get("path"), "/run/media/"))
	if removable {
		is(e, sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded, 0)
		if model := strings.TrimSpace(r.get("vendor") + " " + r.get("model")); model != "" {
			e.Signature = model
		}
	}
}

// older compares the first two numbers of a version; what is no version is not older.
func older(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, err1 := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (a < major || a == major && b < minor)
}
