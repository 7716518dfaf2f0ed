package redact

import "regexp"

var (
	webToken = regexp.MustCompile(`\b(eyJ[0-9A-Za-z_-]{5,}\.[0-9A-Za-z_-]{2,}(?:\.[0-9A-Za-z_-]*){0,3})`)
	// A credential has a digit in it or is long; "bearer certificate" and "basic information" are neither.
	bearer   = regexp.MustCompile(`(?i)\b(?:bearer|basic)(?:\s|%20|\+)+([0-9a-z._~+/=-]{20,}|[a-z._~+/=-]{0,19}[0-9][0-9a-z._~+/=-]{7,})`)
	userinfo = regexp.MustCompile(`://[^/\s:@?#]{0,128}:([^@\s/?#]{1,128})@`)
	// Keys that say themselves what they are: AWS, GitHub, Slack, Stripe, Google.
	knownKey = regexp.MustCompile(`\b((?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36,}|xox[abprs]-[0-9A-Za-z-]{10,}|[rs]k_live_[0-9A-Za-z]{16,}|AIza[0-9A-Za-z_-]{35})`)
)

// hideTokens hides credentials that are known by their own form.
func hideTokens(s string) string {
	for _, pattern := range []*regexp.Regexp{webToken, bearer, userinfo, knownKey} {
		s = hideGroup(pattern, s)
	}
	return s
}
