package proxy

import (
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const maintenanceRetry = 10 * time.Minute

// maintain shows the maintenance page while the owner works on the site. Those on its allow list see the site.
func (s *Server) maintain(x *exchange) bool {
	if !x.site.Maintenance.On || x.site.allow.Contains(x.Client.Addr()) {
		return true
	}
	x.retryAfter = x.site.Maintenance.RetryAfter
	if x.retryAfter == 0 {
		x.retryAfter = maintenanceRetry
	}
	x.untold = true // every visitor's, and nobody's fault
	return x.refuse(http.StatusServiceUnavailable, sekisho.ReasonMaintenance)
}
