package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/proxy/body"
)

// Inspection is the judgement of one exchange. It is used by one goroutine at a time.
type Inspection interface {
	// Request judges the request half of the exchange.
	Request(context.Context) (sekisho.Verdict, error)
	// Response judges the response half, which has been filled by then.
	Response(context.Context) (sekisho.Verdict, error)
	// Close ends the inspection; the exchange's memory is not touched afterwards.
	Close()
}

var errNoEngine = errors.New("the site's policy has never compiled, so there is nothing to inspect with")

// inspectRequest asks the site's engine about the head of the request and the first bytes of its body.
func (s *Server) inspectRequest(x *exchange) bool {
	x.decision = sekisho.Decision{Action: sekisho.ActionPassed, Reason: sekisho.ReasonClean}
	if x.mode() == sekisho.ModeOff {
		x.decision.Reason = sekisho.ReasonNotInspected
		return true
	}
	if x.lease == nil {
		return s.uninspected(x, errNoEngine)
	}
	if holdsBody(x) && !s.readBody(x) {
		return false
	}
	if !soundTrailers(x) {
		return false
	}
	if !s.unpacks(x) {
		return false
	}
	fault := body.Check(x.r.Header.Get("Content-Type"), x.Body, x.BodyCut)
	if fault != "" && x.mode() == sekisho.ModeBlock {
		return x.malformed(http.StatusBadRequest, string(fault))
	}
	s.fillRequest(x)
	verdict, err := s.judgeRequest(x)
	switch {
	case err != nil && x.visitorLeft():
		return x.left()
	case err != nil:
		return s.uninspected(x, err)
	case !verdict.Attack && fault != "": // detect mode lets it through, and says so
		x.fault = string(fault)
		x.detect(sekisho.ReasonMalformed, verdict)
		return true
	case !verdict.Attack:
		x.pass(verdict)
		return true
	case x.mode() == sekisho.ModeBlock:
		return x.block(sekisho.ReasonRequestRule, verdict)
	default:
		x.detect(sekisho.ReasonRequestRule, verdict)
		return true
	}
}

// holdsBody reports whether the request waits for its body to be inspected. gRPC talks both ways at once, so holding
// the first message would be waiting for ever; it exists on HTTP/2 alone. A WebSocket handshake has no body (RFC 6455,
// 4.1), so whatever comes with a body is held: the word "websocket" in a head must not open a way past inspection.
func holdsBody(x *exchange) bool {
	return x.body != nil && (x.r.ProtoMajor < 2 || !speaksGRPC(x.r.Header))
}

// speaksGRPC knows gRPC by its media type, application/grpc or application/grpc+proto and the like. gRPC-Web, for
// browsers, is another type, and its requests end before they are answered.
func speaksGRPC(header http.Header) bool {
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	kind, _, _ = strings.Cut(strings.TrimSpace(kind), "+")
	return kind == "application/grpc"
}

func (s *Server) readBody(x *exchange) bool {
	limit := int(x.lease.policy.BodyLimit)
	refuse := x.mode() == sekisho.ModeBlock && x.site.BeyondLimit == sekisho.BeyondRefuse
	if refuse && x.r.ContentLength > int64(limit) {
		return x.refuse(http.StatusRequestEntityTooLarge, sekisho.ReasonBodyTooLarge)
	}
	head, cut, err := x.body.readAhead(limit)
	switch {
	case err != nil:
		if full, ok := errors.AsType[noRoom](err); ok {
			return s.shed(x, full.reason)
		}
		return x.badBody(err)
	case cut && refuse:
		return x.refuse(http.StatusRequestEntityTooLarge, sekisho.ReasonBodyTooLarge)
	}
	x.Body, x.BodyCut = head, cut
	return true
}

// unpacks refuses a body that was compressed to do harm, and one that is more than the rules read where the site says so.
func (s *Server) unpacks(x *exchange) bool {
	coding := x.r.Header["Content-Encoding"]
	if len(coding) != 1 || x.mode() != sekisho.ModeBlock {
		return true // several codings are for the rules
	}
	fault, beyond := body.Unpacks(coding[0], x.Body)
	switch {
	case fault != "":
		return x.malformed(http.StatusRequestEntityTooLarge, string(fault))
	case beyond && x.site.BeyondLimit == sekisho.BeyondRefuse:
		return x.refuse(http.StatusRequestEntityTooLarge, sekisho.ReasonBodyTooLarge)
	}
	return true
}

