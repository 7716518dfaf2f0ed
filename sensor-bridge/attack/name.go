// Package attack tells the kind of a web attack: from the name that another product gave it, and from a request itself
// where only an access log saw it.
//
// It owns the families of the house that web attacks fall into (sqli, xss, rce, lfi, rfi, php, java, ssrf, ssti, xxe, nosql,
// ldap, scanner, web_shell, bot, dos, protocol, upload, login) and the words by which they are known. It leaves outcomes to
// the decoders. Pure.
//
// Start with [Named] for rule names, and [Request] for access logs.
package attack

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// named are parts of the names that web application firewalls give to what they found, in lower case without spaces, dots,
// hyphens and underscores; the first that fits counts, so what is special stands before what is general.
var named = []struct{ part, family string }{
	{"nosql", "nosql"},
	{"sqli", "sqli"},
	{"sqlinjection", "sqli"},
	{"sql", "sqli"},
	{"crosssitescripting", "xss"},
	{"xss", "xss"},
	{"クロスサイト", "xss"},
	{"crosssiterequestforgery", "csrf"},
	{"csrf", "csrf"},
	{"log4", "java"},
	{"jndi", "java"},
	{"deserial", "java"},
	{"javascript", "xss"},
	{"struts", "java"},
	{"spring", "java"},
	{"ognl", "java"},
	{"webshell", "web_shell"},
	{"backdoor", "web_shell"},
	{"trojan", "web_shell"},
	{"ssrf", "ssrf"},
	{"serversiderequest", "ssrf"},
	{"metadata", "ssrf"},
	{"templateinjection", "ssti"},
	{"ssti", "ssti"},
	{"xxe", "xxe"},
	{"xmlexternal", "xxe"},
	{"externalentit", "xxe"},
	{"ldap", "ldap"},
	{"remotefileinclu", "rfi"},
	{"localfileinclu", "lfi"},
	{"pathtraversal", "lfi"},
	{"directorytraversal", "lfi"},
	{"dirtraversal", "lfi"},
	{"restrictedfile", "lfi"},
	{"forcefulbrowsing", "scanner"},
	{"traversal", "lfi"},
	{"fileaccess", "lfi"},
	{"トラバーサル", "lfi"},
	{"ossinjection", "rce"},
	{"commandinjection", "rce"},
	{"commandexec", "rce"},
	{"codeinjection", "rce"},
	{"codeexecution", "rce"},
	{"remotecode", "rce"},
	{"remotecommand", "rce"},
	{"shellcommand", "rce"},
	{"shellshock", "rce"},
	{"unixrule", "rce"},
	{"unixshell", "rce"},
	{"windowsshell", "rce"},
	{"windowsrule", "rce"},
	{"powershell", "rce"},
	{"cmdexe", "rce"},
	{"osinjection", "rce"},
	{"コマンド", "rce"},
	{"react2shell", "rce"},
	{"phpinjection", "php"},
	{"phpattack", "php"},
	{"phprule", "php"},
	{"php", "php"},
	{"java", "java"},
	{"wordpress", "php"},
	{"fileupload", "upload"},
	{"maliciousupload", "upload"},
	{"upload", "upload"},
	{"sessionfixation", "session_fixation"},
	{"cookietampering", "session_fixation"},
	{"credential", "login"},
	{"bruteforce", "login"},
	{"accounttakeover", "login"},
	{"ddos", "dos"},
	{"denialofservice", "dos"},
	{"ratelimit", "dos"},
	{"ratebased", "dos"},
	{"flood", "dos"},
	{"dosattack", "dos"},
	{"slowloris", "dos"},
	{"badbot", "bot"},
	{"bot", "bot"},
	{"crawler", "bot"},
	{"scrap", "bot"},
	{"automatedbrowser", "bot"},
	{"scanner", "scanner"},
	{"scan", "scanner"},
	{"vulnerabilitytest", "scanner"},
	{"reconnaissance", "scanner"},
	{"probe", "scanner"},
	{"noua", "bot"},
	{"useragent", "bot"},
	{"adminprotection", "scanner"},
	{"informationleak", "data_leak"},
	{"dataleak", "data_leak"},
	{"informationdisclosure", "data_leak"},
	{"multipart", "multipart"},
	{"method", "method"},
	{"protocol", "protocol"},
	{"httpparser", "protocol"},
	{"rfcviolation", "protocol"},
	{"smuggling", "protocol"},
	{"sizerestriction", "protocol"},
	{"headerlength", "protocol"},
	{"encoding", "protocol"},
	{"anonymous", "reputation"},
	{"reputation", "reputation"},
	{"badip", "reputation"},
	{"geolocation", "geo"},
	{"geomatch", "geo"},
	{"geoip", "geo"},
	{"country", "geo"},
}

// acronyms count in capitals only: "force", "source" and "interfirewall" hold them too.
var acronyms = []struct{ part, family string }{{"Log4J", "java"}, {"RFI", "rfi"}, {"LFI", "lfi"}, {"RCE", "rce"}}

// Named returns the family of what another product's name for an attack says: "SQL Injection", "CrossSiteScripting_BODY",
// "942100". ok is false for a name that says nothing of the kind.
func Named(names ...string) (family string, ok bool) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if family := ofCRS(name); family != "" {
			return family, true
		}
		for _, short := range acronyms {
			if strings.Contains(name, short.part) {
				return short.family, true
			}
		}
		key := squeeze(name)
		for _, entry := range named {
			if strings.Contains(key, entry.part) {
				return entry.family, true
			}
		}
	}
	return "", false
}

// crs are the families of the OWASP Core Rule Set by the first three digits of a rule id (CRS 4, rule files 911 to 955).
var crs = map[string]string{
	"911": "method", "913": "scanner", "920": "protocol", "921": "protocol", "922": "multipart", "930": "lfi", "931": "rfi",
	"932": "rce", "933": "php", "934": "generic", "941": "xss", "942": "sqli", "943": "session_fixation", "944": "java",
	"950": "data_leak", "951": "data_leak", "952": "data_leak", "953": "data_leak", "954": "data_leak", "955": "web_shell", "956": "data_leak",
}

// ofCRS reads a rule id of the Core Rule Set: six digits that begin with 9.
func ofCRS(id string) string {
	if len(id) != 6 || id[0] != '9' {
		return ""
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return ""
		}
	}
	return crs[id[:3]]
}

// Class returns the class of a family of web attacks: looking around is a scan, guessing is a failed login, a shell that
// answers is a web shell; what only says where a visitor comes from is noise.
func Class(family string) sekisho.Class {
	switch family {
	case "scanner", "bot", "dos":
		return sekisho.ClassScan
	case "web_shell":
		return sekisho.ClassWebShell
	case "login":
		return sekisho.ClassLoginFailure
	case "geo", "reputation":
		return sekisho.ClassNoise
	case "upload":
		return sekisho.ClassSuspiciousFile
	}
	return sekisho.ClassWAFAttack
}

func squeeze(name string) string {
	var out strings.Builder
	out.Grow(len(name))
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			out.WriteByte(byte(r) + 'a' - 'A')
		case r == ' ' || r == '-' || r == '_' || r == '.' || r == '/':
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
