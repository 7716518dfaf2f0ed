package attack

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Intrusion is what a signature of a network sensor stands for.
type Intrusion struct {
	Class      sekisho.Class
	Family     string
	Confidence float64 // 0 where the signature itself is proof
}

// groups are the groups of the Emerging Threats rules, the word behind "ET " or "GPL " (Suricata documentation, "Rule
// categories"). What only describes or hunts is no attack.
var groups = map[string]Intrusion{
	"malware": {sekisho.ClassMalware, "malware", 0}, "trojan": {sekisho.ClassMalware, "malware", 0}, "mobile_malware": {sekisho.ClassMalware, "malware", 0},
	"worm": {sekisho.ClassMalware, "malware", 0}, "current_events": {sekisho.ClassMalware, "malware", 0.7},
	"cnc": {sekisho.ClassC2, "c2", 0}, "botcc": {sekisho.ClassC2, "botnet", 0.7},
	"coinminer": {sekisho.ClassMalware, "miner", 0}, "adware_pup": {sekisho.ClassPUA, "pua", 0},
	"scan": {sekisho.ClassScan, "scan", 0.7}, "dos": {sekisho.ClassScan, "dos", 0.7}, "voip": {sekisho.ClassScan, "voip", 0.7},
	"cins": {sekisho.ClassScan, "reputation", 0.6}, "drop": {sekisho.ClassScan, "reputation", 0.6}, "compromised": {sekisho.ClassScan, "reputation", 0.6},
	"dshield": {sekisho.ClassScan, "reputation", 0.6}, "3coresec": {sekisho.ClassScan, "reputation", 0.6}, "rbn": {sekisho.ClassScan, "reputation", 0.6},
	"tor": {sekisho.ClassScan, "reputation", 0.6}, "threatview": {sekisho.ClassKnownBadConnection, "reputation", 0.6},
	"phishing": {sekisho.ClassMaliciousWeb, "phishing", 0}, "exploit_kit": {sekisho.ClassMaliciousWeb, "exploit_kit", 0}, "dyn_dns": {sekisho.ClassMaliciousWeb, "dns", 0.5},
	"exploit": {sekisho.ClassExploit, "ips", 0}, "attack_response": {sekisho.ClassExploit, "ips", 0}, "shellcode": {sekisho.ClassExploit, "shellcode", 0.7},
	"web_server": {sekisho.ClassExploit, "ips", 0}, "web_specific_apps": {sekisho.ClassExploit, "ips", 0}, "web_client": {sekisho.ClassExploit, "ips", 0},
	"sql": {sekisho.ClassExploit, "sqli", 0}, "netbios": {sekisho.ClassExploit, "ips", 0.7}, "activex": {sekisho.ClassExploit, "ips", 0.7}, "rpc": {sekisho.ClassExploit, "ips", 0.7},
	"scada": {sekisho.ClassExploit, "ips", 0.7}, "smtp": {sekisho.ClassExploit, "ips", 0.6}, "imap": {sekisho.ClassExploit, "ips", 0.6}, "ftp": {sekisho.ClassExploit, "ips", 0.6},
	"remote_access": {sekisho.ClassRemoteTool, "remote_tool", 0.7}, "file_sharing": {sekisho.ClassPolicyWeb, "file_sharing", 0},
	"policy": {sekisho.ClassPolicyWeb, "policy", 0}, "p2p": {sekisho.ClassPolicyWeb, "p2p", 0}, "games": {sekisho.ClassPolicyWeb, "games", 0},
	"chat": {sekisho.ClassPolicyWeb, "chat", 0}, "inappropriate": {sekisho.ClassPolicyWeb, "policy", 0},
	"info": {sekisho.ClassNoise, "ips_info", 0}, "hunting": {sekisho.ClassNoise, "ips_info", 0}, "ja3": {sekisho.ClassNoise, "ips_info", 0},
	"dns": {sekisho.ClassNoise, "ips_info", 0}, "icmp_info": {sekisho.ClassNoise, "ips_info", 0}, "icmp": {sekisho.ClassNoise, "ips_info", 0},
	"user_agents": {sekisho.ClassPUA, "user_agent", 0.5}, "deleted": {sekisho.ClassNoise, "ips_info", 0}, "snmp": {sekisho.ClassScan, "scan", 0.6},
	"telnet": {sekisho.ClassLoginFailure, "login", 0.6},
}

