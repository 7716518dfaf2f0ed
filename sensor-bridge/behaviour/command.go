// Package behaviour tells from a command line what a program that was started is up to, for sensors that only report what
// ran: Sysmon, Windows events, CrowdStrike's raw stream, osquery, auditd.
//
// It owns what products call the threats they find (threat.go), and a short list of what administrators of small firms do
// not type and attackers do (MITRE ATT&CK technique numbers stand beside the signs). It leaves outcomes to the decoders:
// what ran has run. Pure.
//
// Start with [Command] and [Threat].
package behaviour

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Finding is what a command line gives away.
type Finding struct {
	Class      sekisho.Class
	Family     string
	Signature  string
	Confidence float64 // 0 < c < 1: administrators do some of these things too
}

// sign fits when the command line holds every one of its parts.
type sign struct {
	parts   []string
	finding Finding
}

var signs = []sign{
	// T1490 Inhibit System Recovery: what ransomware does first.
	{[]string{"vssadmin", "delete", "shadows"}, Finding{sekisho.ClassRansomware, "ransomware", "deletes shadow copies", 0.9}},
	{[]string{"wmic", "shadowcopy", "delete"}, Finding{sekisho.ClassRansomware, "ransomware", "deletes shadow copies", 0.9}},
	{[]string{"win32_shadowcopy", "delete"}, Finding{sekisho.ClassRansomware, "ransomware", "deletes shadow copies", 0.9}},
	{[]string{"wbadmin", "delete", "catalog"}, Finding{sekisho.ClassRansomware, "ransomware", "deletes backups", 0.9}},
	{[]string{"wbadmin", "delete", "systemstatebackup"}, Finding{sekisho.ClassRansomware, "ransomware", "deletes backups", 0.9}},
	{[]string{"bcdedit", "recoveryenabled", "no"}, Finding{sekisho.ClassRansomware, "ransomware", "switches recovery off", 0.9}},
	{[]string{"bcdedit", "ignoreallfailures"}, Finding{sekisho.ClassRansomware, "ransomware", "switches recovery off", 0.9}},
	// T1003 OS Credential Dumping.
	{[]string{"mimikatz"}, Finding{sekisho.ClassMalware, "credential_theft", "Mimikatz", 0.95}},
	{[]string{"sekurlsa::"}, Finding{sekisho.ClassMalware, "credential_theft", "Mimikatz", 0.95}},
	{[]string{"comsvcs.dll", "minidump"}, Finding{sekisho.ClassMalware, "credential_theft", "dumps the memory of lsass", 0.95}},
	{[]string{"procdump", "lsass"}, Finding{sekisho.ClassMalware, "credential_theft", "dumps the memory of lsass", 0.9}},
	{[]string{"ntdsutil", "ifm"}, Finding{sekisho.ClassMalware, "credential_theft", "copies the directory's passwords", 0.8}},
	{[]string{"reg", "save", "hklm\\sam"}, Finding{sekisho.ClassMalware, "credential_theft", "copies the passwords of the PC", 0.9}},
	{[]string{"security", "dump-keychain"}, Finding{sekisho.ClassMalware, "credential_theft", "dumps the keychain", 0.9}},
	{[]string{"lazagne"}, Finding{sekisho.ClassMalware, "credential_theft", "LaZagne", 0.95}},
	// T1562 Impair Defenses.
	{[]string{"set-mppreference", "disablerealtimemonitoring"}, Finding{sekisho.ClassTampering, "tampering", "switches Microsoft Defender off", 0.9}},
	{[]string{"set-mppreference", "exclusionpath"}, Finding{sekisho.ClassTampering, "tampering", "excludes a path from Microsoft Defender", 0.7}},
	{[]string{"netsh", "advfirewall", "state", "off"}, Finding{sekisho.ClassTampering, "tampering", "switches the firewall off", 0.8}},
	{[]string{"netsh", "firewall", "disable"}, Finding{sekisho.ClassTampering, "tampering", "switches the firewall off", 0.8}},
	{[]string{"sc", "stop", "windefend"}, Finding{sekisho.ClassTampering, "tampering", "stops Microsoft Defender", 0.9}},
	{[]string{"spctl", "--master-disable"}, Finding{sekisho.ClassTampering, "tampering", "switches Gatekeeper off", 0.9}},
	{[]string{"csrutil", "disable"}, Finding{sekisho.ClassTampering, "tampering", "switches system protection off", 0.9}},
	{[]string{"wevtutil", "cl "}, Finding{sekisho.ClassTampering, "tampering", "clears the event log", 0.9}},
	{[]string{"clear-eventlog"}, Finding{sekisho.ClassTampering, "tampering", "clears the event log", 0.9}},
	{[]string{"fltmc", "unload"}, Finding{sekisho.ClassTampering, "tampering", "unloads a filter driver", 0.8}},
	// T1059 Command and Scripting Interpreter, T1105 Ingress Tool Transfer, T1218 System Binary Proxy Execution.
	{[]string{"/dev/tcp/"}, Finding{sekisho.ClassC2, "reverse_shell", "reverse shell", 0.95}},
	{[]string{"nc ", " -e ", "/bin/"}, Finding{sekisho.ClassC2, "reverse_shell", "reverse shell", 0.95}},
	{[]string{"ncat", " -e "}, Finding{sekisho.ClassC2, "reverse_shell", "reverse shell", 0.9}},
	{[]string{"mkfifo", "nc "}, Finding{sekisho.ClassC2, "reverse_shell", "reverse shell", 0.95}},
	{[]string{"socket.socket", "subprocess", "connect("}, Finding{sekisho.ClassC2, "reverse_shell", "reverse shell", 0.95}},
	{[]string{"powershell", "downloadstring"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.8}},
	{[]string{"powershell", "iex", "http"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.8}},
	{[]string{"powershell", "frombase64string"}, Finding{sekisho.ClassMalware, "hidden_command", "hides its command", 0.7}},
	{[]string{"certutil", "-urlcache"}, Finding{sekisho.ClassMalware, "download", "downloads by certutil", 0.8}},
	{[]string{"certutil", "-decode"}, Finding{sekisho.ClassMalware, "hidden_command", "decodes by certutil", 0.7}},
	{[]string{"bitsadmin", "/transfer"}, Finding{sekisho.ClassMalware, "download", "downloads by bitsadmin", 0.7}},
	{[]string{"mshta", "http"}, Finding{sekisho.ClassMalware, "download", "runs a page as a program", 0.85}},
	{[]string{"mshta", "javascript:"}, Finding{sekisho.ClassMalware, "hidden_command", "runs a page as a program", 0.85}},
	{[]string{"regsvr32", "scrobj.dll"}, Finding{sekisho.ClassMalware, "hidden_command", "runs a script by regsvr32", 0.9}},
	{[]string{"rundll32", "javascript:"}, Finding{sekisho.ClassMalware, "hidden_command", "runs a script by rundll32", 0.9}},
	{[]string{"msbuild", "\\temp\\"}, Finding{sekisho.ClassMalware, "hidden_command", "runs code by MSBuild", 0.6}},
	{[]string{"curl", "| sh"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.6}},
	{[]string{"curl", "|sh"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.6}},
	{[]string{"curl", "| bash"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.6}},
	{[]string{"wget", "| sh"}, Finding{sekisho.ClassMalware, "download", "runs what it downloads", 0.6}},
	{[]string{"base64", "-d", "| sh"}, Finding{sekisho.ClassMalware, "hidden_command", "hides its command", 0.8}},
	{[]string{"base64", "-d", "| bash"}, Finding{sekisho.ClassMalware, "hidden_command", "hides its command", 0.8}},
	// T1136 Create Account, T1098 Account Manipulation, T1053 Scheduled Task.
	{[]string{"net", "user", "/add"}, Finding{sekisho.ClassConfigChange, "account", "adds a user", 0.8}},
	{[]string{"net", "localgroup", "administrators", "/add"}, Finding{sekisho.ClassConfigChange, "account", "adds an administrator", 0.8}},
	{[]string{"psexec", "\\\\"}, Finding{sekisho.ClassRemoteTool, "remote_command", "PsExec", 0.7}},
	{[]string{"cobaltstrike"}, Finding{sekisho.ClassC2, "c2", "Cobalt Strike", 0.95}},
	{[]string{"xmrig"}, Finding{sekisho.ClassMalware, "miner", "crypto-miner", 0.95}},
	{[]string{"stratum+tcp"}, Finding{sekisho.ClassMalware, "miner", "crypto-miner", 0.95}},
}

