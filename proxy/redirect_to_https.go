package proxy

import (
	"net"
	"net/http"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// redirectCache bounds how long browsers remember the redirect, so that an owner who takes it back has waited an hour.
const redirectCache = "max-age=3600"

// redirectToHTTPS sends visitors on plain HTTP to HTTPS where the site wants it. Certificate authorities stay: they ask
// over plain HTTP, and the origin may have an order of its own.
func (s *Server) redirectToHTTPS(x *exchange) bool {
	if !x.site.Hardening.HTTPSRedirect || x.scheme != "http" || s.secure == nil || strings.HasPrefix(x.r.URL.Path, challengePath) {
		return true
	}
	status := http.StatusPermanentRedirect // keeps method and body
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		status = http.StatusMovedPermanently
	}
	target, _ := originTarget(x.r)
	if !strings.HasPrefix(target, "/") { // OPTIONS *
		target = "/"
	}
	x.decision = sekisho.Decision{Action: sekisho.ActionPassed, Reason: sekisho.ReasonHTTPSRedirect, Status: status}
	x.reply = &reply{status: status, location: "https://" + x.site.Host + s.securePort(x.host) + target, maxAge: redirectCache}
	return false
}

// securePort is the port that belongs behind the host of an HTTPS link. Who typed no port came by the usual ones, whatever
// ports we listen on behind them.
func (s *Server) securePort(host string) string {
	_, port, err := net.SplitHostPort(s.secure.Addr().String())
	if portSuffix(host) == "" || err != nil || port == "443" {
		return ""
	}
	return ":" + port
}
