package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/names"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

const secret = "0123456789abcdef0123456789abcdef"

// town is a certificate authority, a DNS server, and the ports at which the authority looks for proofs.
type town struct {
	t      *testing.T
	dns    *testenv.Names
	pebble *testenv.Pebble
	dir    string
	http   net.Listener // nil: nobody is there
	tls    net.Listener

	mu    sync.Mutex // guards what follows
	house *house     // who answers at the ports
}

func newTown(t *testing.T, cfg testenv.PebbleConfig) *town {
	t.Helper()
	b := &town{t: t, dns: testenv.StartNames(t), dir: t.TempDir()}
	listen := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		return listener
	}
	b.http, b.tls = listen(), listen()
	cfg.DNS, cfg.HTTPPort, cfg.TLSPort = b.dns.Addr, b.http.Addr().(*net.TCPAddr).Port, b.tls.Addr().(*net.TCPAddr).Port
	b.pebble = testenv.StartPebble(t, cfg)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.URL.Path, "/.well-known/acme-challenge/")
		if answer, ok := b.who().keeper.HTTPChallenge(token); ok {
			_, _ = w.Write([]byte(answer))
			return
		}
		http.NotFound(w, r)
	})}
	go func() { _ = server.Serve(b.http) }()
	go func() {
		for {
			conn, err := b.tls.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
					return b.who().authority.GetCertificate(hello)
				}, NextProtos: []string{acme.ALPNProto}}
				_ = tls.Server(conn, config).Handshake()
			}()
		}
	}()
	return b
}

func (b *town) who() *house { b.mu.Lock(); defer b.mu.Unlock(); return b.house }

// house is one process of ours.
type house struct {
	t         *testing.T
	town      *town
	authority *Authority
	keeper    *Keeper
	events    memory
	log       lockedBuffer
	stop      func()

	mu    sync.Mutex // guards ahead
	ahead time.Duration
}

func (h *house) now() time.Time          { h.mu.Lock(); defer h.mu.Unlock(); return time.Now().Add(h.ahead) }
func (h *house) advance(d time.Duration) { h.mu.Lock(); h.ahead += d; h.mu.Unlock() }

// memory keeps events.
type memory struct {
	mu   sync.Mutex // guards list
	list []sekisho.Event
}

func (m *memory) Append(e sekisho.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, e)
	return nil
}

func (m *memory) all() []sekisho.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]sekisho.Event(nil), m.list...)
}

type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// world asks the town's DNS, and sees what the town's port 80 shows.
type world struct {
	*names.World
	shows func(url, text string) bool
}

func (w world) Shows(_ context.Context, url, text string) bool {
	return w.shows != nil && w.shows(url, text)
}

// open makes a process on the town's state; it works once run is called.
func (b *town) open(hot state.State, change func(*Config, *world)) *house {
	b.t.Helper()
	h := &house{t: b.t, town: b}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	var err error
	if h.authority, err = open(b.t.TempDir(), log, h.now); err != nil {
		b.t.Fatal(err)
	}
	resolver, err := names.NewResolver(b.dns.Addr)
	if err != nil {
		b.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(b.pebble.CAFile)
	if err != nil {
		b.t.Fatal(err)
	}
	roots.AppendCertsFromPEM(pem)
	cfg := Config{Directory: b.pebble.Directory, Email: "op@example.com", Roots: roots, Edges: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Zone: "edge.example"}
	w := world{World: names.NewWorld(resolver)}
	if change != nil {
		change(&cfg, &w)
	}
	vault, err := NewVault(hot, secret)
	if err != nil {
		b.t.Fatal(err)
	}
	h.keeper = NewKeeper(cfg, Parts{Authority: h.authority, Vault: vault, Locks: hot, Bus: hot, World: w, Recorder: &h.events}, log)
	if err := h.keeper.Load(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	b.house = h
	b.mu.Unlock()
	return h
}

func (h *house) serve(hosts ...string) {
	h.t.Helper()
	sites := make([]sekisho.Site, len(hosts))
	for i, host := range hosts {
		sites[i] = sekisho.Site{ID: sekisho.SiteID("S" + strings.ReplaceAll(host, ".", "")), Tenant: "yamada", Host: host}
	}
	if err := h.authority.SetSites(sites); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.keeper.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(h.stop)
}

func localState(t *testing.T) state.State {
	t.Helper()
	hot, err := state.OpenLocal(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hot.Close() })
	return hot
}

// eventually waits for what another goroutine brings about.
func (h *house) eventually(what string, condition func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(45 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("never came: %s\n%s", what, h.log.String())
		}
	}
}

