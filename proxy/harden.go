package proxy

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

const (
	cspHeader       = "Content-Security-Policy"
	cspReportHeader = "Content-Security-Policy-Report-Only"
)

// harden adds a site's security headers to an answer of the origin. What the origin has set stands, unless the site wants
// it replaced. What only means something over HTTPS is added there alone (RFC 6797, 7.2).
func harden(h *sekisho.Hardening, header http.Header, https bool) {
	set := func(name, value string) {
		if value != "" && (h.Override || len(header[name]) == 0) {
			header[name] = []string{value}
		}
	}
	if https && h.HSTS > 0 {
		set("Strict-Transport-Security", "max-age="+strconv.Itoa(h.HSTS))
	}
	if h.NoSniff {
		set("X-Content-Type-Options", "nosniff")
	}
	set("Referrer-Policy", h.ReferrerPolicy)
	if h.CSP != "" {
		name := cspReportHeader
		if h.CSPEnforce {
			name = cspHeader
		}
		set(name, h.CSP)
	}
	if h.FrameAncestors != "" {
		hardenFrames(h, header)
	}
	if h.CookieFlags != "" {
		hardenCookies(h, header, https)
	}
}

// hardenFrames says who may show the site in a frame: in a policy of its own beside the others, since browsers obey each
// (CSP 3, 4.1.2), and in the header of older browsers, which knows no lists.
func hardenFrames(h *sekisho.Hardening, header http.Header) {
	already := len(header["X-Frame-Options"]) > 0
	for _, policy := range header[cspHeader] {
		already = already || strings.Contains(strings.ToLower(policy), "frame-ancestors")
	}
	if already && !h.Override {
		return
	}
	value, old := h.FrameAncestors, ""
	switch value {
	case "none":
		value, old = "'none'", "DENY"
	case "self":
		value, old = "'self'", "SAMEORIGIN"
	}
	header[cspHeader] = append(header[cspHeader], "frame-ancestors "+value)
	delete(header, "X-Frame-Options")
	if old != "" {
		header["X-Frame-Options"] = []string{old}
	}
}

// hardenCookies adds flags to the origin's cookies that do not have them.
func hardenCookies(h *sekisho.Hardening, header http.Header, https bool) {
	for i, cookie := range header["Set-Cookie"] {
		for flag := range strings.SplitSeq(h.CookieFlags, ",") {
			cookie = withFlag(cookie, strings.TrimSpace(flag), https, h.Override)
		}
		header["Set-Cookie"][i] = cookie
	}
}

// withFlag returns the cookie with a flag such as "secure" or "samesite=lax". A cookie that is set over plain HTTP cannot
// be secure: the browser would drop it, and the visitor could not sign in any more.
func withFlag(cookie, flag string, https, override bool) string {
	if flag == "" || flag == "secure" && !https {
		return cookie
	}
	name, value, _ := strings.Cut(flag, "=")
	parts := strings.Split(cookie, ";")
	for i, part := range parts[1:] {
		has, is, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(strings.TrimSpace(has), name) {
			continue
		}
		if !override || strings.EqualFold(strings.TrimSpace(is), value) {
			return cookie
		}
		parts[i+1] = " " + flagWords[flag]
		return strings.Join(parts, ";")
	}
	return cookie + "; " + flagWords[flag]
}

var flagWords = map[string]string{
	"secure": "Secure", "httponly": "HttpOnly",
	"samesite=lax": "SameSite=Lax", "samesite=strict": "SameSite=Strict", "samesite=none": "SameSite=None",
}
