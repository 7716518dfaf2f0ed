package proxy

import (
	"net/http"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// claims are header fields by which a visitor could pose as a proxy, as another address or as another path. An origin
// may believe any of them, so none passes; those that origins need are written anew in forward.
var claims = map[string]bool{
	"Forwarded":                true,
	"True-Client-Ip":           true,
	"X-Real-Ip":                true,
	"X-Client-Ip":              true,
	"X-Cluster-Client-Ip":      true,
	"X-Original-Forwarded-For": true,
	"X-Original-Url":           true,
	"X-Rewrite-Url":            true,
	"X-Envoy-External-Address": true,
	"X-Envoy-Original-Path":    true,
	"Cf-Connecting-Ip":         true,
	"Cf-Connecting-Ipv6":       true,
	"Fastly-Client-Ip":         true,
	"Fly-Client-Ip":            true,
	"Do-Connecting-Ip":         true,
	"X-Appengine-User-Ip":      true,
	"X-Azure-Clientip":         true,
	"X-Azure-Socketip":         true,
}

// cleanRequest drops what may not reach an origin before the request is inspected, so that what is inspected is what is
// forwarded.
func (s *Server) cleanRequest(x *exchange) bool {
	if x.r.Method == http.MethodConnect {
		return x.malformed(http.StatusBadRequest, wire.BadTarget.Code) // we are nobody's forward proxy
	}
	header := x.r.Header
	for name := range header {
		// CGI and WSGI spell X_Forwarded_For and X-Forwarded-For alike, so an underscore is a way around this list.
		if claims[name] || strings.HasPrefix(name, "X-Forwarded-") || strings.IndexByte(name, '_') >= 0 {
			delete(header, name)
		}
	}
	if secret := x.site.origins.SecretHeader; secret != "" {
		delete(header, secret) // ours alone to send
	}
	dropConnectionFields(header)
	// Cookies belong into one field (RFC 6265, 5.4); of several, one server reads the first, another joins them by a comma.
	if cookies := header["Cookie"]; len(cookies) > 1 {
		header["Cookie"] = []string{strings.TrimSpace(strings.Join(cookies, "; "))}
	}
	// WebSocket is the one protocol that may take over the connection. Anything else (h2c, or a word that only the
	// origin knows) would be a tunnel past inspection; without the field the request is an ordinary one.
	if upgrade := header["Upgrade"]; upgrade != nil && !(len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket")) {
		delete(header, "Upgrade")
	}
	// Where we read the body ahead, we have kept what Expect asks for by then (RFC 9110, 10.1.1): it ends here. Left to be
	// inspected, it would have the rule set stop every large upload of curl.
	if x.mode() != sekisho.ModeOff && holdsBody(x) {
		delete(header, "Expect")
	}
	// Trailers come behind the body, after inspection: they are dropped in forward, and the announcement here.
	delete(header, "Trailer")
	x.Target, x.opaque = originTarget(x.r)
	return true
}

// dropConnectionFields drops the fields that Connection names: they end here (RFC 9110, 7.6.1). forward would do so too,
// but behind the inspection: a Content-Type that the rules read a body by would then never reach the origin.
func dropConnectionFields(header http.Header) {
	for _, value := range header["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			switch name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name {
			case "Connection", "Upgrade", "Te": // forward decides about these
			case "Authorization", "Cookie": // meant for the origin whatever a visitor says; see keepNamed
			case "Content-Length": // is part of the framing, and goes on whatever is said about it
			default:
				delete(header, name)
			}
		}
	}
}

// keepNamed gives back to the origin's request what ReverseProxy has taken out because Connection names it, although it
// was inspected and is not a field of the connection: who may log in must not depend on it.
func keepNamed(out, in http.Header) {
	for _, name := range [...]string{"Authorization", "Cookie"} {
		if values := in[name]; values != nil && out[name] == nil {
			out[name] = values
		}
	}
}

// originTarget returns the request target that the origin will see, and its path for URL.Opaque where net/url would
// spell the path in another way than it was received ("/a|b" becomes "/a%7Cb").
func originTarget(r *http.Request) (target, opaque string) {
	target = r.URL.RequestURI()
	received := r.RequestURI
	if target == received || !strings.HasPrefix(received, "/") || strings.HasPrefix(received, "//") {
		// Absolute-form (RFC 9112, 3.2.2) loses its host here. A path with two slashes cannot be opaque to net/url,
		// so its odd characters travel escaped; what is inspected is what is sent, here too.
		return target, ""
	}
	path, _, _ := strings.Cut(received, "?")
	return received, path
}
