package paloalto

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// harmful are URL categories that mean harm; others are the firm's own choice.
var harmful = map[string]bool{
	"malware": true, "malware-sites": true, "phishing": true, "phishing-and-other-frauds": true, "command-and-control": true, "grayware": true,
	"ransomware": true, "scanning-activity": true, "spyware-and-adware": true, "compromised-website": true,
}

// tellThreat reads what the security profiles found. "alert" is seen and let through.
func tellThreat(e *sekisho.Event, get func(int) string) {
	e.Severity = get(colSeverity)
	e.Signature, e.Code = threatName(get(colThreat), e.Code)
	subtype, category := get(colSubtype), strings.ToLower(get(colCategory))
	outcome, known := verb.AtGateway(strings.TrimSuffix(e.Verb, "-override"))
	if !known {
		outcome = sekisho.OutcomeUnknown
	}
	e.Outcome = outcome
	if misc := strings.Trim(get(colMisc), `"`); subtype == "url" || strings.Contains(misc, "/") && !strings.Contains(misc, " ") {
		e.URL = misc
	} else {
		e.File = misc
	}
	e.Hash, e.UserAgent = field.Hash(get(colFileDigest)), get(colUserAgent)
	switch subtype {
	case "url":
		e.Category, e.Signature = get(colCategory), get(colCategory)
		tellCategory(e, category)
	case "virus", "wildfire-virus", "ml-virus":
		e.Class, e.Family, e.Category = sekisho.ClassMalware, "antivirus", get(colCategory)
	case "wildfire", "wildfire-analysis":
		tellWildfire(e, category)
	case "spyware":
		e.Class, e.Family = sekisho.ClassC2, "spyware"
		if strings.HasPrefix(strings.ToLower(e.Signature), "suspicious") {
			e.Confidence = 0.7
		}
	case "vulnerability":
		e.Class, e.Family = sekisho.ClassExploit, "ips"
		if family, ok := attack.Named(e.Signature); ok {
			e.Family = family
			if class := attack.Class(family); class == sekisho.ClassScan || class == sekisho.ClassLoginFailure {
				e.Class = class
			}
		}
	case "scan", "flood", "packet":
		e.Class, e.Family, e.Confidence = sekisho.ClassScan, subtype, 0.7
	case "file":
		e.Class, e.Family = sekisho.ClassNoise, "file"
		if e.Outcome == sekisho.OutcomePrevented {
			e.Class = sekisho.ClassSuspiciousFile
		}
	case "data", "dlp":
		e.Class, e.Family = sekisho.ClassDLP, "dlp"
	default:
		e.Class, e.Family = sekisho.ClassExploit, cmp.Or(subtype, "threat")
	}
}

func tellCategory(e *sekisho.Event, category string) {
	e.Family = "webfilter"
	for part := range strings.SplitSeq(category, ",") {
		if harmful[strings.TrimSpace(part)] {
			if e.Class = sekisho.ClassMaliciousWeb; strings.TrimSpace(part) == "command-and-control" {
				e.Class = sekisho.ClassC2
			}
			return
		}
	}
	if e.Outcome == sekisho.OutcomePrevented {
		e.Class = sekisho.ClassPolicyWeb
		return
	}
	e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
}

// tellWildfire reads the verdict of the sandbox on a file that has already gone by.
func tellWildfire(e *sekisho.Event, category string) {
	e.Family, e.Category = "sandbox", category
	switch category {
	case "malicious", "phishing", "c2":
		e.Class = sekisho.ClassMalware
	case "grayware":
		e.Class = sekisho.ClassPUA
	default:
		e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
	}
}

// threatName splits "Apache Log4j Remote Code Execution Vulnerability(91991)".
func threatName(s, fallback string) (name, code string) {
	s = strings.Trim(s, `"`)
	open := strings.LastIndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return s, fallback
	}
	return strings.TrimSpace(s[:open]), s[open+1 : len(s)-1]
}
