package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// waiting is a visitor who waits, or does not.
type waiting bool

func (w waiting) Waits() bool { return bool(w) }

func testBook() *Book {
	rules := &safedial.Rules{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	config := Config{Rules: rules, VouchedRules: rules, Connect: 5 * time.Second, Answer: 5 * time.Second, Stall: 5 * time.Second}
	return NewBook(config, slog.New(slog.DiscardHandler))
}

func testPool(t *testing.T, book *Book, site sekisho.Site) *Pool {
	t.Helper()
	site.ID, site.Tenant, site.Host, site.Policy = "SITE1", "yamada", "shop.example", sekisho.DefaultPolicy()
	if err := site.Validate(); err != nil {
		t.Fatal(err)
	}
	round := book.Begin()
	pool, err := round.Pool(&site)
	if err != nil {
		t.Fatal(err)
	}
	round.End()
	t.Cleanup(book.Close)
	return pool
}

// origin is a server that counts what reaches it.
func origin(t *testing.T, handler http.HandlerFunc) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }

// broken closes the connection once it has read a request: bytes were sent, and no answer comes.
func broken(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	panic(http.ErrAbortHandler)
}

// nobody is an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

type sendable struct {
	method string
	body   string
	replay bool
}

func (p *Pool) try(t *testing.T, what sendable, visitor Visitor) (int, error) {
	t.Helper()
	var body io.Reader
	if what.body != "" {
		body = io.MultiReader(strings.NewReader(what.body)) // hides what it is, so that NewRequest adds no GetBody
	}
	request, err := http.NewRequest(what.method, "http://unset.example/", body)
	if err != nil {
		t.Fatal(err)
	}
	if what.replay {
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(what.body)), nil }
	}
	answer, err := p.Send(request, visitor)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode, nil
}

func TestSend_retriesOnlyWhereItIsSafe(t *testing.T) {
	tests := []struct {
		name    string
		first   func(*testing.T) string
		what    sendable
		visitor waiting
		want    bool // the second server answers
	}{
		{"GET, nobody there", nobody, sendable{method: "GET"}, true, true},
		{"POST without a body, nobody there", nobody, sendable{method: "POST"}, true, true},
		{"POST that can be sent again, nobody there", nobody, sendable{"POST", "a=b", true}, true, true},
		{"POST that cannot, nobody there", nobody, sendable{"POST", "a=b", false}, true, false},
		{"GET, broken off", breaks, sendable{method: "GET"}, true, true},
		{"PUT that can be sent again, broken off", breaks, sendable{"PUT", "a=b", true}, true, true},
		{"PUT that cannot, broken off", breaks, sendable{"PUT", "a=b", false}, true, false},
		{"POST that can be sent again, broken off", breaks, sendable{"POST", "a=b", true}, true, false},
		{"POST without a body, broken off", breaks, sendable{method: "POST"}, true, false},
		{"PATCH, broken off", breaks, sendable{"PATCH", "a=b", true}, true, false},
		{"GET of a visitor who has seen something, or has left", nobody, sendable{method: "GET"}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			second, asked := origin(t, fine)
			pool := testPool(t, testBook(), sekisho.Site{Origin: test.first(t), Origins: sekisho.Origins{
				Others: []sekisho.OriginServer{{URL: second, Weight: 0}}, // stands by, so that the first is always asked first
			}})
			status, err := pool.try(t, test.what, test.visitor)
			if got := err == nil && status == 200 && asked.Load() == 1; got != test.want || !test.want && asked.Load() != 0 {
				t.Errorf("got status %d, %v, %d requests at the second server; want an answer: %v", status, err, asked.Load(), test.want)
			}
		})
	}
}

func breaks(t *testing.T) string { url, _ := origin(t, broken); return url }

