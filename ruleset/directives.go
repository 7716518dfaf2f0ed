package ruleset

import (
	"fmt"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Our own rules have ids from 9100000 on, so that neither the Core Rule Set nor a customer's rule meets one of them.
const (
	ruleOwnValues   = 9100001
	ruleSetup       = 9100002
	ruleTooManyArgs = 9100003

	firstProfileRule = 9100100
	lastProfileRule  = 9100999
)

// argumentLimit is how many arguments of one request are inspected, unless the profile says otherwise. Coraza ignores what comes behind it, so that 1,000
// junk arguments would hide an attack; ruleTooManyArgs stops such a request instead. PHP takes 1,000 by default too.
const argumentLimit = 1000

// responseTypes are the media types whose bodies the response rules read: text in which an error message, a listing or
// a shell could show.
var responseTypes = []string{
	"text/html", "text/plain", "text/xml", "text/javascript", "application/javascript", "application/json",
	"application/problem+json", "application/xml", "application/xhtml+xml",
}

// directives writes the policy down in SecLang, for a mode: everything but the custom rules, which are loaded behind it.
func directives(policy sekisho.Policy, mode sekisho.Mode) string {
	profile := profileOf(policy)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	// First of all rules: see [unshare].
	line(`SecAction "id:%d,phase:2,pass,nolog,%s"`, ruleOwnValues, ownValuesAction)
	b.WriteString(crsBeforeSetup)

	line("SecRuleEngine %s", engineMode(mode))
	line("SecAuditEngine Off") // our recorder replaces it; Coraza's would write unredacted values
	line("SecRxPreFilter Off") // it misses matches: docs/decisions/0007-no-prefilter.md

	// More than fill hands over (closeCut may add as many closing brackets as the body has bytes), for at its limit Coraza
	// would take a body that just fits for one that was cut, and run phase 2 while the body is being written. fill bounds
	// the body and says whether it was cut. Bodies stay in memory.
	line("SecRequestBodyAccess On")
	line("SecRequestBodyLimit %d", 2*policy.BodyLimit+64)
	line("SecRequestBodyInMemoryLimit %d", 2*policy.BodyLimit+64)
	line("SecRequestBodyLimitAction ProcessPartial")
	line("SecArgumentsLimit %d", profile.args)
	line("SecUploadKeepFiles Off")

	if policy.ResponseBodyLimit > 0 {
		line("SecResponseBodyAccess On")
		line("SecResponseBodyMimeType %s", strings.Join(responseTypes, " "))
		line("SecResponseBodyLimit %d", policy.ResponseBodyLimit+1)
		line("SecResponseBodyLimitAction ProcessPartial")
	} else {
		line("SecResponseBodyAccess Off")
	}

	// The detection level stays at the blocking level: every point that is counted can block, so that detect mode
	// reports exactly what block mode would stop.
	line(`SecAction "id:%d,phase:1,pass,nolog,t:none,`+
		`setvar:tx.blocking_paranoia_level=%d,setvar:tx.detection_paranoia_level=%d,`+
		`setvar:tx.inbound_anomaly_score_threshold=%d,setvar:tx.outbound_anomaly_score_threshold=%d"`,
		ruleSetup, policy.ParanoiaLevel, policy.ParanoiaLevel, policy.InboundThreshold, policy.OutboundThreshold)
	line(`SecRule ARGUMENTS_LIMIT_REACHED "@eq 1" "id:%d,phase:2,deny,status:400,log,t:none,`+
		`severity:'CRITICAL',tag:'attack-protocol',msg:'More arguments than are inspected (%d)'"`, ruleTooManyArgs, profile.args)

	b.WriteString(profile.ahead)
	b.WriteString(crsRules(folderOf(policy.Version)))
	b.WriteString(profile.behind)
	return b.String()
}

func engineMode(mode sekisho.Mode) string {
	if mode == sekisho.ModeBlock {
		return "On"
	}
	return "DetectionOnly"
}
