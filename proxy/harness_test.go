package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
)

// The engine of these tests knows a handful of words, so that a test can say in its own request what should be found.
const (
	attackWord = "evil"       // anywhere in the request
	leakWord   = "SQL syntax" // in the body of an answer
)

// wordEngines counts what it hands out and gets back.
type wordEngines struct {
	mu       sync.Mutex
	acquired map[engineKey]int
	live     int
	released int
	refuse   func(sekisho.Policy) error // nil: every policy compiles
}

func (e *wordEngines) Acquire(policy sekisho.Policy, mode sekisho.Mode) (Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		if err := e.refuse(policy); err != nil {
			return nil, err
		}
	}
	if e.acquired == nil {
		e.acquired = map[engineKey]int{}
	}
	e.acquired[engineKey{policy, mode}]++
	e.live++
	return &wordEngine{engines: e, word: policy.CustomRules}, nil
}

func (e *wordEngines) counts() (live, released int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.live, e.released
}

type wordEngine struct {
	engines *wordEngines
	word    string // from the policy: one more attack word
	over    atomic.Bool
}

func (e *wordEngine) Begin(x *sekisho.Exchange) Inspection {
	if e.over.Load() {
		panic("an engine was used after its release")
	}
	return &wordInspection{x: x, engine: e}
}

func (e *wordEngine) Release() {
	if e.over.Swap(true) {
		panic("an engine was released twice")
	}
	e.engines.mu.Lock()
	defer e.engines.mu.Unlock()
	e.engines.live--
	e.engines.released++
}

type wordInspection struct {
	x      *sekisho.Exchange
	engine *wordEngine
}

func (i *wordInspection) Request(context.Context) (sekisho.Verdict, error) {
	if i.engine.over.Load() {
		panic("an engine was released under a request")
	}
	text := i.x.Target + "\n" + string(i.x.Body)
	for _, field := range i.x.Header {
		text += "\n" + field.Name + ": " + field.Value
	}
	switch {
	case strings.Contains(text, "engine=error"):
		return sekisho.Verdict{}, errors.New("the engine is out of order")
	case strings.Contains(text, "engine=panic"):
		panic("the engine fell over")
	case strings.Contains(text, attackWord), i.engine.word != "" && strings.Contains(text, i.engine.word):
		return sekisho.Verdict{
			Attack: true, Score: 5, Class: sekisho.ClassWAFAttack, Family: "test",
			Matches: []sekisho.Match{{RuleID: 900001, Message: "a word was said", Score: 5}},
		}, nil
	}
	return sekisho.Verdict{}, nil
}

func (i *wordInspection) Response(context.Context) (sekisho.Verdict, error) {
	if i.engine.over.Load() {
		panic("an engine was released under a response")
	}
	for _, field := range i.x.ResponseHeader {
		switch field.Name + ": " + field.Value {
		case "X-Engine: error":
			return sekisho.Verdict{}, errors.New("the engine is out of order")
		case "X-Engine: panic":
			panic("the engine fell over")
		}
	}
	if bytes.Contains(i.x.ResponseBody, []byte(leakWord)) {
		return sekisho.Verdict{
			Attack: true, Leak: true, Score: 4, Class: sekisho.ClassWAFAttack, Family: "leak",
			Matches: []sekisho.Match{{RuleID: 951001, Message: "a database error", Score: 4}},
		}, nil
	}
	return sekisho.Verdict{}, nil
}

func (i *wordInspection) Close() {}

// memoryRecorder keeps events, and fails on demand.
type memoryRecorder struct {
	mu     sync.Mutex
	events []sekisho.Event
	fail   error
	before func(sekisho.Event) // called inside Append
}

func (r *memoryRecorder) Append(event sekisho.Event) error {
	if r.before != nil {
		r.before(event)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.events = append(r.events, event)
	return nil
}

func (r *memoryRecorder) all() []sekisho.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sekisho.Event(nil), r.events...)
}

type memoryTraffic struct {
	mu   sync.Mutex
	sums map[sekisho.SiteID]sekisho.Traffic
	fail error
}

