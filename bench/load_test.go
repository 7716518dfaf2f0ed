package bench

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// TestMain lets the test binary play the program under test: `serve` is a proxy that stops one attack, the other two
// are the real ones.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || (os.Args[1] != "serve" && os.Args[1] != "bench") {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := playProgram(ctx, os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

func playProgram(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("program", flag.ContinueOnError)
	addr, origin, withTLS := flags.String("addr", "", ""), flags.String("origin", "", ""), flags.Bool("tls", false, "")
	plain, secure := flags.String("http", "", ""), flags.String("https", "", "")
	_, _ = flags.String("portal", "", ""), flags.String("data-dir", "", "")
	site, mode := flags.String("site", "", ""), flags.String("mode", "", "")
	if args[0] == "bench" {
		if err := flags.Parse(args[2:]); err != nil {
			return err
		}
		if args[1] == "origin" {
			return ServeOrigin(ctx, *addr)
		}
		return ServeBare(ctx, BareConfig{Addr: *addr, Origin: *origin, TLS: *withTLS})
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	host, originURL, _ := strings.Cut(*site, "=")
	if host != siteHost {
		return fmt.Errorf("site %q", *site)
	}
	go func() { _ = ServeBare(ctx, BareConfig{Addr: *secure, Origin: "http://" + *plain, TLS: true}) }()
	target, err := url.Parse(originURL)
	if err != nil {
		return err
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	return serve(ctx, *plain, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *mode == "block" && strings.Contains(r.URL.RawQuery, "UNION") {
			http.Error(w, "blocked", http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	}), nil)
}

func small() LoadConfig {
	cfg := DefaultLoad()
	cfg.Duration, cfg.Rounds, cfg.Connections, cfg.Peers = 200*time.Millisecond, 2, 4, false
	return cfg
}

func TestLoad_measuresTheProgramsSideBySide(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %t", secure), func(t *testing.T) {
			cfg := small()
			cfg.TLS, cfg.Peers, cfg.Attacks = secure, true, 5
			report, err := Load(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if report.Comparison == nil || report.WAFOffRPS <= 0 || report.WAFOnRPS <= 0 || report.BareRPS <= 0 || report.StartToFirstRequestS <= 0 {
				t.Fatalf("got %+v, want every rate", report.Comparison)
			}
			if report.FailedRequests != 0 {
				t.Errorf("got %d failed requests, want 0: %+v", report.FailedRequests, report.Requests)
			}
			for _, name := range []string{"off", "on", "off_at_on_rate"} {
				if l := report.Latency[name]; l.Samples == 0 || l.P50MS <= 0 || l.P99MS < l.P50MS {
					t.Errorf("latency of %s: got %+v", name, l)
				}
			}
			if with := report.WithAttacks; with == nil || with.WAFOnRPS <= 0 || with.WAFOffRPS <= 0 || with.Stopped <= 0 || with.Stopped >= 1 {
				t.Errorf("with attacks: got %+v, want rates, and some of the attacks stopped by a proxy that knows one word", with)
			}
			for _, name := range []string{peerNginx, peerModSecurity} {
				told := slices.ContainsFunc(report.Notes, func(note string) bool { return strings.Contains(note, "peer "+name+" ") })
				if peer := report.Peers[name]; (peer == nil) != told || peer != nil && peer.RPS <= 0 {
					t.Errorf("peer %s: got %+v and notes %q, want a rate or the reason why there is none", name, peer, report.Notes)
				}
			}
			encoded, err := json.Marshal(report)
			if err != nil {
				t.Fatal(err)
			}
			var keys map[string]any
			if err := json.Unmarshal(encoded, &keys); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{
				"waf_off_rps", "waf_on_rps", "ratio", "bare_rps", "off_vs_bare", "peers", "vs_nginx_modsecurity", "with_attacks", "latency", "p99_added_ms", "start_to_first_request_s",
				"rss_mb", "rounds", "spread", "commit", "go", "cpu", "command", "requests", "failed_requests", "bottleneck",
			} {
				if _, ok := keys[key]; !ok {
					t.Errorf("the JSON lacks %q: %s", key, encoded)
				}
			}
			var table strings.Builder
			if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "WAF on (block)") {
				t.Errorf("got table %q, %v", table.String(), err)
			}
		})
	}
}

