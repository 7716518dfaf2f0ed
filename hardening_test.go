package sekisho

import (
	"strings"
	"testing"
)

func TestHardening_refusesWhatCannotWork(t *testing.T) {
	tests := []struct {
		name string
		h    Hardening
		want string // in the error; empty: none
	}{
		{"nothing", Hardening{}, ""},
		{"all of it", Hardening{HTTPSRedirect: true, HSTS: 31536000, NoSniff: true, ReferrerPolicy: "same-origin", FrameAncestors: "self", CSP: "default-src 'self'", CSPEnforce: true, CookieFlags: "secure,httponly,samesite=lax"}, ""},
		{"partners may frame", Hardening{FrameAncestors: "https://a.example https://b.example"}, ""},
		{"too long", Hardening{HTTPSRedirect: true, HSTS: maxHSTS + 1}, "hsts"},
		{"HSTS without redirect", Hardening{HSTS: 60}, "https_redirect"},
		{"unknown policy", Hardening{ReferrerPolicy: "never"}, "referrer_policy"},
		{"enforce what is not there", Hardening{CSPEnforce: true}, "csp_enforce"},
		{"a header inside the policy", Hardening{CSP: "default-src 'self'\r\nSet-Cookie: a=b"}, "csp"},
		{"frames twice", Hardening{CSP: "Frame-Ancestors 'self'", FrameAncestors: "none"}, "one of the two"},
		{"a frame that ends the directive", Hardening{FrameAncestors: "https://a.example;script-src"}, "frame_ancestors"},
		{"a frame over plain HTTP", Hardening{FrameAncestors: "http://a.example"}, "frame_ancestors"},
		{"unknown cookie flag", Hardening{CookieFlags: "secure,partitioned"}, "cookie_flags"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.h.Validate()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