// issued waits until a host is shown a certificate of the town's authority.
func (h *house) issued(host string) *x509.Certificate {
	h.t.Helper()
	var leaf *x509.Certificate
	h.eventually("a certificate for "+host, func() bool {
		cert, err := h.authority.GetCertificate(&tls.ClientHelloInfo{ServerName: host})
		if err != nil {
			return false
		}
		leaf = cert.Leaf
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AppendCertsFromPEM(h.town.pebble.Roots())
		for _, der := range cert.Certificate[1:] {
			if c, err := x509.ParseCertificate(der); err == nil {
				between.AddCert(c)
			}
		}
		_, err = leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between, CurrentTime: time.Now()})
		return err == nil
	})
	return leaf
}

func (h *house) problem(host, want string) Status {
	h.t.Helper()
	var status Status
	h.eventually(fmt.Sprintf("a word about %s with %q", host, want), func() bool {
		status = h.keeper.Status(host)
		return strings.Contains(status.Problem.EN, want)
	})
	if status.Problem.JA == "" || !status.Trouble || !status.Next.After(h.now()) {
		h.t.Errorf("got %+v, want words in Japanese too, and a rest", status)
	}
	return status
}

func TestKeeper_issuesAfterTheSwitchInSpiteOfRefusedNoncesAndDelays(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{RejectNonce: 40, MaxSleep: 2})
	hot := localState(t)
	h := b.open(hot, nil)
	hosts := []string{"a.example", "b.example", "c.example"}
	for _, host := range hosts {
		b.dns.Address(host, "127.0.0.1")
	}
	h.serve(hosts...)
	if _, err := h.authority.GetCertificate(&tls.ClientHelloInfo{ServerName: "a.example"}); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Errorf("a handshake before the order: got %v, want unavailable, at once", err)
	}
	h.run()
	first := h.issued("a.example")
	h.issued("b.example")
	h.issued("c.example")
	if status := h.keeper.Status("a.example"); status.Issuer != IssuerACME || status.Trouble || !strings.Contains(status.Text.EN, "renewed by itself") {
		t.Errorf("got %+v", status)
	}
	h.stop()
	b.pebble.Stop()

	again := b.open(hot, nil) // a restart, with the authority away
	again.serve(hosts...)
	if cert, err := again.authority.GetCertificate(&tls.ClientHelloInfo{ServerName: "A.example."}); err != nil || !cert.Leaf.Equal(first) {
		t.Errorf("after a restart: got %v, want the certificate of before", err)
	}
	files, err := filepath.Glob(filepath.Join(t.TempDir(), "..", "*", "state", "certificates", "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("got files %v (%v), want three", files, err)
	}
	for _, file := range files {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte("PRIVATE KEY")) {
			t.Errorf("%s: %v, or a key in the clear", file, err)
		}
	}
}

func TestKeeper_triesTheOtherMethodAfterAFailure(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	_ = b.http.Close() // nothing but TLS gets through
	h := b.open(localState(t), nil)
	b.dns.Address("a.example", "127.0.0.1")
	h.serve("a.example")
	h.run()
	h.problem("a.example", "could not connect")
	h.keeper.Retry(t.Context(), "a.example")
	h.issued("a.example")
}

func TestKeeper_issuesThroughTheOriginsRedirect(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	asked := ""
	h := b.open(localState(t), func(cfg *Config, w *world) {
		cfg.Edges = []netip.Addr{netip.MustParseAddr("198.41.0.9")} // the name leads to the origin still
		w.shows = func(url, text string) bool {
			asked = url
			token := url[strings.LastIndexByte(url, '/')+1:]
			answer, ok := b.who().keeper.HTTPChallenge(token)
			return ok && answer == text
		}
	})
	b.dns.Address("a.example", "127.0.0.1")
	h.serve("a.example")
	h.run()
	h.issued("a.example")
	if !strings.HasPrefix(asked, "http://a.example/.well-known/acme-challenge/") {
		t.Errorf("tried out %q", asked)
	}
}

