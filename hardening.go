package sekisho

import (
	"fmt"
	"slices"
	"strings"
)

// Hardening is what a site's answers get on their way out, so that browsers protect the visitor. The zero Hardening adds
// nothing. What the origin sets itself stands, unless Override says otherwise: it knows what its pages need.
type Hardening struct {
	HTTPSRedirect  bool   `json:"https_redirect,omitempty"` // visitors on plain HTTP are sent to HTTPS
	HSTS           int    `json:"hsts,omitempty"`           // seconds that browsers ask for HTTPS only (RFC 6797); 0: they are not told
	NoSniff        bool   `json:"nosniff,omitempty"`
	ReferrerPolicy string `json:"referrer_policy,omitempty"`
	FrameAncestors string `json:"frame_ancestors,omitempty"` // who may show the site in a frame: none, self, or origins
	CSP            string `json:"csp,omitempty"`             // a content security policy
	CSPEnforce     bool   `json:"csp_enforce,omitempty"`     // false: browsers report, and block nothing
	CookieFlags    string `json:"cookie_flags,omitempty"`    // of secure, httponly, samesite=lax|strict|none, separated by commas
	Override       bool   `json:"override,omitempty"`        // replace what the origin sets
}

// maxHSTS is two years, what the preload lists ask for at most.
const maxHSTS = 2 * 365 * 24 * 60 * 60

var referrerPolicies = []string{
	"no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
	"strict-origin-when-cross-origin", "unsafe-url",
}

// Validate reports the first setting that cannot work, by its key and with what fits (KindInvalid). Two settings of one
// answer may not contradict each other, and none may carry a second header in itself.
func (h *Hardening) Validate() error {
	switch {
	case h.HSTS < 0 || h.HSTS > maxHSTS:
		return Invalid(fmt.Sprintf("hsts %d: use 0 (off) to %d seconds", h.HSTS, maxHSTS))
	case h.HSTS > 0 && !h.HTTPSRedirect:
		return Invalid("hsts: needs https_redirect, or a visitor's first page would still come over plain HTTP")
	case h.ReferrerPolicy != "" && !slices.Contains(referrerPolicies, h.ReferrerPolicy):
		return Invalid(fmt.Sprintf("referrer_policy %q: use one of %s", h.ReferrerPolicy, strings.Join(referrerPolicies, ", ")))
	case h.CSPEnforce && h.CSP == "":
		return Invalid("csp_enforce: needs csp, such as default-src 'self'")
	case len(h.CSP) > 4096 || !printableASCII(h.CSP):
		return Invalid("csp: use at most 4096 printable ASCII characters, such as default-src 'self'")
	case h.FrameAncestors != "" && strings.Contains(strings.ToLower(h.CSP), "frame-ancestors"):
		return Invalid("frame_ancestors: csp names frame-ancestors too; give it in one of the two")
	}
	if h.FrameAncestors != "" && h.FrameAncestors != "none" && h.FrameAncestors != "self" {
		for origin := range strings.FieldsSeq(h.FrameAncestors) {
			if !strings.HasPrefix(origin, "https://") || !printableASCII(origin) || strings.ContainsAny(origin, ";,'\"") {
				return Invalid(fmt.Sprintf("frame_ancestors %q: use none, self, or origins such as https://partner.example.co.jp", origin))
			}
		}
	}
	for flag := range strings.SplitSeq(h.CookieFlags, ",") {
		switch strings.TrimSpace(flag) {
		case "", "secure", "httponly", "samesite=lax", "samesite=strict", "samesite=none":
		default:
			return Invalid(fmt.Sprintf("cookie_flags %q: use secure, httponly and samesite=lax, strict or none, separated by commas", flag))
		}
	}
	return nil
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
