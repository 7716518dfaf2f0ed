package config

import (
	"strconv"

	"github.com/sekisho-waf/sekisho"
)

// HardeningSettings lists what a site's answers can get on their way out. at returns the value to read or to change; when
// it returns nil to a reader, nothing is set.
func HardeningSettings(at func(change bool) *sekisho.Hardening) []Setting {
	text := func(key, help string, field func(*sekisho.Hardening) *string) Setting {
		return Setting{Key: key, Help: help, get: func() string {
			if h := at(false); h != nil {
				return *field(h)
			}
			return ""
		}, set: func(value string) error {
			*field(at(true)) = value
			return nil
		}}
	}
	yesNo := func(key, help string, field func(*sekisho.Hardening) *bool) Setting {
		return Setting{Key: key, Help: help, get: func() string {
			if h := at(false); h != nil && *field(h) {
				return "true"
			}
			return ""
		}, set: func(value string) error {
			v, err := strconv.ParseBool(value)
			if err != nil {
				return sekisho.Invalid(strconv.Quote(value) + ": use true or false")
			}
			*field(at(true)) = v
			return nil
		}}
	}
	return []Setting{
		yesNo("https_redirect", "send visitors on plain HTTP to HTTPS: true or false", func(h *sekisho.Hardening) *bool { return &h.HTTPSRedirect }),
		{
			Key: "hsts", Help: "seconds that browsers ask for HTTPS only, such as 31536000; 0 for off",
			get: func() string {
				if h := at(false); h != nil && h.HSTS != 0 {
					return strconv.Itoa(h.HSTS)
				}
				return ""
			},
			set: func(value string) error {
				n, err := strconv.Atoi(value)
				if err != nil {
					return sekisho.Invalid(strconv.Quote(value) + " is not a whole number of seconds")
				}
				at(true).HSTS = n
				return nil
			},
		},
		yesNo("nosniff", "keep browsers from guessing content types: true or false", func(h *sekisho.Hardening) *bool { return &h.NoSniff }),
		text("referrer_policy", "what browsers tell other sites of where a visitor came from, such as strict-origin-when-cross-origin", func(h *sekisho.Hardening) *string { return &h.ReferrerPolicy }),
		text("frame_ancestors", "who may show the site in a frame: none, self, or origins such as https://partner.example.co.jp", func(h *sekisho.Hardening) *string { return &h.FrameAncestors }),
		text("csp", "a content security policy, such as default-src 'self'; browsers only report until csp_enforce", func(h *sekisho.Hardening) *string { return &h.CSP }),
		yesNo("csp_enforce", "let browsers obey csp: true or false", func(h *sekisho.Hardening) *bool { return &h.CSPEnforce }),
		text("cookie_flags", "flags that the origin's cookies get where they lack them: secure, httponly, samesite=lax, strict or none", func(h *sekisho.Hardening) *string { return &h.CookieFlags }),
		yesNo("override_headers", "replace the headers above where the origin sets them itself: true or false", func(h *sekisho.Hardening) *bool { return &h.Override }),
	}
}
