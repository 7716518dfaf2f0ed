package ruleset

import (
	"strings"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
)

// A family says what kind of attack a rule is about, and what it would mean if it worked.
type family struct {
	name  string
	class sekisho.Class
	leak  bool // a match in a response is evidence that an attack worked
	weak  bool // says how a request is made, not what it tries: names a verdict only when nothing else matched
}

// idFamilies maps rule ids, from first to last, to families. The first line that holds an id decides, so that
// exceptions stand before their range.
var idFamilies = []struct {
	first, last int
	family
}{
	// How a request is made. Broken clients, old crawlers and tools do this all day; on its own it is noise ...
	{200000, 200002, family{name: "protocol", class: sekisho.ClassNoise, weak: true}},
	{200003, 200003, family{name: "multipart", class: sekisho.ClassNoise, weak: true}},
	{911000, 911999, family{name: "method", class: sekisho.ClassNoise, weak: true}},
	// ... except where it asks for what only a search for weak spots asks for: backup files, configuration, other hosts.
	{920440, 920440, family{name: "protocol", class: sekisho.ClassScan, weak: true}},
	{920500, 920500, family{name: "protocol", class: sekisho.ClassScan, weak: true}},
	{920000, 920999, family{name: "protocol", class: sekisho.ClassNoise, weak: true}},
	{913000, 913999, family{name: "scanner", class: sekisho.ClassScan, weak: true}},
	// Request smuggling, header injection, parameter pollution: attacks on the protocol, not slips in it.
	{921000, 921999, family{name: "protocol", class: sekisho.ClassWAFAttack}},
	{922000, 922999, family{name: "multipart", class: sekisho.ClassWAFAttack}},

	// A program that is uploaded runs for whoever knows its address.
	{933110, 933111, family{name: "web_shell", class: sekisho.ClassWebShell}},
	{944140, 944140, family{name: "web_shell", class: sekisho.ClassWebShell}},

	{930000, 930999, family{name: "lfi", class: sekisho.ClassWAFAttack}},
	{931000, 931999, family{name: "rfi", class: sekisho.ClassWAFAttack}},
	{932000, 932999, family{name: "rce", class: sekisho.ClassWAFAttack}},
	{933000, 933999, family{name: "php", class: sekisho.ClassWAFAttack}},
	{934000, 934999, family{name: "generic", class: sekisho.ClassWAFAttack}},
	{941000, 941999, family{name: "xss", class: sekisho.ClassWAFAttack}},
	{942000, 942999, family{name: "sqli", class: sekisho.ClassWAFAttack}},
	{943000, 943999, family{name: "session_fixation", class: sekisho.ClassWAFAttack}},
	{944000, 944999, family{name: "java", class: sekisho.ClassWAFAttack}},

	// Responses. A directory listing or an error status is a leak of its own accord, not evidence of an attack.
	{950000, 950999, family{name: "data_leak", class: sekisho.ClassWAFAttack}},
	{951000, 954999, family{name: "data_leak", class: sekisho.ClassWAFAttack, leak: true}},
	{955000, 955999, family{name: "web_shell", class: sekisho.ClassWebShell, leak: true}},
	{956000, 956999, family{name: "data_leak", class: sekisho.ClassWAFAttack, leak: true}},
}

// tagFamilies gives a family to rules outside of those ranges: custom rules that carry the rule set's tags.
var tagFamilies = map[string]family{
	"attack-sqli":               {name: "sqli", class: sekisho.ClassWAFAttack},
	"attack-xss":                {name: "xss", class: sekisho.ClassWAFAttack},
	"attack-rce":                {name: "rce", class: sekisho.ClassWAFAttack},
	"attack-lfi":                {name: "lfi", class: sekisho.ClassWAFAttack},
	"attack-rfi":                {name: "rfi", class: sekisho.ClassWAFAttack},
	"attack-injection-php":      {name: "php", class: sekisho.ClassWAFAttack},
	"attack-injection-generic":  {name: "generic", class: sekisho.ClassWAFAttack},
	"attack-ssrf":               {name: "generic", class: sekisho.ClassWAFAttack},
	"attack-ssti":               {name: "generic", class: sekisho.ClassWAFAttack},
	"attack-generic":            {name: "generic", class: sekisho.ClassWAFAttack},
	"attack-injection-java":     {name: "java", class: sekisho.ClassWAFAttack},
	"attack-fixation":           {name: "session_fixation", class: sekisho.ClassWAFAttack},
	"attack-multipart-header":   {name: "multipart", class: sekisho.ClassWAFAttack},
	"attack-protocol":           {name: "protocol", class: sekisho.ClassNoise, weak: true},
	"attack-reputation-scanner": {name: "scanner", class: sekisho.ClassScan, weak: true},
	"attack-disclosure":         {name: "data_leak", class: sekisho.ClassWAFAttack, leak: true},
}

// tieOrder decides between families with equally many points: `;cat /etc/passwd` is a command that reads a file, not a
// file that is read; `${jndi:...}` also looks like a shell variable.
var tieOrder = []string{"web_shell", "java", "rce", "sqli", "php", "generic", "xss", "rfi", "lfi"}

// customFamily is what somebody wrote a rule against, for reasons of their own.
var customFamily = family{name: "custom", class: sekisho.ClassWAFAttack}

func familyOf(rule types.RuleMetadata) family {
	for _, entry := range idFamilies {
		if rule.ID() >= entry.first && rule.ID() <= entry.last {
			return entry.family
		}
	}
	for _, tag := range rule.Tags() {
		if f, ok := tagFamilies[strings.ToLower(tag)]; ok {
			return f
		}
	}
	return customFamily
}

// isSum reports whether a rule only adds up or reports what other rules found.
func isSum(id int) bool {
	return id >= 949000 && id <= 949999 || id >= 959000 && id <= 959999 || id >= 980000 && id <= 980999
}