func TestKeeper_saysWhatIsWrongAndRests(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	hot := localState(t)
	h := b.open(hot, nil)
	b.dns.Address("caa.example", "127.0.0.1")
	b.dns.CAA("example", "other-ca.example")
	b.dns.Address("elsewhere.test", "198.41.0.4")
	b.dns.Address("blocked.test", "127.0.0.1")
	b.dns.Fail("broken.test")
	h.serve("caa.example", "elsewhere.test", "blocked.test", "broken.test", "nowhere.test")
	h.run()
	h.problem("caa.example", `CAA 0 issue "pebble.test"`)
	h.problem("elsewhere.test", "_acme-challenge.elsewhere.test CNAME selsewheretest.acme.edge.example")
	h.problem("blocked.test", "does not issue for blocked.test")
	h.problem("broken.test", "DNS does not answer")
	rest := h.problem("nowhere.test", "no address")
	if until := rest.Next.Sub(h.now()); until < 14*time.Minute || until > 17*time.Minute {
		t.Errorf("rests for %s, want a quarter of an hour and a little", until)
	}
	h.stop()

	again := b.open(hot, nil) // a restart does not begin anew
	again.serve("caa.example")
	b.dns.NoCAA("example")
	again.run()
	again.eventually("the rest to be remembered", func() bool { return again.keeper.Status("caa.example").Problem.EN != "" })
	again.keeper.Retry(t.Context(), "caa.example") // it has been put right
	again.issued("caa.example")
	if status := again.keeper.Status("caa.example"); status.Problem.EN != "" || status.Trouble {
		t.Errorf("got %+v, want no word of what is over", status)
	}
}

func TestPauseAfter_keepsBelowTheLimits(t *testing.T) {
	last := time.Duration(0)
	for failures := 1; failures <= 40; failures++ {
		got := pauseAfter(failures)
		if got < firstPause || got > lastPause*11/10 || failures < 6 && got < last {
			t.Errorf("after %d failures: %s", failures, got)
		}
		last = got
	}
}

func TestKeeper_renewsAtTwoThirdsAndShowsTheOldOneMeanwhile(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	h := b.open(localState(t), nil)
	b.dns.Address("a.example", "127.0.0.1")
	h.serve("a.example")
	h.run()
	first := h.issued("a.example")
	current := func() *x509.Certificate {
		cert, err := h.authority.GetCertificate(&tls.ClientHelloInfo{ServerName: "a.example"})
		if err != nil {
			t.Fatal(err)
		}
		return cert.Leaf
	}
	cert := &tls.Certificate{Leaf: first}
	if due("a.example", cert, first.NotBefore.Add(55*24*time.Hour)) || !due("a.example", cert, first.NotBefore.Add(61*24*time.Hour)) {
		t.Error("a certificate of 90 days is renewed before the 56th or after the 60th day")
	}
	b.pebble.Stop()
	h.advance(61 * 24 * time.Hour)
	h.keeper.Look()
	h.problem("a.example", "cannot be reached")
	if !current().Equal(first) {
		t.Error("the old certificate is gone while the new one is not there")
	}
	b.pebble.Start()
	h.keeper.account = nil // the authority that came back remembers nobody
	h.keeper.Retry(t.Context(), "a.example")
	h.eventually("the renewal", func() bool { return !current().Equal(first) })
}

