package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// faultyOrigin answers each connection, once a head was read, by talking as it likes.
func faultyOrigin(t *testing.T, talk func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for {
					line, err := reader.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						break
					}
				}
				talk(conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// Each way in which an origin can fail, while a visitor of another site is served: the failing site's visitors get an
// answer in time, the other site's notice nothing, and memory stays flat.
func TestOriginFaults_areOneSitesAlone(t *testing.T) {
	const answerTimeout = 300 * time.Millisecond
	silent := make(chan struct{})
	t.Cleanup(func() { close(silent) })
	faults := []struct {
		name   string
		origin string
		want   int // 0: the answer breaks off
	}{
		{"down", "http://127.0.0.1:1", http.StatusBadGateway},
		{"slow", faultyOrigin(t, func(net.Conn) { <-silent }), http.StatusGatewayTimeout},
		{"a head that never ends", faultyOrigin(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(conn, "X-More: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}), http.StatusBadGateway},
		{"a head that drips", faultyOrigin(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond) // the dripping is what is tested
			}
		}), http.StatusGatewayTimeout},
		{"endless hints", faultyOrigin(t, func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nX-Hint: "+strings.Repeat("x", 1000)+"\r\n\r\n"); err != nil {
					return
				}
			}
		}), http.StatusGatewayTimeout},
		{"garbage", faultyOrigin(t, func(conn net.Conn) { _, _ = io.Copy(conn, random(1<<20)) }), http.StatusBadGateway},
		{"gone without a word", faultyOrigin(t, func(net.Conn) {}), http.StatusBadGateway},
		{"reset in the middle of a body", faultyOrigin(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("x", 600<<10))
			_ = conn.(*net.TCPConn).SetLinger(0)
		}), 0},
		{"less than it said", faultyOrigin(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("x", 600<<10))
		}), 0},
	}
	good := origin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	sites := []sekisho.Site{testSite(good.URL, sekisho.ModeBlock)}
	for i, fault := range faults {
		site := testSite(fault.origin, sekisho.ModeBlock)
		site.ID, site.Host = sekisho.SiteID(fmt.Sprint("BAD", i)), fmt.Sprintf("bad%d.example", i)
		site.Origins.AnswerTimeout = answerTimeout
		sites = append(sites, site)
	}
	c := start(t, sites...)
	client := c.client("http")
	ask := func(host string) (status int, whole bool) {
		response, err := client.Get("http://" + host + "/")
		if err != nil {
			return 0, false
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err == nil
	}
	before := liveBytes()
	var asking sync.WaitGroup
	for i, fault := range faults {
		asking.Go(func() {
			for range 3 { // fewer than what opens the circuit: each one meets the fault itself
				status, whole := ask(fmt.Sprintf("bad%d.example", i))
				if fault.want != 0 && status != fault.want || fault.want == 0 && whole {
					t.Errorf("%s: got %d, whole %v, want %d", fault.name, status, whole, fault.want)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { asking.Wait(); close(done) }()
	for served := 0; ; served++ {
		if status, whole := ask(testHost); status != http.StatusOK || !whole {
			t.Fatalf("the site beside them got %d, whole %v", status, whole)
		}
		select {
		case <-done:
			if served == 0 {
				t.Error("nothing was asked of the site beside them")
			}
			if now := liveBytes(); now > before && now-before > 8<<20 {
				t.Errorf("%d bytes more are held", now-before)
			}
			return
		default:
		}
	}
}

func TestOriginAway_isAnsweredAtOnceWithAPageAndATime(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeBlock))
	var last answered
	for range 10 {
		last = c.get("h1", "/")
	}
	if last.status != http.StatusServiceUnavailable || last.header.Get("Retry-After") == "" || !strings.Contains(last.body, "サイトにつながりません") {
		t.Errorf("got %d, Retry-After %q, %.80q", last.status, last.header.Get("Retry-After"), last.body)
	}
	if states := c.Origins()["SITE1"]; len(states) != 1 || !states[0].Away || !strings.Contains(states[0].Why, "connection refused") {
		t.Errorf("got %+v, want it away and why", states)
	}
}

func TestOrigin_anotherServerTakesOverUnnoticed(t *testing.T) {
	down := httpDown(t)
	second := origin(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	site := testSite(down, sekisho.ModeBlock)
	site.Origins = sekisho.Origins{Weight: 100, Others: []sekisho.OriginServer{{URL: second.URL, Weight: 1}}}
	c := start(t, site)
	for i := range 20 {
		// Read ahead whole for inspection, so it can be sent again.
		if got := c.do("h1", http.MethodPost, "/", strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded"); got.status != 200 || got.body != "a=b" {
			t.Fatalf("request %d: got %d %q", i, got.status, got.body)
		}
	}
	c.noEvent()
}

func httpDown(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

func TestOrigin_getsOurSecretAndNobodyElses(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Join(r.Header[sekisho.DefaultSecretHeader], "|"))
	})
	site := testSite(server.URL, sekisho.ModeBlock)
	site.Origins.SecretFile = path
	c := start(t, site)
	for _, header := range []string{"X-Sekisho-Secret", "x-sekisho-secret", "X_Sekisho_Secret"} {
		if got := c.get("h1", "/", header, "guess").body; got != secret {
			t.Errorf("%s: the origin got %q, want ours alone", header, got)
		}
	}
	if strings.Contains(c.accessLog.String(), secret) {
		t.Error("the secret stands in the access log")
	}
	// A file that has gone bad keeps the last good settings.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply([]sekisho.Site{site}, nil, nil); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want the missing file named", err)
	}
	if got := c.get("h1", "/").body; got != secret {
		t.Errorf("after its file is gone: the origin got %q", got)
	}
}

func TestMaintenance_showsAPageToAllButTheAllowed(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the site") })
	site := testSite(server.URL, sekisho.ModeBlock)
	site.Maintenance = sekisho.Maintenance{On: true, RetryAfter: 30 * time.Minute}
	c := start(t, site)
	for _, protocol := range protocols {
		got := c.get(protocol, "/")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1800" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d, Retry-After %q", protocol, got.status, got.header.Get("Retry-After"))
		}
		for _, words := range []string{"ただいまメンテナンス中です", "Under maintenance"} {
			if !strings.Contains(got.body, words) {
				t.Errorf("%s: the page does not say %q", protocol, words)
			}
		}
	}
	c.noEvent() // one a visitor would bury everything else
	site.Limits.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.get("h1", "/"); got.body != "the site" {
		t.Errorf("the owner got %d %.60q, want the site", got.status, got.body)
	}
}
