package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestInspect_followsTheFailMode(t *testing.T) {
	tests := []struct {
		name    string
		mode    sekisho.Mode
		fail    sekisho.FailMode
		path    string
		header  string // of the origin's answer
		status  int
		action  sekisho.Action
		reason  sekisho.Reason
		outcome sekisho.Outcome
		reaches bool
	}{
		{"closed, error in the request", sekisho.ModeBlock, sekisho.FailClosed, "/?engine=error", "", 503, sekisho.ActionFailed, sekisho.ReasonInspection, sekisho.OutcomePrevented, false},
		{"closed, panic in the request", sekisho.ModeBlock, sekisho.FailClosed, "/?engine=panic", "", 503, sekisho.ActionFailed, sekisho.ReasonInspection, sekisho.OutcomePrevented, false},
		{"closed, error in the answer", sekisho.ModeBlock, sekisho.FailClosed, "/", "error", 503, sekisho.ActionFailed, sekisho.ReasonInspection, sekisho.OutcomePrevented, true},
		{"closed, panic in the answer", sekisho.ModeBlock, sekisho.FailClosed, "/", "panic", 503, sekisho.ActionFailed, sekisho.ReasonInspection, sekisho.OutcomePrevented, true},
		{"open, error in the request", sekisho.ModeBlock, sekisho.FailOpen, "/?engine=error", "", 200, sekisho.ActionPassed, sekisho.ReasonInspectionOpen, sekisho.OutcomeUnknown, true},
		{"open, panic in the request", sekisho.ModeBlock, sekisho.FailOpen, "/?engine=panic", "", 200, sekisho.ActionPassed, sekisho.ReasonInspectionOpen, sekisho.OutcomeUnknown, true},
		{"open, panic in the answer", sekisho.ModeBlock, sekisho.FailOpen, "/", "panic", 200, sekisho.ActionPassed, sekisho.ReasonInspectionOpen, sekisho.OutcomeUnknown, true},
		{"detect never stops", sekisho.ModeDetect, sekisho.FailClosed, "/?engine=error", "", 200, sekisho.ActionPassed, sekisho.ReasonInspectionOpen, sekisho.OutcomeUnknown, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reached := make(chan struct{}, 8)
			server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
				reached <- struct{}{}
				if test.header != "" {
					w.Header().Set("X-Engine", test.header)
				}
				_, _ = io.WriteString(w, "page")
			})
			site := testSite(server.URL, test.mode)
			site.FailMode = test.fail
			c := start(t, site)
			answer := c.get("h1", test.path)
			if answer.status != test.status || (len(reached) == 1) != test.reaches {
				t.Errorf("status %d, origin asked %v; want %d, %v", answer.status, len(reached) == 1, test.status, test.reaches)
			}
			event := c.event()
			if event.Action != test.action || event.Reason != test.reason || event.Class != sekisho.ClassSensorFault || event.Outcome != test.outcome || event.Status != test.status {
				t.Errorf("event %+v", event)
			}
			c.get("h1", "/healthy") // the process lives
			c.stop()
			if live, _ := c.engines.counts(); live != 0 {
				t.Errorf("%d engines are still held", live)
			}
		})
	}
}

func TestServe_answers500WhenAStepPanics(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	for at := range (&Server{}).chain() {
		known := false
		c := start(t, testSite(server.URL, sekisho.ModeBlock))
		healthy := c.steps[at]
		c.steps[at] = func(x *exchange) bool {
			if strings.HasPrefix(x.r.URL.Path, "/fall") {
				known = x.site != nil
				panic("a step fell over")
			}
			return healthy(x)
		}
		if answer := c.get("h1", "/fall"); answer.status != 500 {
			t.Errorf("step %d: status %d, want 500", at, answer.status)
		}
		if answer := c.get("h1", "/"); answer.status != 200 {
			t.Errorf("step %d: the next request got %d", at, answer.status)
		}
		if known { // before that there is nobody to tell
			if event := c.event(); event.Reason != sekisho.ReasonPanic || event.Status != 500 {
				t.Errorf("step %d: event %+v", at, event)
			}
		}
	}
}