func TestLoad_ofAURLCountsNoFailureAsSuccess(t *testing.T) {
	var turn atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch turn.Add(1) % 10 {
		case 0:
			w.WriteHeader(http.StatusForbidden)
		case 1:
			panic(http.ErrAbortHandler) // the connection ends without an answer
		default:
			newOrigin().ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	cfg := small()
	cfg.URL = server.URL
	report, err := Load(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	closed := report.Requests["url_closed"]
	if closed.Succeeded == 0 || closed.Errors == 0 || closed.Non2xx["403"] == 0 || closed.FirstError == "" {
		t.Errorf("got %+v, want successes, errors and 403s apart", closed)
	}
	if report.FailedRequests == 0 || len(report.Notes) == 0 || !strings.Contains(report.Notes[0], "failed") {
		t.Errorf("got %d failed and notes %q, want the run to say that requests failed", report.FailedRequests, report.Notes)
	}
	if got, most := report.URLRPS, float64(turn.Load())/0.2; got <= 0 || got > most {
		t.Errorf("got %.0f requests/s, want more than 0 and at most %.0f", got, most)
	}
	if report.Comparison != nil {
		t.Errorf("got a comparison %+v, want none for a single URL", report.Comparison)
	}
}

func TestLoad_saysWhyAProgramDoesNotStart(t *testing.T) {
	cfg := small()
	cfg.Binary = "/bin/false"
	if _, err := Load(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "origin ended before it answered") {
		t.Errorf("got %v, want the program that ended named", err)
	}
}

func TestLoad_refusesWhatIsNotLoopback(t *testing.T) {
	for _, raw := range []string{
		"http://example.com", "http://192.0.2.1:80", "http://0.0.0.0:8080", "http://[2001:db8::1]:80", "http://[::]:80",
		"http://127.0.0.1.example.com", "http://localhost.example.com", "http://[::ffff:192.0.2.1]:80", "ftp://127.0.0.1",
		"127.0.0.1:8080", "http://user@127.0.0.1", "http://127.0.0.1/path", "http://127.0.0.1/?q=1", "http://", "http://2130706433",
	} {
		cfg := small()
		cfg.URL = raw
		if _, err := Load(t.Context(), cfg); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("URL %q: got %v, want KindInvalid", raw, err)
		}
	}
}

func TestParseTarget_takesLoopbackWithoutAsking(t *testing.T) {
	tests := []struct{ raw, host, address, wantHost string }{
		{"http://127.0.0.1:8080", "", "127.0.0.1:8080", "127.0.0.1:8080"},
		{"http://127.8.9.10:80/", "www.example.co.jp", "127.8.9.10:80", "www.example.co.jp"},
		{"https://bench.localhost", "", "127.0.0.1:443", "bench.localhost"},
		{"http://LOCALHOST.:81", "", "127.0.0.1:81", "LOCALHOST.:81"},
		{"http://[::1]:80", "", "[::1]:80", "[::1]:80"},
	}
	for _, test := range tests {
		got, err := parseTarget(test.raw, test.host)
		if err != nil || got.address != test.address || got.host != test.wantHost {
			t.Errorf("parseTarget(%q): got %+v, %v, want %s, %s", test.raw, got, err, test.address, test.wantHost)
		}
	}
}

func TestLoadConfig_namesTheSettingThatCannotWork(t *testing.T) {
	tests := []struct {
		name   string
		change func(*LoadConfig)
		want   string
	}{
		{"no rounds", func(c *LoadConfig) { c.Rounds = 0 }, "rounds 0"},
		{"too short", func(c *LoadConfig) { c.Duration = time.Millisecond }, "duration 1ms"},
		{"endless", func(c *LoadConfig) { c.Duration = time.Hour }, "duration 1h"},
		{"too many connections", func(c *LoadConfig) { c.Connections = 1 << 20 }, "connections 1048576"},
		{"only attacks", func(c *LoadConfig) { c.Attacks = 90 }, "attacks 90"},
		{"attacks that nobody stops", func(c *LoadConfig) { c.Attacks, c.Mode = 5, sekisho.ModeDetect }, "attacks"},
		{"off against off", func(c *LoadConfig) { c.Mode = sekisho.ModeOff }, "mode off"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := DefaultLoad()
			test.change(&cfg)
			err := cfg.Validate()
			if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(sekisho.MessageOf(err), test.want) {
				t.Errorf("got %v, want KindInvalid with %q", err, test.want)
			}
		})
	}
}

func TestServeOrigin_refusesOtherMachines(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // should one be accepted, it ends at once
	for _, addr := range []string{"0.0.0.0:0", ":8080", "192.0.2.1:80", "example.com:80"} {
		if err := ServeOrigin(ctx, addr); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("ServeOrigin(%q): got %v, want KindInvalid", addr, err)
		}
	}
}