func TestSend_doesNotWaitTwiceForASlowServer(t *testing.T) {
	slow, _ := origin(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	second, asked := origin(t, fine)
	pool := testPool(t, testBook(), sekisho.Site{Origin: slow, Origins: sekisho.Origins{
		AnswerTimeout: 50 * time.Millisecond, Others: []sekisho.OriginServer{{URL: second, Weight: 0}},
	}})
	_, err := pool.try(t, sendable{method: "GET"}, waiting(true))
	var timed net.Error
	if !errors.As(err, &timed) || !timed.Timeout() || asked.Load() != 0 {
		t.Errorf("got %v with %d requests at the second server, want a timeout and none", err, asked.Load())
	}
}

func TestSend_givesUpOnAServerThatTakesNoBytes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // connections stay in its queue; nobody reads
	book := testBook()
	book.config.Stall = 50 * time.Millisecond
	pool := testPool(t, book, sekisho.Site{Origin: "http://" + listener.Addr().String()})
	request, _ := http.NewRequest(http.MethodPost, "http://unset.example/", bytes.NewReader(make([]byte, 64<<20)))
	if _, err := pool.Send(request, waiting(true)); err == nil {
		t.Error("the request went through")
	}
}

func TestSend_sharesByWeight(t *testing.T) {
	one, oneAsked := origin(t, fine)
	three, threeAsked := origin(t, fine)
	standby, standbyAsked := origin(t, fine)
	pool := testPool(t, testBook(), sekisho.Site{Origin: one, Origins: sekisho.Origins{
		Others: []sekisho.OriginServer{{URL: three, Weight: 3}, {URL: standby, Weight: 0}},
	}})
	const requests = 600
	for range requests {
		if _, err := pool.try(t, sendable{method: "GET"}, waiting(true)); err != nil {
			t.Fatal(err)
		}
	}
	// 150 expected, standard deviation 10.6: five of them are beyond chance.
	if n := oneAsked.Load(); n < 97 || n > 203 || n+threeAsked.Load() != requests || standbyAsked.Load() != 0 {
		t.Errorf("got %d, %d and %d, want about 150, 450 and none", n, threeAsked.Load(), standbyAsked.Load())
	}
}

func TestSend_leavesAServerAloneAfterManyFailures(t *testing.T) {
	first, firstAsked := origin(t, broken)
	second, _ := origin(t, fine)
	pool := testPool(t, testBook(), sekisho.Site{Origin: first, Origins: sekisho.Origins{Weight: 100, Others: []sekisho.OriginServer{{URL: second, Weight: 1}}}})
	for range 200 {
		if status, err := pool.try(t, sendable{method: "GET"}, waiting(true)); err != nil || status != 200 {
			t.Fatalf("got %d, %v: a visitor noticed", status, err)
		}
	}
	// net/http itself tries a second time where an idle connection breaks off, but these are fresh.
	if n := firstAsked.Load(); n != tolerated {
		t.Errorf("the broken server got %d requests, want %d", n, tolerated)
	}
}

func TestSend_failsFastWhileTheOnlyServerIsAway(t *testing.T) {
	var well atomic.Bool
	only, asked := origin(t, func(w http.ResponseWriter, r *http.Request) {
		if !well.Load() {
			broken(w, r)
		}
		fine(w, r)
	})
	pool := testPool(t, testBook(), sekisho.Site{Origin: only})
	for range tolerated {
		_, _ = pool.try(t, sendable{"POST", "a=b", false}, waiting(true))
	}
	var away *Away
	if _, err := pool.try(t, sendable{method: "GET"}, waiting(true)); !errors.As(err, &away) || away.RetryAfter < time.Second || asked.Load() != tolerated {
		t.Fatalf("got %v after %d requests, want it refused here", err, asked.Load())
	}
	circuit := &pool.servers[0].circuit
	circuit.until.Store(time.Now().UnixNano()) // the rest is over
	_, _ = pool.try(t, sendable{method: "GET"}, waiting(true))
	if asked.Load() != tolerated+1 || circuit.closed() || time.Duration(circuit.rest.Load()) != 2*shortRest {
		t.Errorf("after a failed trial: %d requests, rest %s, want one more and %s", asked.Load(), time.Duration(circuit.rest.Load()), 2*shortRest)
	}
	well.Store(true)
	circuit.until.Store(time.Now().UnixNano())
	for range 3 {
		if status, err := pool.try(t, sendable{"POST", "a=b", false}, waiting(true)); err != nil || status != 200 {
			t.Errorf("after the trial that went well: got %d, %v", status, err)
		}
	}
}

