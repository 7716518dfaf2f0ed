package proxy

import (
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// exchange is one request on its way through the chain. The embedded [sekisho.Exchange] is what gets inspected; it is
// filled only on sites that are inspected. One goroutine at a time uses an exchange.
type exchange struct {
	sekisho.Exchange

	server *Server
	w      visitorWriter
	r      *http.Request
	conn   *wire.Conn // nil on HTTP/2
	began  time.Time

	scheme string // as the visitor typed it: "http" or "https"
	host   string // what the origin gets as Host: canonical, with the visitor's port if there was one
	opaque string // the path as received, where net/url would spell it differently
	fault  string // which rule a refused request broke: wire's codes and a few of our own
	site   *site

	body       *requestBody // nil: the request has none
	lease      *lease
	inspection Inspection // nil: not inspected, or done with

	decision     sekisho.Decision
	reply        *reply      // what a step of ours answers, instead of a page
	originStatus int         // 0 until the origin has answered
	recorded     bool        // the event is out, or there was none to tell
	counted      bool        // the site's limits count this visitor
	counts       *siteCounts // where; nil: nowhere
	sent         time.Time   // to the origin; zero: not
	untold       bool        // refused like so many before it: counted, not told
	placed       bool        // it has a place among the requests that run
	hangUp       bool        // the connection ends with this answer
	retryAfter   time.Duration
	abort        bool // cut the connection instead of ending the answer
	upgrade      bool // the visitor asked for another protocol, and conn waits to hear what became of it
}

func (s *Server) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{server: s, r: r, began: time.Now(), scheme: "http"}
	x.conn, _ = r.Context().Value(connKey{}).(*wire.Conn)
	x.upgrade = x.conn != nil && r.Header["Upgrade"] != nil
	x.w.begin(w, r, x.conn, s.config.StallTimeout, &s.running)
	if r.TLS != nil {
		x.scheme = "https"
	}
	if r.ContentLength != 0 { // -1: a length that nobody knows yet
		x.body = newRequestBody(w, r.Body, s.config.StallTimeout)
		r.Body = x.body
	}
	return x
}

// refuse ends the walk because the request cannot be served as it is; nobody inspected it.
func (x *exchange) refuse(status int, reason sekisho.Reason) bool {
	x.decision = sekisho.Decision{Action: sekisho.ActionRefused, Reason: reason, Status: status}
	return false
}

// malformed ends the walk because the request can be read in more than one way. fault names the rule it broke.
func (x *exchange) malformed(status int, fault string) bool {
	x.fault = fault
	return x.refuse(status, sekisho.ReasonMalformed)
}

// fail ends the walk because our side or the origin's broke. An attack that was found before stays what the decision
// is about: only its status changes.
func (x *exchange) fail(status int, reason sekisho.Reason) bool {
	if x.decision.Action == sekisho.ActionDetected {
		x.decision.Status = status
		return false
	}
	x.decision = sekisho.Decision{Action: sekisho.ActionFailed, Reason: reason, Status: status, Verdict: x.decision.Verdict}
	return false
}

// block ends the walk because a rule says so.
func (x *exchange) block(reason sekisho.Reason, verdict sekisho.Verdict) bool {
	status := verdict.Status
	if status < 400 || status > 599 {
		status = http.StatusForbidden
	}
	x.decision = sekisho.Decision{Action: sekisho.ActionBlocked, Reason: reason, Status: status, Verdict: verdict}
	return false
}

// pass notes what was found in an exchange that is no attack. One that would have been without the site's exclusions is
// told about: whoever made them must be able to see what they let through.
func (x *exchange) pass(verdict sekisho.Verdict) {
	x.decision.Verdict = verdict
	if len(verdict.Excluded) > 0 && x.decision.Action == sekisho.ActionPassed {
		x.decision.Reason = sekisho.ReasonExcluded
	}
}

// detect notes an attack that is let through.
func (x *exchange) detect(reason sekisho.Reason, verdict sekisho.Verdict) {
	if x.decision.Action == sekisho.ActionDetected {
		reason = x.decision.Reason // the request gave it away first
	}
	x.decision = sekisho.Decision{Action: sekisho.ActionDetected, Reason: reason, Verdict: verdict}
}

// statusVisitorLeft is what the access log shows when nobody was there to take an answer (nginx's 499).
const statusVisitorLeft = 499

// left ends the walk because the visitor hung up: nobody's fault, nothing to answer.
func (x *exchange) left() bool {
	status := x.w.status
	if status == 0 {
		status = statusVisitorLeft
	}
	if x.decision.Action != sekisho.ActionDetected {
		x.decision = sekisho.Decision{Action: sekisho.ActionPassed, Reason: sekisho.ReasonVisitorLeft}
	}
	x.decision.Status = status
	return false
}

// visitorLeft reports whether the connection to the visitor is gone.
func (x *exchange) visitorLeft() bool {
	return x.w.failed || x.r.Context().Err() != nil
}

// mode is what inspection may do on this request.
func (x *exchange) mode() sekisho.Mode { return x.site.mode }
