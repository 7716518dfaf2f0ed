package proxy

import (
	"net/http"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// findSite finds the site of the request's host in the current snapshot: one map lookup, however many sites there are.
// A host that is nobody's is answered by us with a neutral page; no origin learns of it.
//
// Site, mode and engine come from one snapshot and stay together for the whole request.
func (s *Server) findSite(x *exchange) bool {
	for {
		current := s.current.Load()
		x.site, x.host = current.sites[x.r.Host], x.r.Host
		if x.site == nil {
			canonical, err := sekisho.CanonicalHost(x.r.Host)
			if err != nil {
				return x.malformed(http.StatusBadRequest, wire.BadHost.Code)
			}
			x.site, x.host = current.sites[canonical], canonical+portSuffix(x.r.Host)
		}
		if x.site == nil {
			return x.refuse(http.StatusMisdirectedRequest, sekisho.ReasonUnknownHost)
		}
		x.Host = x.site.Host
		if x.site.lease == nil {
			return true
		}
		if x.site.lease.acquire() {
			x.lease = x.site.lease
			return true
		}
		// A swap retired this snapshot's engine between the two lines above: the snapshot of now has a living one.
	}
}

// portSuffix returns ":8443" of a valid host with a port. The origin needs it to write links that lead back to us.
func portSuffix(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < strings.LastIndexByte(host, ']') || colon < 0 || colon == len(host)-1 {
		return ""
	}
	return host[colon:]
}
