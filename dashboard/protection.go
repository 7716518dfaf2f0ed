package dashboard

import (
	"net/http"

	"github.com/sekisho-waf/sekisho"
)

// contentPolicy allows what our own embedded files need and nothing else: no inline script or style, no other host, no
// frame around us. Trusted Types without any policy: no string can become HTML or script, whatever a bug does.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// secureHeaders stand on every answer, errors and files included.
func (s *Server) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("X-Robots-Tag", "noindex, nofollow")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		// Another host learns nothing from either value. With "no-referrer", though, browsers send "Origin: null" with
		// our own forms (Fetch, 3.2), and one that sends no Sec-Fetch-Site (plain http, Safari before 16.4) would be
		// refused by sameOrigin at the sign-in button.
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if s.cfg.secure() {
			header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses what another site makes a browser send. Together with "GET changes nothing" this needs no token in
// forms (ASVS 5.0, V3.5.1).
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.visit(everyone, func(*visit) (reply, error) {
		return reply{}, &sekisho.Error{Kind: sekisho.KindForbidden, Op: "checking where a request comes from"}
	}))
	return protection.Handler(next)
}