// Command looks for the signs in a command line. ok is false when there are none.
func Command(line string) (f Finding, ok bool) {
	if line == "" {
		return Finding{}, false
	}
	if len(line) > maxCommand {
		line = line[:maxCommand]
	}
	text := strings.ToLower(line)
	if encodedPowerShell(text) {
		return Finding{sekisho.ClassMalware, "hidden_command", "PowerShell with a hidden command", 0.7}, true // T1027
	}
	for i := range signs {
		if signs[i].fits(text) {
			return signs[i].finding, true
		}
	}
	return Finding{}, false
}

const maxCommand = 16 << 10

func (s *sign) fits(text string) bool {
	for _, part := range s.parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// encodedPowerShell finds -EncodedCommand in any of the shortened forms that PowerShell takes, with a value behind it.
func encodedPowerShell(text string) bool {
	if !strings.Contains(text, "powershell") && !strings.Contains(text, "pwsh") {
		return false
	}
	words := strings.Fields(text)
	for i, word := range words[:max(0, len(words)-1)] {
		flag := strings.TrimLeft(strings.Trim(word, `"'`), "-/–")
		if len(flag) == len(strings.Trim(word, `"'`)) || flag == "" {
			continue
		}
		if (flag == "e" || flag == "ec" || len(flag) >= 2 && strings.HasPrefix("encodedcommand", flag)) && isBase64(words[i+1]) {
			return true
		}
	}
	return false
}

func isBase64(word string) bool {
	word = strings.Trim(word, `"'\`)
	if len(word) < 8 {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' {
			return false
		}
	}
	return true
}
