package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// rawOrigin answers 200 and hands over the first line of every request as it stood on the wire.
func rawOrigin(t *testing.T) (url string, lines <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 16)
	var conns sync.WaitGroup
	t.Cleanup(conns.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				line, err := reader.ReadString('\n')
				for rest := line; err == nil && rest != "\r\n"; {
					rest, err = reader.ReadString('\n')
				}
				seen <- strings.TrimSpace(line)
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			})
		}
	})
	return "http://" + listener.Addr().String(), seen
}

// raw sends bytes to the plain listener and returns the whole answer.
func (c *checkpoint) raw(request string) string {
	c.t.Helper()
	conn, err := net.Dial("tcp", c.HTTPAddr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		c.t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func TestForward_keepsTheTargetByteForByte(t *testing.T) {
	url, lines := rawOrigin(t)
	targets := []string{
		"/?a=1;b=2&c=%zz&d=4", "/?", "/a?b?c=&&", "/a%2Fb/%e6%a4%9c", "/a|b", `/a"b<c>`, "/検索?q=検索", "//double//slash",
		"/a/../b/./c", "/%41%2e%2E/", "/a;x=1/b;y", "/a+b%20c", "/[x]", "/a\\b", "/?q=<script>",
	}
	for _, mode := range allModes {
		c := start(t, testSite(url, mode))
		for _, target := range targets {
			answer := c.raw("GET " + target + " HTTP/1.1\r\nHost: " + testHost + "\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(answer, "HTTP/1.1 200") {
				t.Errorf("%s %s: %.60q", mode, target, answer)
				continue
			}
			if got, want := <-lines, "GET "+target+" HTTP/1.1"; got != want {
				t.Errorf("%s: origin got %q, want %q", mode, got, want)
			}
		}
	}
}

func TestForward_inspectsTheTargetThatItSends(t *testing.T) {
	url, lines := rawOrigin(t)
	c := start(t, testSite(url, sekisho.ModeDetect))
	var inspected []string
	c.steps = append(c.steps[:len(c.steps)-1:len(c.steps)-1], func(x *exchange) bool {
		inspected = append(inspected, x.Target)
		return true
	}, c.forward)
	for _, line := range []string{"GET //a|b?c", "GET http://" + testHost + "/x%2fy?z", "OPTIONS *", "GET /a|b?c|d"} {
		c.raw(line + " HTTP/1.1\r\nHost: " + testHost + "\r\nConnection: close\r\n\r\n")
		method, _, _ := strings.Cut(line, " ")
		if got, want := <-lines, method+" "+inspected[len(inspected)-1]+" HTTP/1.1"; got != want {
			t.Errorf("%s: origin got %q, inspected %q", line, got, want)
		}
	}
}

func TestForward_letsNobodyPoseAsSomebodyElse(t *testing.T) {
	var mu sync.Mutex
	var seen http.Header
	site := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = r.Header.Clone()
	})
	for _, mode := range allModes {
		for _, protocol := range protocols {
			t.Run(mode.String()+" "+protocol, func(t *testing.T) {
				c := start(t, testSite(site.URL, mode))
				header := []string{
					"X-Forwarded-For", "203.0.113.1", "X-Forwarded-Proto", "gopher", "X-Forwarded-Host", "evil.test",
					"X-Forwarded-Port", "1", "X-Forwarded-Server", "x", "Forwarded", "for=203.0.113.1", "X-Real-IP", "203.0.113.1",
					"True-Client-IP", "203.0.113.1", "CF-Connecting-IP", "203.0.113.1", "X-Original-URL", "/admin", "X-Rewrite-Url", "/admin",
					"X_Forwarded_For", "203.0.113.1", "Content_Length", "5", "X-Request-ID", "mine", "X-Kept", "yes", "Trailer", "X-Late",
				}
				if protocol != "h2" { // no such field there (RFC 9113, 8.2.2)
					header = append(header, "Upgrade", "h2c", "Connection", "Upgrade")
				}
				answer := c.get(protocol, "/", header...)
				mu.Lock()
				defer mu.Unlock()
				scheme := "https"
				if protocol == "http" {
					scheme = "http"
				}
				want := map[string]string{
					"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": scheme, "X-Forwarded-Host": testHost,
					"X-Request-Id": answer.header.Get("X-Request-Id"), "X-Kept": "yes", "Cdn-Loop": c.loopMark[0],
				}
				for name, value := range want {
					if got := seen[name]; len(got) != 1 || got[0] != value {
						t.Errorf("%s = %q, want %q", name, got, value)
					}
				}
				for name := range seen {
					if _, wanted := want[name]; !wanted && name != "User-Agent" && name != "Accept-Encoding" {
						t.Errorf("%s: %q reached the origin", name, seen[name])
					}
				}
				if _, err := sekisho.ParseEventID(answer.header.Get("X-Request-Id")); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestForward_believesOnlyTrustedProxies(t *testing.T) {
	var seen http.Header
	site := origin(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() })
	trust := func(config *Config) { config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	c := startWith(t, trust, testSite(site.URL, sekisho.ModeBlock))
	c.get("http", "/", "X-Forwarded-For", "10.0.0.1, 203.0.113.9", "X-Forwarded-Proto", "https")
	if got := seen.Get("X-Forwarded-For"); got != "203.0.113.9" {
		t.Errorf("X-Forwarded-For %q, want the rightmost hop alone", got)
	}
	if got := seen.Get("X-Forwarded-Proto"); got != "https" {
		t.Errorf("X-Forwarded-Proto %q, want the trusted proxy's", got)
	}
	c.get("http", "/"+attackWord, "X-Forwarded-For", "203.0.113.9")
	if got, want := c.event().SrcIP, netip.MustParseAddr("203.0.113.9"); got != want {
		t.Errorf("event from %s, want %s", got, want)
	}
}

func TestForward_dropsTrailers(t *testing.T) {
	for _, mode := range allModes {
		seen := make(chan http.Header, 1)
		site := origin(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			seen <- r.Trailer
		})
		c := start(t, testSite(site.URL, mode))
		answer := c.raw("POST / HTTP/1.1\r\nHost: " + testHost + "\r\nTrailer: X-Late\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
			"3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 200") {
			t.Fatalf("%s: %.80q", mode, answer)
		}
		if got := <-seen; len(got) != 0 {
			t.Errorf("%s: trailers %v reached the origin", mode, got)
		}
	}
}

func TestForward_saysWhenTheOriginIsAway(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	slow := make(chan struct{})
	sleepy := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-slow:
		case <-r.Context().Done():
		}
	})
	defer close(slow)
	tests := []struct {
		name, origin string
		status       int
		reason       sekisho.Reason
	}{
		{"refused", gone.URL, 502, sekisho.ReasonOrigin},
		{"silent", sleepy.URL, 504, sekisho.ReasonOriginTimeout},
	}
	for _, test := range tests {
		for _, mode := range allModes {
			t.Run(test.name+" "+mode.String(), func(t *testing.T) {
				c := startWith(t, func(config *Config) { config.OriginTimeout = 50 * time.Millisecond }, testSite(test.origin, mode))
				answer := c.get("h1", "/page?secret=1")
				event := c.event()
				if answer.status != test.status || !strings.Contains(answer.body, event.ID.Display()) {
					t.Errorf("%d without the number %s", answer.status, event.ID.Display())
				}
				if event.Action != sekisho.ActionFailed || event.Reason != test.reason || event.Class != sekisho.ClassNoise ||
					event.Outcome != sekisho.OutcomeErrored || event.Status != test.status || event.OriginStatus != 0 {
					t.Errorf("event %+v", event)
				}
			})
		}
	}
}

func TestForward_cutsAnAnswerThatTheOriginBreaksOff(t *testing.T) {
	site := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	c := start(t, testSite(site.URL, sekisho.ModeBlock))
	response, err := c.client("h1").Get(base("h1") + "/")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks like a whole one")
	}
	eventually(t, "the event", func() bool { return len(c.recorder.all()) == 1 })
	if event := c.event(); event.Action != sekisho.ActionFailed || event.Reason != sekisho.ReasonOrigin {
		t.Errorf("event %s %s", event.Action, event.Reason)
	}
}

