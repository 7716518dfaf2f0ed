package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// holdTime bounds how long a visitor waits for us to look at the beginning of a body that the origin is already
// sending. A page that comes slower streams, and is inspected beside the stream.
const holdTime = 50 * time.Millisecond

// inspectResponse judges the origin's answer. In block mode the beginning of a readable body is held back for at most
// [holdTime], so that a leak can be replaced by a page. In detect mode nothing waits. Event streams, downloads and
// upgrades are judged by their head alone.
func (s *Server) inspectResponse(x *exchange, answer *http.Response) error {
	x.Status = answer.StatusCode
	x.ResponseHeader = appendFields(nil, answer.Header)
	limit := int(x.lease.policy.ResponseBodyLimit)
	coding, readable := readableBody(answer)
	if limit == 0 || !readable {
		return s.decideResponse(x)
	}
	judge := func(head []byte, cut bool) error {
		x.ResponseBody, x.ResponseBodyCut = decoded(head, coding, limit, cut)
		return s.decideResponse(x)
	}
	if x.mode() == sekisho.ModeBlock {
		held := hold(answer.Body, limit, answer.ContentLength)
		answer.Body = held
		if held.wait(holdTime) {
			head, cut := held.head()
			return judge(head, cut)
		}
	}
	// From here on the answer flows, and the verdict comes too late to change it: judge's error is not for anybody.
	answer.Body = &tappedBody{src: answer.Body, limit: limit, want: answer.ContentLength, judge: judge}
	return nil
}

// decideResponse asks for the verdict on the answer and records what it means. An error stops an answer that has not
// begun.
func (s *Server) decideResponse(x *exchange) error {
	verdict, err := x.judgeResponse()
	if err != nil && x.visitorLeft() {
		x.endInspection()
		s.record(x)
		return nil
	}
	if err != nil {
		forward := s.uninspected(x, err)
		s.record(x)
		if !forward {
			return errWithheld
		}
		return nil
	}
	x.endInspection()
	whole := merge(x.decision.Verdict, verdict)
	switch {
	case verdict.Attack && x.mode() == sekisho.ModeBlock && x.w.status == 0:
		x.block(sekisho.ReasonResponseRule, whole)
		return errWithheld
	case verdict.Attack || x.decision.Action == sekisho.ActionDetected:
		x.detect(sekisho.ReasonResponseRule, whole)
	default:
		x.pass(whole)
	}
	s.record(x) // before the bytes that were judged reach the visitor
	return nil
}

// merge joins what was found in the request and in the answer. The response half may repeat the request's matches.
func merge(request, response sekisho.Verdict) sekisho.Verdict {
	whole := response
	if request.Attack { // what the visitor tried says more than what the page showed
		whole = request
		whole.Score = max(request.Score, response.Score)
		whole.Leak = request.Leak || response.Leak
	}
	whole.Excluded = slices.Concat(request.Excluded, response.Excluded)
	whole.Spared = slices.Concat(request.Spared, response.Spared)
	whole.Matches = request.Matches
	for _, match := range response.Matches {
		if !slices.Contains(whole.Matches, match) {
			whole.Matches = append(whole.Matches, match)
		}
	}
	return whole
}

// readableBody reports whether the answer has a body that rules can read, and in which coding.
func readableBody(answer *http.Response) (coding string, ok bool) {
	if answer.Body == nil || answer.Body == http.NoBody || answer.ContentLength == 0 || answer.StatusCode == http.StatusSwitchingProtocols {
		return "", false
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch kind {
	case "text/html", "text/plain", "text/xml", "application/json":
	default:
		return "", false
	}
	coding = strings.ToLower(strings.TrimSpace(answer.Header.Get("Content-Encoding")))
	return coding, coding == "" || coding == "identity" || coding == "gzip"
}

// decoded returns what the visitor's browser would read of the beginning of a body, at most limit bytes of it. The
// limit on the output is what makes a gzip bomb harmless.
func decoded(head []byte, coding string, limit int, cut bool) ([]byte, bool) {
	if coding != "gzip" {
		return head, cut
	}
	reader, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil, cut // not gzip after all: browsers will not read it either
	}
	plain, err := io.ReadAll(io.LimitReader(reader, int64(limit)+1))
	if len(plain) > limit {
		return plain[:limit], true
	}
	return plain, cut || err != nil
}