func TestInspect_readsTheBodyUpToTheLimit(t *testing.T) {
	const limit = 64
	far := strings.Repeat("x", 3*limit) + attackWord
	exact := strings.Repeat("x", limit-len(attackWord)) + attackWord
	tests := []struct {
		name   string
		mode   sekisho.Mode
		beyond sekisho.BeyondLimit
		body   string
		status int
		cut    bool
	}{
		{"within the limit", sekisho.ModeBlock, sekisho.BeyondPass, "a=" + attackWord, 403, false},
		{"exactly the limit", sekisho.ModeBlock, sekisho.BeyondPass, exact, 403, false},
		{"exactly the limit is not beyond it", sekisho.ModeBlock, sekisho.BeyondRefuse, strings.Repeat("x", limit), 200, false},
		{"one more is beyond it", sekisho.ModeBlock, sekisho.BeyondRefuse, strings.Repeat("x", limit+1), 413, true},
		{"beyond, passed", sekisho.ModeBlock, sekisho.BeyondPass, far, 200, true},
		{"beyond, refused", sekisho.ModeBlock, sekisho.BeyondRefuse, far, 413, true},
		{"detect never refuses", sekisho.ModeDetect, sekisho.BeyondRefuse, far, 200, true},
		{"off does not look", sekisho.ModeOff, sekisho.BeyondRefuse, far, 200, true},
	}
	for _, test := range tests {
		for _, chunked := range []bool{false, true} {
			for _, protocol := range protocols {
				name := test.name + " " + protocol
				if chunked {
					name += " chunked"
				}
				t.Run(name, func(t *testing.T) {
					var seen string
					server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
						body, _ := io.ReadAll(r.Body)
						seen = string(body)
					})
					site := testSite(server.URL, test.mode)
					site.BeyondLimit, site.Policy.BodyLimit = test.beyond, limit
					c := start(t, site)
					var body io.Reader = strings.NewReader(test.body)
					if chunked {
						body = io.MultiReader(body) // hides the length from net/http
					}
					answer := c.do(protocol, http.MethodPost, "/", body, "Content-Type", "text/plain")
					if answer.status != test.status {
						t.Errorf("status %d, want %d", answer.status, test.status)
					}
					if test.status == 200 && seen != test.body {
						t.Errorf("the origin got %d bytes, want %d, unchanged", len(seen), len(test.body))
					}
					if test.status == 413 {
						if event := c.event(); event.Action != sekisho.ActionRefused || event.Reason != sekisho.ReasonBodyTooLarge {
							t.Errorf("event %s %s", event.Action, event.Reason)
						}
					}
				})
			}
		}
	}
}

func TestInspect_seesWhatIsForwarded(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	for name, header := range map[string][2]string{
		"a header that is dropped": {"X_Evil", attackWord}, "a claim that is dropped": {"X-Real-IP", attackWord},
		"a request id that is dropped": {"X-Request-ID", attackWord},
	} {
		if answer := c.get("h1", "/", header[0], header[1]); answer.status != 200 {
			t.Errorf("%s was inspected: %d", name, answer.status)
		}
	}
	for name, header := range map[string][2]string{"a cookie": {"Cookie", "a=" + attackWord}, "a header": {"X-Any", attackWord}} {
		if answer := c.get("h1", "/", header[0], header[1]); answer.status != 403 {
			t.Errorf("%s was not inspected: %d", name, answer.status)
		}
	}
}