// badBody ends the walk because the visitor's body cannot be read to its end: the visitor fell asleep, went away, or
// framed it wrongly. net/http cancels the request's context in the first two cases, so sleep is asked for first.
func (x *exchange) badBody(err error) bool {
	if x.conn != nil {
		if v := x.conn.Broke(); v != nil {
			return x.malformed(v.Status, v.Code)
		}
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return x.malformed(http.StatusRequestTimeout, "slow_body")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return x.malformed(http.StatusBadRequest, "broken_body")
	case x.r.Context().Err() != nil:
		return x.left()
	}
	return x.malformed(http.StatusBadRequest, "bad_body")
}

func (s *Server) fillRequest(x *exchange) {
	x.Method, x.Protocol = x.r.Method, x.r.Proto
	x.Site, x.Exclusions = x.site.ID, x.site.Exclusions
	fields := make([]sekisho.Field, 0, len(x.r.Header)+2)
	fields = append(fields, sekisho.Field{Name: "Host", Value: x.host})
	fields = appendFields(fields, x.r.Header)
	for _, coding := range x.r.TransferEncoding { // net/http takes it out of the header
		fields = append(fields, sekisho.Field{Name: "Transfer-Encoding", Value: coding})
	}
	x.Header = appendFields(fields, x.r.Trailer) // see trailers.go
}

// appendFields adds a header's fields sorted by name, since a map has no order of its own and two runs over the same
// request must see the same.
func appendFields(fields []sekisho.Field, header http.Header) []sekisho.Field {
	own := len(fields)
	fields = slices.Grow(fields, len(header)+2)
	for name, values := range header {
		for _, value := range values {
			fields = append(fields, sekisho.Field{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(fields[own:], func(a, b sekisho.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// judgeRequest begins the inspection. A panic in the engine is an inspection that failed, and follows the fail mode.
func (s *Server) judgeRequest(x *exchange) (verdict sekisho.Verdict, err error) {
	defer recoverInto(&err)
	x.inspection = x.lease.engine.Begin(&x.Exchange)
	return x.inspection.Request(x.r.Context())
}

func (x *exchange) judgeResponse() (verdict sekisho.Verdict, err error) {
	defer recoverInto(&err)
	return x.inspection.Response(x.r.Context())
}

func recoverInto(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("inspection panicked: %v", cause)
	}
}

// endInspection gives the engine back. It may be called more than once, also when inspection failed half-way.
func (x *exchange) endInspection() {
	if x.inspection != nil {
		inspection := x.inspection
		x.inspection = nil
		func() {
			var ignored error // an engine that has already failed may fail at this too
			defer recoverInto(&ignored)
			inspection.Close()
		}()
	}
	if x.lease != nil {
		x.lease.release()
		x.lease = nil
	}
}

// uninspected decides about an exchange whose inspection failed, or asked for more than it may have. In block mode the site's
// fail mode says; detect mode never stops a request, so it lets it through. Either way it is an event: the owner is less
// protected than promised.
func (s *Server) uninspected(x *exchange, err error) (forward bool) {
	closed, open, level := sekisho.ReasonInspection, sekisho.ReasonInspectionOpen, slog.LevelError
	if shortage, ok := errors.AsType[sekisho.Shortage](err); ok {
		// Nothing broke, and whoever floods a site makes many of them: the event and the counts of the lane tell.
		closed, open, level = shortage.Reason(false), shortage.Reason(true), slog.LevelDebug
	}
	s.log.LogAttrs(x.r.Context(), level, "inspection failed", obs.Request(x.ID), obs.Site(x.site.Host), obs.Err(err))
	x.endInspection()
	if x.mode() == sekisho.ModeBlock && x.site.FailMode == sekisho.FailClosed && x.w.status == 0 {
		return x.fail(http.StatusServiceUnavailable, closed)
	}
	if x.decision.Action == sekisho.ActionPassed {
		x.decision.Reason = open
	}
	return true
}