func TestSend_aVisitorsFaultIsNotTheServers(t *testing.T) {
	url, _ := origin(t, broken)
	pool := testPool(t, testBook(), sekisho.Site{Origin: url})
	for range 3 * tolerated {
		_, _ = pool.try(t, sendable{method: "GET"}, waiting(false))
	}
	if !pool.servers[0].circuit.closed() {
		t.Error("visitors who left have closed the site for others")
	}
}

func TestCircuit_takesOneTrialAtATime(t *testing.T) {
	var c circuit
	now := time.Now()
	for i := range tolerated {
		if opened := c.bad(now, false); opened != (i == tolerated-1) {
			t.Errorf("failure %d: opened %v", i+1, opened)
		}
	}
	if c.bad(now, false) || c.trial(now) {
		t.Error("a late failure or an early trial changed something")
	}
	later := now.Add(shortRest)
	if !c.trial(later) || c.trial(later) {
		t.Error("want one trial and no second")
	}
	for range 10 {
		later = later.Add(time.Hour)
		if !c.trial(later) {
			t.Fatal("no trial after the rest")
		}
		c.bad(later, true)
	}
	if rest := time.Duration(c.rest.Load()); rest != longRest {
		t.Errorf("got a rest of %s, want %s", rest, longRest)
	}
	if !c.good() || !c.closed() || c.good() {
		t.Error("want the first answer to close it, once")
	}
}

func TestRun_keepsRequestsFromAServerThatFailsItsChecks(t *testing.T) {
	var sick atomic.Bool
	checked := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (sick.Load() || r.Host != "shop.example") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	first, _ := origin(t, checked)
	second, _ := origin(t, fine)
	book := testBook()
	pool := testPool(t, book, sekisho.Site{Origin: first, Origins: sekisho.Origins{
		CheckPath: "/healthz", CheckEvery: time.Second, Others: []sekisho.OriginServer{{URL: second, Weight: 1}},
	}})
	turn := func() {
		for _, due := range book.due(time.Now().Add(time.Hour)) {
			book.checkOne(t.Context(), due)
			due.server.checked.Store(0)
		}
	}
	turn()
	if states := book.States()["SITE1"]; states[0].Away || states[1].Away {
		t.Errorf("got %+v, want both well", states)
	}
	sick.Store(true)
	for range missesAllowed {
		turn()
	}
	if states := book.States()["SITE1"]; !states[0].Away || !strings.Contains(states[0].Why, "503") || states[1].Away {
		t.Errorf("got %+v, want the first away because of 503", states)
	}
	for range 50 {
		if i, _ := pool.choose(0, true); i != 1 {
			t.Fatalf("server %d was chosen, want the well one", i)
		}
	}
	pool.servers[1].sick.Store(true) // nobody is well by the checks: better a sick one than none
	if i, _ := pool.choose(0, true); i < 0 {
		t.Error("nobody was chosen")
	}
	sick.Store(false)
	turn()
	if book.States()["SITE1"][0].Away {
		t.Error("the first is not well again")
	}
}

func TestRound_takesOverWhatIsKnownAndClosesWhatIsNot(t *testing.T) {
	var open atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(fine))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	book := testBook()
	pool := testPool(t, book, sekisho.Site{Origin: server.URL})
	_, _ = pool.try(t, sendable{method: "GET"}, waiting(true))
	again := testPool(t, book, sekisho.Site{Origin: server.URL})
	if !pool.Shares(again) {
		t.Error("an unchanged site lost its connections")
	}
	_, _ = again.try(t, sendable{method: "GET"}, waiting(true))
	if n := open.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	book.Close()
	for deadline := time.Now().Add(10 * time.Second); open.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(fmt.Sprint(open.Load(), " connections are still open"))
		}
	}
}