func TestKeeper_neverReplacesAnUploadAndWarnsOnce(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	hot := localState(t)
	h := b.open(hot, nil)
	b.dns.Address("a.example", "127.0.0.1")
	dir := t.TempDir()
	issue(t, h.authority, dir, "a", "a.example", time.Now())
	issue(t, h.authority, dir, "old", "a.example", time.Now().AddDate(-1, 0, 0))
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	h.serve("a.example")
	for what, err := range map[string]error{
		"another host's": h.keeper.Upload(t.Context(), "b.example", read("a.crt"), read("a.key")),
		"an expired one": h.keeper.Upload(t.Context(), "a.example", read("old.crt"), read("old.key")),
		"another's key":  h.keeper.Upload(t.Context(), "a.example", read("a.crt"), read("old.key")),
		"no certificate": h.keeper.Upload(t.Context(), "a.example", []byte("x"), nil),
	} {
		if sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%s: got %v, want invalid", what, err)
		}
	}
	if err := h.keeper.Upload(t.Context(), "a.example", read("a.crt"), read("a.key")); err != nil {
		t.Fatal(err)
	}
	h.advance(80 * 24 * time.Hour) // ten days are left
	h.run()
	h.eventually("the warning", func() bool { return len(h.events.all()) > 0 })
	h.stop()
	event := h.events.all()[0]
	if event.Class != sekisho.ClassSensorFault || event.Site != "a.example" || event.Tenant != "yamada" || event.Reason != ReasonExpiring || event.Count != 1 {
		t.Errorf("got event %+v", event)
	}
	again := b.open(hot, nil)
	again.advance(81 * 24 * time.Hour)
	again.serve("a.example")
	again.run()
	b.dns.Address("b.example", "127.0.0.1")
	again.serve("a.example", "b.example")
	again.issued("b.example") // a whole round has passed
	again.stop()
	for _, event := range again.events.all() {
		if event.Site == "a.example" {
			t.Errorf("got another warning, want each certificate told of once")
		}
	}
	if n := strings.Count(again.log.String(), `msg="certificate issued"`); n != 1 {
		t.Errorf("got %d orders with a clock that is far off, want 1", n)
	}
	if status := again.keeper.Status("a.example"); status.Issuer != IssuerUpload || !status.Trouble {
		t.Errorf("got %+v, want the upload, and trouble", status)
	}
}

func TestKeeper_oneProcessOrdersAndTheOtherShows(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	url := testenv.Redis(t)
	var houses []*house
	for range 2 {
		hot, err := state.OpenRedis(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hot.Close() })
		houses = append(houses, b.open(hot, nil)) // the authority asks the second one, whoever orders
	}
	hosts := []string{"a.example", "b.example", "c.example", "d.example"}
	for _, host := range hosts {
		b.dns.Address(host, "127.0.0.1")
	}
	for _, h := range houses {
		h.keeper.cfg.Settle = 300 * time.Millisecond
		h.serve(hosts...)
		h.run()
	}
	for _, h := range houses {
		for _, host := range hosts {
			h.issued(host)
		}
	}
	orders := strings.Count(houses[0].log.String()+houses[1].log.String(), `msg="certificate issued"`)
	if orders != len(hosts) {
		t.Errorf("got %d orders for %d names", orders, len(hosts))
	}
}

// Strangers that ask for names that are nobody's cost no order, whatever they speak.
func TestKeeper_ordersNothingForStrangersNames(t *testing.T) {
	b := newTown(t, testenv.PebbleConfig{})
	hot := localState(t)
	h := b.open(hot, nil)
	b.dns.Address("a.example", "127.0.0.1")
	h.serve("a.example")
	h.run()
	h.issued("a.example")
	began := time.Now()
	const strangers = 5000
	for i := range strangers {
		host := fmt.Sprintf("x%d.example", i)
		for _, protocols := range [][]string{{"h2", "http/1.1"}, {acme.ALPNProto}} {
			if _, err := h.authority.GetCertificate(&tls.ClientHelloInfo{ServerName: host, SupportedProtos: protocols}); sekisho.KindOf(err) != sekisho.KindNotFound {
				t.Fatalf("%s: got %v, want not found", host, err)
			}
		}
	}
	t.Logf("%d unknown names refused in %s", strangers, time.Since(began).Round(time.Millisecond))
	h.stop()
	if keys, err := hot.KeptKeys(t.Context(), certificateShelf); err != nil || len(keys) != 1 {
		t.Errorf("got certificates of %v (%v), want the one site's", keys, err)
	}
	if keys, err := hot.KeptKeys(t.Context(), attemptShelf); err != nil || len(keys) != 0 {
		t.Errorf("got attempts for %v (%v), want none", keys, err)
	}
	if n := strings.Count(h.log.String(), `msg="certificate issued"`); n != 1 {
		t.Errorf("got %d orders, want 1", n)
	}
}
