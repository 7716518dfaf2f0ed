package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// soundRequest refuses what could be read in two ways. On HTTP/1 the connection has found it before net/http parsed a
// byte (see package wire); here it becomes a decision like any other. HTTP/2 has no framing to lie with, but carries
// method, target and host as plain fields, which an HTTP/1 origin reads as part of a line.
func (s *Server) soundRequest(x *exchange) bool {
	if x.conn != nil {
		if refusal := x.conn.Refused(x.r.Method, x.r.RequestURI); refusal != nil {
			return s.refuseUnread(x, refusal)
		}
	} else {
		if v := wire.CheckRequest(x.r.Method, x.r.RequestURI); v != nil {
			return x.malformed(v.Status, v.Code)
		}
		if hosts := x.r.Header["Host"]; hosts != nil { // beside :authority (RFC 9113, 8.3.1)
			if len(hosts) != 1 || !strings.EqualFold(hosts[0], x.r.Host) {
				return x.malformed(http.StatusBadRequest, wire.TwoHosts.Code)
			}
			delete(x.r.Header, "Host")
		}
		trimValues(x.r.Header)
	}
	return true
}

// trimValues takes white space from the ends of values, where HTTP/1 has no place for it: net/http would do so on the way
// to the origin, behind the inspection.
func trimValues(header http.Header) {
	for _, values := range header {
		for i, value := range values {
			values[i] = strings.Trim(value, " \t")
		}
	}
}

// refuseUnread decides about a request that was never parsed. What could be read of it goes into the log, and the site
// it named, if any, gets the event.
func (s *Server) refuseUnread(x *exchange, refusal *wire.Refusal) bool {
	path, _, _ := strings.Cut(refusal.Target, "?")
	x.r.Method, x.r.URL = refusal.Method, &url.URL{Path: path}
	x.r.Host = refusal.Host
	if host, err := sekisho.CanonicalHost(refusal.Host); err == nil {
		x.site = s.current.Load().sites[host]
	}
	return x.malformed(refusal.Status, refusal.Code)
}