// classtypes are parts of the classifications of Snort and Suricata (classification.config), in lower case; the first that
// fits counts.
var classtypes = []struct {
	part string
	of   Intrusion
}{
	{"command and control", Intrusion{sekisho.ClassC2, "c2", 0}},
	{"used for c2", Intrusion{sekisho.ClassC2, "c2", 0}},
	{"trojan", Intrusion{sekisho.ClassMalware, "malware", 0}},
	{"coin", Intrusion{sekisho.ClassMalware, "miner", 0}},
	{"crypto currency", Intrusion{sekisho.ClassMalware, "miner", 0}},
	{"targeted malicious", Intrusion{sekisho.ClassAPT, "apt", 0}},
	{"exploit kit", Intrusion{sekisho.ClassMaliciousWeb, "exploit_kit", 0}},
	{"social engineering", Intrusion{sekisho.ClassMaliciousWeb, "phishing", 0.7}},
	{"credential theft", Intrusion{sekisho.ClassPhishingPost, "phishing", 0}},
	{"unwanted program", Intrusion{sekisho.ClassPUA, "pua", 0}},
	{"malware", Intrusion{sekisho.ClassMalware, "malware", 0}},
	{"network scan", Intrusion{sekisho.ClassScan, "scan", 0.7}},
	{"information leak", Intrusion{sekisho.ClassScan, "scan", 0.7}},
	{"denial of service", Intrusion{sekisho.ClassScan, "dos", 0.7}},
	{"default username", Intrusion{sekisho.ClassLoginFailure, "login", 0.7}},
	{"suspicious username", Intrusion{sekisho.ClassLoginFailure, "login", 0.7}},
	{"brute force", Intrusion{sekisho.ClassLoginFailure, "login", 0.7}},
	{"web application attack", Intrusion{sekisho.ClassExploit, "ips", 0}},
	{"vulnerable web application", Intrusion{sekisho.ClassExploit, "ips", 0.7}},
	{"privilege gain", Intrusion{sekisho.ClassExploit, "ips", 0}},
	{"executable code", Intrusion{sekisho.ClassExploit, "shellcode", 0.7}},
	{"policy violation", Intrusion{sekisho.ClassPolicyWeb, "policy", 0}},
	{"privacy violation", Intrusion{sekisho.ClassPolicyWeb, "policy", 0}},
	{"inappropriate", Intrusion{sekisho.ClassPolicyWeb, "policy", 0}},
	{"protocol command decode", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"not suspicious", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"misc activity", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"external ip address", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"icmp event", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"unknown traffic", Intrusion{sekisho.ClassNoise, "ips_info", 0}},
	{"misc attack", Intrusion{sekisho.ClassExploit, "ips", 0.7}},
}

// OfSignature reads the name and the classification that Snort, Suricata and what is built on them give a find: "ET SCAN
// Suspicious inbound to mySQL port 3306" and "Potentially Bad Traffic". The classification decides where it says plainly that
// something is harmful, else the rule's group; what neither knows is taken for an exploit of low confidence.
func OfSignature(name, classification string) Intrusion {
	kind, known := Intrusion{}, false
	lower := strings.ToLower(classification)
	for i := range classtypes {
		if lower != "" && strings.Contains(lower, classtypes[i].part) {
			kind, known = classtypes[i].of, true
			break
		}
	}
	if first, rest, found := strings.Cut(name, " "); found && (first == "ET" || first == "GPL" || first == "ETPRO") {
		word, _, _ := strings.Cut(strings.TrimPrefix(rest, "PRO "), " ")
		if group, ok := groups[strings.ToLower(word)]; ok && (!known || group.Family == "reputation" || weight(group.Class) > weight(kind.Class)) {
			kind, known = group, true
		}
	}
	if strings.HasPrefix(name, "SURICATA ") {
		return Intrusion{sekisho.ClassNoise, "ips_info", 0} // the decoder's own remarks about streams and protocols
	}
	if !known {
		kind = Intrusion{sekisho.ClassExploit, "ips", 0.6}
	}
	if kind.Class == sekisho.ClassExploit && kind.Family == "ips" {
		if family, ok := Named(name); ok {
			kind.Family = family
			if family == "scanner" {
				kind.Class, kind.Family, kind.Confidence = sekisho.ClassScan, "scan", 0.7
			}
		}
	}
	return kind
}

// weight orders classes where a group and a classification disagree: the graver one counts, but "noise" from one never
// outweighs the other.
func weight(c sekisho.Class) int {
	switch c {
	case sekisho.ClassNoise:
		return 0
	case sekisho.ClassPolicyWeb:
		return 1
	case sekisho.ClassScan, sekisho.ClassLoginFailure:
		return 2
	case sekisho.ClassMaliciousWeb, sekisho.ClassPUA, sekisho.ClassRemoteTool:
		return 3
	case sekisho.ClassExploit:
		return 4
	}
	return 5
}
