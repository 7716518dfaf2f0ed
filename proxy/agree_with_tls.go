package proxy

import (
	"net/http"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// agreeWithTLS refuses a request for one site on a connection that was opened, and whose certificate was shown, for
// another (RFC 9110, 15.5.20). Otherwise whoever may see one tenant's connection could ask another tenant's site
// behind its back, and a policy bound to the TLS name would not hold.
func (s *Server) agreeWithTLS(x *exchange) bool {
	if x.r.TLS == nil {
		return true
	}
	name := x.r.TLS.ServerName
	if name == "" {
		// No name was sent, so the certificate was the one of an address (RFC 6066, 3 forbids addresses as names).
		name = x.Server.Addr().String()
		if x.Server.Addr().Is6() {
			name = "[" + name + "]"
		}
	}
	if !strings.EqualFold(strings.TrimSuffix(name, "."), x.site.Host) {
		return x.refuse(http.StatusMisdirectedRequest, sekisho.ReasonMisdirected)
	}
	return true
}