func TestInspect_readsTheBodyWhateverTheHeadAnnounces(t *testing.T) {
	var asked atomic.Int64
	server := origin(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	for name, header := range map[string][]string{
		"websocket":                   {"Upgrade", "websocket"},
		"websocket, asked for":        {"Upgrade", "websocket", "Connection", "Upgrade", "Sec-Websocket-Key", "x", "Sec-Websocket-Version", "13"},
		"gRPC without HTTP/2":         {"Content-Type", "application/grpc"},
		"something that is not gRPC":  {"Content-Type", "application/grpcx"},
		"gRPC that waits for its end": {"Content-Type", "application/grpc-web"},
		"a type that ends here":       {"Content-Type", "text/plain", "Connection", "Content-Type"},
	} {
		for _, chunked := range []bool{false, true} {
			var body io.Reader = strings.NewReader("a=" + attackWord)
			if chunked {
				body = io.MultiReader(body)
			}
			if answer := c.do("h1", http.MethodPost, "/form", body, header...); answer.status != 403 {
				t.Errorf("%s, chunked %v: status %d, want 403", name, chunked, answer.status)
			}
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the origin was asked %d times, want never", n)
	}
}

// Connection names fields that end here. A Content-Type that the rules read by and the origin never gets would be a way
// to have a body read in one way and used in another.
func TestInspect_doesNotSeeFieldsThatEndHere(t *testing.T) {
	got := make(chan http.Header, 1)
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	var inspected []sekisho.Field
	forward := c.steps[len(c.steps)-1]
	c.steps[len(c.steps)-1] = func(x *exchange) bool {
		inspected = x.Header
		return forward(x)
	}
	c.do("h1", http.MethodPost, "/", strings.NewReader("a=b"), "Content-Type", "application/json", "X-Odd", "1",
		"Connection", "content-type, X-Odd", "Connection", "content-length")
	forwarded := <-got
	for _, field := range inspected {
		if field.Name != "Host" && field.Name != "Connection" && field.Name != "User-Agent" && forwarded.Get(field.Name) != field.Value {
			t.Errorf("%s was inspected as %q and forwarded as %q", field.Name, field.Value, forwarded.Get(field.Name))
		}
	}
	if forwarded.Get("Content-Length") != "3" {
		t.Errorf("the origin got %v", forwarded)
	}
}

func TestInspect_fillsTheExchange(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	c := start(t, testSite(server.URL, sekisho.ModeDetect))
	var got sekisho.Exchange
	forward := c.steps[len(c.steps)-1]
	c.steps[len(c.steps)-1] = func(x *exchange) bool {
		got = x.Exchange
		got.Body = bytes.Clone(x.Body)
		return forward(x)
	}
	c.do("h1", http.MethodPost, "/a?b=%zz", io.MultiReader(strings.NewReader("body")), "B-Header", "2", "A-Header", "1", "User-Agent", "u")
	if got.Method != "POST" || got.Target != "/a?b=%zz" || got.Protocol != "HTTP/1.1" || got.Host != testHost || string(got.Body) != "body" || got.BodyCut {
		t.Errorf("exchange %+v", got)
	}
	if got.Client.Addr().String() != "127.0.0.1" || got.Client.Port() == 0 || got.Server.String() != c.HTTPSAddr().String() {
		t.Errorf("addresses %s to %s", got.Client, got.Server)
	}
	want := []sekisho.Field{{Name: "Host", Value: testHost}, {Name: "A-Header", Value: "1"}, {Name: "B-Header", Value: "2"}, {Name: "User-Agent", Value: "u"}, {Name: "Transfer-Encoding", Value: "chunked"}}
	if len(got.Header) != len(want) {
		t.Fatalf("header %v, want %v", got.Header, want)
	}
	for i := range want {
		if got.Header[i] != want[i] {
			t.Errorf("field %d is %v, want %v", i, got.Header[i], want[i])
		}
	}
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func TestInspect_stopsALeakOrRecordsIt(t *testing.T) {
	page := "<p>You have an error in your " + leakWord + "</p>"
	tests := []struct {
		name, kind, coding, body string
		found                    bool
	}{
		{"html", "text/html; charset=utf-8", "", page, true},
		{"json", "application/json", "", page, true},
		{"gzip", "text/html", "gzip", zipped(page), true},
		{"a broken gzip", "text/html", "gzip", page, false},
		{"brotli cannot be read", "text/html", "br", page, false},
		{"a picture is not read", "image/png", "", page, false},
		{"beyond the limit", "text/plain", "", strings.Repeat("x", 64<<10) + page, false},
		{"just within the limit", "text/plain", "", strings.Repeat("x", 64<<10-len(page)) + page + "more", true},
	}
	for _, test := range tests {
		for _, mode := range []sekisho.Mode{sekisho.ModeBlock, sekisho.ModeDetect} {
			for _, length := range []bool{true, false} {
				name := test.name + " " + mode.String()
				if !length {
					name += " chunked"
				}
				t.Run(name, func(t *testing.T) {
					server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", test.kind)
						w.Header().Set("X-Origin", "yes")
						if test.coding != "" {
							w.Header().Set("Content-Encoding", test.coding)
						}
						if !length {
							_ = http.NewResponseController(w).Flush()
						}
						_, _ = io.WriteString(w, test.body)
					})
					c := start(t, testSite(server.URL, mode))
					answer := c.get("h2", "/")
					if !test.found {
						c.noEvent()
					}
					if !test.found || mode == sekisho.ModeDetect {
						if answer.status != 200 || answer.body != test.body || answer.header.Get("X-Origin") == "" {
							t.Errorf("status %d and %d bytes, want 200 and the origin's %d", answer.status, len(answer.body), len(test.body))
						}
					}
					if !test.found {
						return
					}
					event := c.event()
					if event.Reason != sekisho.ReasonResponseRule || event.Family != "leak" || event.OriginStatus != 200 {
						t.Errorf("event %+v", event)
					}
					if mode == sekisho.ModeDetect {
						if event.Action != sekisho.ActionDetected || event.Outcome != sekisho.OutcomeSucceeded || event.Status != 200 {
							t.Errorf("event %s %s %d", event.Action, event.Outcome, event.Status)
						}
						return
					}
					if event.Action != sekisho.ActionBlocked || event.Outcome != sekisho.OutcomeContained || event.Status != 403 {
						t.Errorf("event %s %s %d", event.Action, event.Outcome, event.Status)
					}
					if answer.status != 403 || strings.Contains(answer.body, leakWord) || answer.header.Get("X-Origin") != "" || answer.header.Get("Content-Encoding") != "" {
						t.Errorf("status %d, header %v", answer.status, answer.header)
					}
				})
			}
		}
	}
}

func TestInspect_joinsAttackAndLeakInOneEvent(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, leakWord)
	})
	c := start(t, testSite(server.URL, sekisho.ModeDetect))
	c.get("h1", "/?q="+attackWord)
	event := c.event()
	if event.Outcome != sekisho.OutcomeSucceeded || event.Family != "test" || event.Score != 5 || len(event.RuleIDs) != 2 || event.Reason != sekisho.ReasonRequestRule {
		t.Errorf("event %+v", event)
	}
}
