package behaviour

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// threats are parts of what products against malware call what they found, in lower case: names of threats, categories, and
// tactics and techniques of MITRE ATT&CK. What is special stands before what is general.
var threats = []struct {
	part, family string
	class        sekisho.Class
}{
	{"ransom", "ransomware", sekisho.ClassRansomware},
	{"身代金", "ransomware", sekisho.ClassRansomware},
	{"ランサム", "ransomware", sekisho.ClassRansomware},
	{"filecoder", "ransomware", sekisho.ClassRansomware},
	{"encrypted for impact", "ransomware", sekisho.ClassRansomware},
	{"inhibit system recovery", "ransomware", sekisho.ClassRansomware},
	{"inhibitsystemrecovery", "ransomware", sekisho.ClassRansomware},
	{"web shell", "web_shell", sekisho.ClassWebShell},
	{"webshell", "web_shell", sekisho.ClassWebShell},
	{"adware", "pua", sekisho.ClassPUA},
	{"potentially unwanted", "pua", sekisho.ClassPUA},
	{"potentially unsafe", "pua", sekisho.ClassPUA},
	{"potentially_unwanted", "pua", sekisho.ClassPUA},
	{"not-a-virus", "pua", sekisho.ClassPUA},
	{"riskware", "pua", sekisho.ClassPUA},
	{"greyware", "pua", sekisho.ClassPUA},
	{"grayware", "pua", sekisho.ClassPUA},
	{"unwantedsoftware", "pua", sekisho.ClassPUA},
	{"unwanted program", "pua", sekisho.ClassPUA},
	{"unwanted application", "pua", sekisho.ClassPUA},
	{"pua:", "pua", sekisho.ClassPUA},
	{"pua_", "pua", sekisho.ClassPUA},
	{"pup.", "pua", sekisho.ClassPUA},
	{"pup ", "pua", sekisho.ClassPUA},
	{"グレーウェア", "pua", sekisho.ClassPUA},
	{"アドウェア", "pua", sekisho.ClassPUA},
	{"望ましくない", "pua", sekisho.ClassPUA},
	{"tamper", "tampering", sekisho.ClassTampering},
	{"impair defenses", "tampering", sekisho.ClassTampering},
	{"disable or modify tools", "tampering", sekisho.ClassTampering},
	{"credential", "credential_theft", sekisho.ClassMalware},
	{"mimikatz", "credential_theft", sekisho.ClassMalware},
	{"pwstealer", "credential_theft", sekisho.ClassMalware},
	{"keylog", "credential_theft", sekisho.ClassMalware},
	{"lsass", "credential_theft", sekisho.ClassMalware},
	{"command and control", "c2", sekisho.ClassC2},
	{"commandandcontrol", "c2", sekisho.ClassC2},
	{"command-and-control", "c2", sekisho.ClassC2},
	{"c&c", "c2", sekisho.ClassC2},
	{"malware-callback", "c2", sekisho.ClassC2},
	{"cobalt", "c2", sekisho.ClassC2},
	{"beacon", "c2", sekisho.ClassC2},
	{"botnet", "c2", sekisho.ClassC2},
	{"exfiltration", "exfiltration", sekisho.ClassDLP},
	{"data loss", "dlp", sekisho.ClassDLP},
	{"情報漏えい", "dlp", sekisho.ClassDLP},
	{"lateral", "lateral_movement", sekisho.ClassAPT},
	{"advanced persistent", "apt", sekisho.ClassAPT},
	{"targeted attack", "apt", sekisho.ClassAPT},
	{"phish", "phishing", sekisho.ClassMaliciousWeb},
	{"フィッシング", "phishing", sekisho.ClassMaliciousWeb},
	{"brute force", "login", sekisho.ClassLoginFailure},
	{"bruteforce", "login", sekisho.ClassLoginFailure},
	{"brute_force", "login", sekisho.ClassLoginFailure},
	{"password spray", "login", sekisho.ClassLoginFailure},
	{"passwordspray", "login", sekisho.ClassLoginFailure},
	{"remote access software", "remote_tool", sekisho.ClassRemoteTool},
	{"remoteaccess", "remote_tool", sekisho.ClassRemoteTool},
	{"remoteadmin", "remote_tool", sekisho.ClassRemoteTool},
	{"exploit", "exploit", sekisho.ClassExploit},
	{"脆弱性", "exploit", sekisho.ClassExploit},
	{"buffer overflow", "exploit", sekisho.ClassExploit},
	{"coinmin", "miner", sekisho.ClassMalware},
	{"cryptomin", "miner", sekisho.ClassMalware},
	{"miner", "miner", sekisho.ClassMalware},
	{"backdoor", "backdoor", sekisho.ClassMalware},
	{"bkdr_", "backdoor", sekisho.ClassMalware},
	{"rootkit", "malware", sekisho.ClassMalware},
	{"eicar", "malware", sekisho.ClassMalware},
	{"troj", "malware", sekisho.ClassMalware},
	{"トロイの木馬", "malware", sekisho.ClassMalware},
	{"worm", "malware", sekisho.ClassMalware},
	{"ワーム", "malware", sekisho.ClassMalware},
	{"virus", "malware", sekisho.ClassMalware},
	{"ウイルス", "malware", sekisho.ClassMalware},
	{"ウィルス", "malware", sekisho.ClassMalware},
	{"spyware", "malware", sekisho.ClassMalware},
	{"スパイウェア", "malware", sekisho.ClassMalware},
	{"infostealer", "malware", sekisho.ClassMalware},
	{"stealer", "malware", sekisho.ClassMalware},
	{"downloader", "malware", sekisho.ClassMalware},
	{"dropper", "malware", sekisho.ClassMalware},
	{"hacktool", "hacktool", sekisho.ClassMalware},
	{"hktl_", "hacktool", sekisho.ClassMalware},
	{"hacking tool", "hacktool", sekisho.ClassMalware},
	{"malware", "malware", sekisho.ClassMalware},
	{"マルウェア", "malware", sekisho.ClassMalware},
	{"不正プログラム", "malware", sekisho.ClassMalware},
	{"malicious", "malware", sekisho.ClassMalware},
	{"known_bad", "malware", sekisho.ClassMalware},
	{"port scan", "scan", sekisho.ClassScan},
	{"portscan", "scan", sekisho.ClassScan},
	{"reconnaissance", "scan", sekisho.ClassScan},
	{"discovery", "scan", sekisho.ClassScan},
}

// Threat returns the class and family of what a product against malware found, by the words it has for it: the threat's
// name, its category, a tactic of MITRE ATT&CK. ok is false when none of the words is known.
func Threat(words ...string) (class sekisho.Class, family string, ok bool) {
	text := strings.Join(words, " | ")
	if len(text) > maxThreat {
		text = text[:maxThreat]
	}
	text = strings.ToLower(text)
	for i := range threats {
		if strings.Contains(text, threats[i].part) {
			return threats[i].class, threats[i].family, true
		}
	}
	return "", "", false
}

const maxThreat = 4 << 10
