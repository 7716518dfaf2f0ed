package upstream

import (
	"errors"
	"net"
	"net/http"

	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// repeatable reports whether a request can be sent a second time without doing anything a second time: its method is
// idempotent (RFC 9110, 9.2.2), and its body is none or at hand.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return bodyless(r) || r.GetBody != nil
	}
	return false
}

func bodyless(r *http.Request) bool { return r.Body == nil || r.Body == http.NoBody }

// maySendAgain reports whether a request that failed may go to another server.
func maySendAgain(r *http.Request, err error) bool {
	var refused *safedial.Refused
	if errors.As(err, &refused) {
		return false // its owner should see it
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" { // nothing was sent
		return bodyless(r) || r.GetBody != nil
	}
	var timed net.Error
	if errors.As(err, &timed) && timed.Timeout() {
		return false
	}
	return repeatable(r)
}

// again makes the request anew, because a transport may still hold on to the one that failed.
func again(r *http.Request) (*http.Request, bool) {
	next := *r
	target := *r.URL
	next.URL = &target
	if !bodyless(r) {
		if r.GetBody == nil {
			return nil, false
		}
		body, err := r.GetBody()
		if err != nil {
			return nil, false
		}
		next.Body = body
	}
	return &next, true
}
