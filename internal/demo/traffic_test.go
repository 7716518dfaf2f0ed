package demo

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// gate stands where the proxy stands: it answers 403 to whatever carries a known attack's text, and notes visitors.
type gate struct {
	site http.Handler

	mu      sync.Mutex
	paths   map[string]int
	sources map[string]bool
	hosts   map[string]bool
	seen    chan struct{} // one for each request
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.paths[r.URL.Path]++
	g.sources[r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')]] = true
	g.hosts[r.Host] = true
	g.mu.Unlock()
	select {
	case g.seen <- struct{}{}:
	default:
	}
	if strings.Contains(r.URL.RawQuery, "UNION") {
		http.Error(w, "blocked", http.StatusForbidden)
		return
	}
	g.site.ServeHTTP(w, r)
}

func startTraffic(t *testing.T, change func(*TrafficConfig)) (*gate, *Traffic, func()) {
	t.Helper()
	g := &gate{
		site:  NewOrigin(slog.New(slog.DiscardHandler)),
		paths: map[string]int{}, sources: map[string]bool{}, hosts: map[string]bool{}, seen: make(chan struct{}, 1000),
	}
	server := httptest.NewUnstartedServer(g)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	cfg := DefaultTraffic()
	cfg.Address, cfg.Host, cfg.RootCAs = server.Listener.Addr().String(), "example.com", roots
	cfg.VisitRate, cfg.AttackRate = maxRate, maxRate
	change(&cfg)
	traffic, err := NewTraffic(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- traffic.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: got %v, want nil", err)
			}
		})
	}
	t.Cleanup(stop)
	return g, traffic, stop
}

func TestTraffic_visitsAndAttacks(t *testing.T) {
	g, traffic, stop := startTraffic(t, func(c *TrafficConfig) { c.Spread = runtime.GOOS == "linux" })
	for range 120 {
		<-g.seen
	}
	stop()
	counts := traffic.Counts()
	if counts.Visits == 0 || counts.Attacks == 0 || counts.Stopped == 0 || counts.Stopped >= counts.Attacks {
		t.Errorf("got %+v, want visits, and attacks of which some were stopped", counts)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.hosts) != 1 || !g.hosts["example.com"] {
		t.Errorf("got hosts %v, want example.com alone", g.hosts)
	}
	if g.paths["/events"] == 0 {
		t.Errorf("got paths %v, want the news among them", g.paths)
	}
	if runtime.GOOS == "linux" && len(g.sources) < 3 {
		t.Errorf("got sources %v, want visitors and attackers apart", g.sources)
	}
}

func TestTraffic_canBeSwitchedOffAndOnWhileItRuns(t *testing.T) {
	g, traffic, _ := startTraffic(t, func(*TrafficConfig) {})
	<-g.seen
	traffic.SetEnabled(false)
	traffic.SetEnabled(false)
	if traffic.Enabled() {
		t.Error("got enabled, want paused")
	}
	before := g.total() // three loops may each finish one more request; what comes behind those proves the resumption
	traffic.SetEnabled(true)
	for g.total() <= before+3 {
		<-g.seen
	}
	if !traffic.Enabled() {
		t.Error("got paused, want enabled")
	}
}

func (g *gate) total() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, count := range g.paths {
		n += count
	}
	return n
}

func TestTraffic_sendsNothingWhilePaused(t *testing.T) {
	g := &gate{site: http.NotFoundHandler(), paths: map[string]int{}, sources: map[string]bool{}, hosts: map[string]bool{}}
	server := httptest.NewTLSServer(g)
	defer server.Close()
	cfg := DefaultTraffic()
	cfg.Address, cfg.Host, cfg.VisitRate, cfg.AttackRate = server.Listener.Addr().String(), "example.com", maxRate, maxRate
	traffic, err := NewTraffic(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	traffic.SetEnabled(false)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- traffic.Run(ctx) }()
	for range 1000 {
		runtime.Gosched()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if got := traffic.Counts(); got != (Counts{}) || g.total() != 0 {
		t.Errorf("got %+v, want nothing sent", got)
	}
}

func TestNewTraffic_refusesWhatIsNotLoopback(t *testing.T) {
	tests := []struct {
		name, address, host string
		rate                float64
	}{
		{"another machine", "192.0.2.1:443", "www.example.co.jp", 1},
		{"a name", "www.example.co.jp:443", "www.example.co.jp", 1},
		{"all addresses", "0.0.0.0:443", "www.example.co.jp", 1},
		{"mapped other machine", "[::ffff:192.0.2.1]:443", "www.example.co.jp", 1},
		{"no port", "127.0.0.1", "www.example.co.jp", 1},
		{"bad host", "127.0.0.1:443", "not a host", 1},
		{"a flood", "127.0.0.1:443", "www.example.co.jp", 5000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := DefaultTraffic()
			cfg.Address, cfg.Host, cfg.VisitRate = test.address, test.host, test.rate
			if _, err := NewTraffic(cfg, slog.New(slog.DiscardHandler)); sekisho.KindOf(err) != sekisho.KindInvalid {
				t.Errorf("got %v, want KindInvalid", err)
			}
		})
	}
}

func TestClient_connectsToTheCheckedAddressOnly(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://192.0.2.1/elsewhere")
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	cfg := DefaultTraffic()
	cfg.Address, cfg.Host = server.Listener.Addr().String(), "example.com"
	cfg.RootCAs = x509.NewCertPool()
	cfg.RootCAs.AddCert(server.Certificate())
	traffic, err := NewTraffic(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if status, err := traffic.visitors[0].send(t.Context(), get("/")); err != nil || status != http.StatusFound {
		t.Errorf("got %d, %v, want the redirect itself, not followed", status, err)
	}
}

func TestTables_buildRequestsThatArriveAsWritten(t *testing.T) {
	c := &client{base: "https://example.com", agent: "test"}
	families := map[string]int{}
	for _, a := range attacks {
		families[a.family]++
		built, err := c.build(t.Context(), a.request)
		if err != nil {
			t.Errorf("%s, %s: %v", a.family, a.name, err)
			continue
		}
		if got := built.URL.RequestURI(); got != a.request.target {
			t.Errorf("%s, %s: got target %q, want %q", a.family, a.name, got, a.request.target)
		}
	}
	if len(families) < 8 {
		t.Errorf("got families %v, want at least 8", families)
	}
	for i, walk := range walks {
		for _, step := range walk {
			built, err := c.build(t.Context(), step)
			if err != nil {
				t.Fatalf("walk %d, %s: %v", i, step.target, err)
			}
			body, err := io.ReadAll(built.Body)
			if err != nil {
				t.Fatal(err)
			}
			if step.contentType == typeForm {
				if _, err := url.ParseQuery(string(body)); err != nil {
					t.Errorf("walk %d, %s: %v", i, step.target, err)
				}
			}
		}
	}
}

func TestWalks_areAllAnsweredByTheSite(t *testing.T) {
	server := httptest.NewTLSServer(NewOrigin(slog.New(slog.DiscardHandler)))
	defer server.Close()
	cfg := DefaultTraffic()
	cfg.Address, cfg.Host = server.Listener.Addr().String(), "example.com"
	cfg.RootCAs = x509.NewCertPool()
	cfg.RootCAs.AddCert(server.Certificate())
	traffic, err := NewTraffic(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for i, walk := range walks {
		for _, step := range walk {
			if status, err := traffic.visitors[0].send(t.Context(), step); err != nil || status != http.StatusOK {
				t.Errorf("walk %d, %s %s: got %d, %v, want 200", i, step.method, step.target, status, err)
			}
		}
	}
}