func (m *memoryTraffic) AddTraffic(_ context.Context, _ sekisho.TenantID, counts []sekisho.Traffic) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.sums == nil {
		m.sums = map[sekisho.SiteID]sekisho.Traffic{}
	}
	for _, count := range counts {
		sum := m.sums[count.Site]
		sum.Requests += count.Requests
		sum.Blocked += count.Blocked
		sum.Detected += count.Detected
		sum.Failed += count.Failed
		m.sums[count.Site] = sum
	}
	return nil
}

func (m *memoryTraffic) of(site sekisho.SiteID) sekisho.Traffic {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sums[site]
}

// syncBuffer is a buffer that two goroutines may use.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// checkpoint is a running data plane in front of one origin, on real sockets.
type checkpoint struct {
	*Server
	t         testing.TB
	engines   *wordEngines
	recorder  *memoryRecorder
	traffic   *memoryTraffic
	accessLog *syncBuffer
	authority *certs.Authority
	roots     *x509.CertPool
	stop      func() // ends Run and waits for it
}

const testHost = "shop.example"

func testSite(origin string, mode sekisho.Mode) sekisho.Site {
	policy := sekisho.DefaultPolicy()
	return sekisho.Site{ID: "SITE1", Tenant: "yamada", Host: testHost, Origin: origin, Mode: mode, Policy: policy}
}

func start(t testing.TB, sites ...sekisho.Site) *checkpoint { return startWith(t, nil, sites...) }

func startWith(t testing.TB, change func(*Config), sites ...sekisho.Site) *checkpoint {
	t.Helper()
	logLevel := slog.LevelError + 1
	if os.Getenv("SEKISHO_TEST_LOG") != "" {
		logLevel = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel}))
	authority, err := certs.Open(t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	if err := authority.SetSites(sites); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(authority.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	c := &checkpoint{
		t: t, engines: &wordEngines{}, recorder: &memoryRecorder{}, traffic: &memoryTraffic{}, accessLog: &syncBuffer{},
		authority: authority, roots: x509.NewCertPool(),
	}
	c.roots.AppendCertsFromPEM(ca)
	config := DefaultConfig()
	config.HTTP, config.HTTPS = "127.0.0.1:0", "127.0.0.1:0"
	config.AccessLog = c.accessLog
	config.OriginNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if change != nil {
		change(&config)
	}
	c.Server, err = New(config, Deps{Engines: c.engines, Recorder: c.recorder, Traffic: c.traffic, Certificates: authority}, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(sites, nil, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run() = %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(c.stop)
	return c
}

// client returns a client that reaches the checkpoint whatever host a URL names, over the wanted protocol.
func (c *checkpoint) client(protocol string) *http.Client {
	transport := &http.Transport{DisableCompression: true}
	dial := func(addr net.Addr) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, addr.String())
		}
	}
	transport.DialContext = dial(c.HTTPAddr())
	if protocol != "http" {
		transport.DialContext = dial(c.HTTPSAddr())
		transport.TLSClientConfig = &tls.Config{RootCAs: c.roots}
		transport.ForceAttemptHTTP2 = protocol == "h2"
	}
	c.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// base returns the URL prefix that fits a client of the protocol.
func base(protocol string) string {
	if protocol == "http" {
		return "http://" + testHost
	}
	return "https://" + testHost
}

var protocols = []string{"http", "h1", "h2"} // plain, HTTP/1.1 over TLS, HTTP/2

type answered struct {
	status int
	header http.Header
	body   string
	proto  string
}

func (c *checkpoint) get(protocol, path string, header ...string) answered {
	c.t.Helper()
	return c.do(protocol, http.MethodGet, path, nil, header...)
}

func (c *checkpoint) do(protocol, method, path string, body io.Reader, header ...string) answered {
	c.t.Helper()
	request, err := http.NewRequest(method, base(protocol)+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	response, err := c.client(protocol).Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, string(content), response.Proto}
}

// event waits for the only event and returns it.
func (c *checkpoint) event() sekisho.Event {
	c.t.Helper()
	events := c.recorder.all()
	if len(events) != 1 {
		c.t.Fatalf("%d events, want 1: %+v", len(events), events)
	}
	return events[0]
}

func (c *checkpoint) noEvent() {
	c.t.Helper()
	if events := c.recorder.all(); len(events) != 0 {
		c.t.Fatalf("events %+v, want none", events)
	}
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatal("never came: " + what)
		}
		time.Sleep(time.Millisecond)
	}
}

func origin(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}
