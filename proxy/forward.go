package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/safedial"
	"github.com/sekisho-waf/sekisho/proxy/upstream"
)

// errWithheld stops ReverseProxy from passing on an answer; the decision already says what goes out instead.
var errWithheld = errors.New("answer withheld")

// forward sends the request to the site's origin and streams the answer back. Everything between is httputil's work:
// hop-by-hop fields, upgrades, flushing of event streams.
func (s *Server) forward(x *exchange) bool {
	proxy := httputil.ReverseProxy{
		Transport:      (*courier)(x),
		Rewrite:        x.rewrite,
		ModifyResponse: func(answer *http.Response) error { return s.originAnswered(x, answer) },
		ErrorHandler:   func(_ http.ResponseWriter, _ *http.Request, err error) { s.originFailed(x, err) },
		BufferPool:     copyBuffers,
		ErrorLog:       s.quiet,
	}
	x.sent = time.Now()
	proxy.ServeHTTP(&x.w, x.r)
	return true
}

// courier takes an exchange's request to one of the site's servers.
type courier exchange

// RoundTrip implements http.RoundTripper.
func (c *courier) RoundTrip(r *http.Request) (*http.Response, error) {
	return c.site.origins.Send(r, c)
}

// Waits implements upstream.Visitor.
func (c *courier) Waits() bool {
	return c.w.status == 0 && c.w.hinted.Load() == 0 && (c.body == nil || c.body.problem() == nil) && c.r.Context().Err() == nil
}

// rewrite turns the visitor's request into the origin's. It adds only what we know ourselves and changes nothing that
// was inspected.
func (x *exchange) rewrite(p *httputil.ProxyRequest) {
	out := p.Out
	out.URL.User = nil // the pool sets scheme and host
	out.URL.Opaque = x.opaque
	// ReverseProxy drops parameters that net/url cannot parse; other servers can, and the WAF has seen them.
	out.URL.RawQuery = p.In.URL.RawQuery
	out.Host = x.host
	out.Trailer = nil // comes behind the inspected bytes, so nobody has looked at it

	keepNamed(out.Header, p.In.Header)
	own := [...]string{x.Client.Addr().String(), x.host, x.scheme, string(x.ID)} // one allocation for all
	out.Header["X-Forwarded-For"] = own[0:1:1]
	out.Header["X-Forwarded-Host"] = own[1:2:2]
	out.Header["X-Forwarded-Proto"] = own[2:3:3]
	out.Header[requestIDHeader] = own[3:4:4]

	x.server.markLoop(out.Header)

	if x.body != nil && x.body.whole() {
		out.GetBody = x.body.again
	}
	if x.inspection == nil {
		return
	}
	if x.lease.policy.ResponseBodyLimit > 0 {
		// Ask for what we can read. The value is ours, so nothing uninspected comes in with it.
		if acceptsGzip(p.In.Header) {
			out.Header["Accept-Encoding"] = []string{"gzip"}
		} else {
			out.Header["Accept-Encoding"] = []string{"identity"}
		}
	}
}

// originAnswered sees the head of the origin's answer before the visitor does.
func (s *Server) originAnswered(x *exchange, answer *http.Response) error {
	x.originStatus = answer.StatusCode
	x.site.load.answered(time.Since(x.sent))
	answer.Header[requestIDHeader] = []string{string(x.ID)}
	s.readLogin(x, answer)
	harden(&x.site.Hardening, answer.Header, x.scheme == "https")
	if x.inspection != nil {
		return s.inspectResponse(x, answer)
	}
	s.record(x) // an exchange that went through uninspected, where it should have been
	return nil
}

// originFailed decides about a request that got no answer from the origin.
func (s *Server) originFailed(x *exchange, err error) {
	if errors.Is(err, errWithheld) {
		return
	}
	if x.w.conn != nil {
		x.left() // a hijacked connection that broke: there is nobody to tell
		return
	}
	if x.body != nil && x.body.problem() != nil {
		x.badBody(x.body.problem()) // the visitor's fault, although it surfaced while sending to the origin
		return
	}
	if x.r.Context().Err() != nil {
		x.left()
		return
	}
	var away *upstream.Away
	if errors.As(err, &away) { // said in the log when it began
		x.retryAfter = away.RetryAfter
		x.fail(http.StatusServiceUnavailable, sekisho.ReasonOriginsAway)
		return
	}
	x.site.load.answered(time.Since(x.sent))
	s.log.LogAttrs(x.r.Context(), slog.LevelWarn, "origin did not answer", obs.Request(x.ID), obs.Site(x.site.Host), obs.Err(err))
	var refused *safedial.Refused
	if errors.As(err, &refused) {
		x.fail(http.StatusBadGateway, sekisho.ReasonOriginRefused)
		return
	}
	var netErr net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout() {
		x.fail(http.StatusGatewayTimeout, sekisho.ReasonOriginTimeout)
		return
	}
	x.fail(http.StatusBadGateway, sekisho.ReasonOrigin)
}