func TestForward_repeatsOnAFreshConnectionWhenTheOriginClosedTheOldOne(t *testing.T) {
	var posts int
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posts++
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%d %s", posts, body)
	}))
	site.Start()
	t.Cleanup(site.Close)
	c := start(t, testSite(site.URL, sekisho.ModeBlock))
	for want := 1; want <= 3; want++ {
		answer := c.do("h1", http.MethodPost, "/", strings.NewReader("body"))
		if answer.status != 200 || answer.body != fmt.Sprintf("%d body", want) {
			t.Errorf("answer %d %q, want 200 %q", answer.status, answer.body, fmt.Sprintf("%d body", want))
		}
		site.CloseClientConnections()
	}
}

func TestForward_asksForWhatItCanRead(t *testing.T) {
	var seen []string
	site := origin(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header["Accept-Encoding"] })
	for _, test := range []struct {
		mode      sekisho.Mode
		got, want string
	}{
		{sekisho.ModeBlock, "gzip, deflate, br, zstd", "gzip"},
		{sekisho.ModeDetect, "br, *;q=0.1", "gzip"},
		{sekisho.ModeDetect, "br, gzip;q=0", "identity"},
		{sekisho.ModeDetect, "br", "identity"},
		{sekisho.ModeOff, "gzip, deflate, br, zstd", "gzip, deflate, br, zstd"},
	} {
		c := start(t, testSite(site.URL, test.mode))
		c.get("h1", "/", "Accept-Encoding", test.got)
		if len(seen) != 1 || seen[0] != test.want {
			t.Errorf("%s: %q became %q, want %q", test.mode, test.got, seen, test.want)
		}
	}
}
