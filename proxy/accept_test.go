package proxy

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// rawTLS sends bytes over TLS with HTTP/1.1 and returns the whole answer.
func (c *checkpoint) rawTLS(request string) string {
	c.t.Helper()
	conn, err := tls.Dial("tcp", c.HTTPSAddr().String(), &tls.Config{RootCAs: c.roots, ServerName: testHost, NextProtos: []string{"http/1.1"}})
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

// rawAndLeave sends bytes and the end of the visitor's side, and returns the whole answer.
func (c *checkpoint) rawAndLeave(request string) string {
	c.t.Helper()
	conn, err := net.Dial("tcp", c.HTTPAddr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, request)
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// lies are requests that two servers could read in two ways. package wire has the whole table; here is one of each kind,
// all the way through.
var lies = []struct{ name, request, want, fault string }{
	{"bare line feeds", "GET / HTTP/1.1\nHost: shop.example\n\n", "400", "bare_lf"},
	{"a folded field", "GET / HTTP/1.1\r\nHost: shop.example\r\nX: a\r\n b\r\n\r\n", "400", "folded_line"},
	{"a length beside chunks", "POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n", "400", "two_lengths"},
	{"equal lengths", "POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", "400", "two_lengths"},
	{"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", "transfer_encoding_in_http_1_0"},
	{"a coding nobody knows", "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501", "bad_transfer_encoding"},
	{"a version nobody knows", "GET / HTTP/2.0\r\nHost: shop.example\r\n\r\n", "505", "bad_version"},
	{"a line that never ends", "GET /" + strings.Repeat("a", 40<<10), "414", "target_too_long"},
	{"a head that never ends", "GET / HTTP/1.1\r\nHost: shop.example\r\nX: " + strings.Repeat("a", 70<<10), "431", "head_too_large"},
	{"an expectation nobody knows", "POST / HTTP/1.1\r\nHost: shop.example\r\nExpect: magic\r\nContent-Length: 2\r\n\r\nab", "417", "bad_expectation"},
	{"a chunk that is none", "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n1\nab\r\n0\r\n\r\n", "400", "bare_lf"},
	{"a trailer that frames", "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\nGET / HTTP/1.1\r\n\r\n", "400", "bad_trailer"},
	{"a name with a user", "GET / HTTP/1.1\r\nHost: a@shop.example\r\n\r\n", "400", "bad_host"},
}

func TestAccept_refusesRequestsThatLieAndCloses(t *testing.T) {
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/good" {
			t.Errorf("the origin was asked for %s %s", r.Method, r.URL)
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})
	for _, mode := range allModes {
		c := start(t, testSite(server.URL, mode))
		before := "GET /good HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n"
		for _, lie := range lies {
			if mode == sekisho.ModeOff && strings.HasPrefix(lie.name, "a chunk") || strings.HasPrefix(lie.name, "a trailer") && mode == sekisho.ModeOff {
				continue // the head is on its way before the body is read; see the test below
			}
			for i, send := range []func(string) string{c.raw, c.rawTLS} {
				counted := c.Refused()[lie.fault]
				answer := send(before + lie.request)
				first, second, _ := strings.Cut(answer, "HTTP/1.1 "+lie.want)
				if !strings.HasPrefix(first, "HTTP/1.1 200") || !strings.Contains(second, "Connection: close") || strings.Contains(second, "HTTP/1.1") {
					t.Errorf("%s, %s, %d: %.400q, want a 200, then one %s that closes", mode, lie.name, i, answer, lie.want)
				}
				eventually(t, lie.fault+" is counted", func() bool { return c.Refused()[lie.fault] == counted+1 })
			}
		}
	}
}

func TestAccept_aBodyThatLiesNeverEndsAtTheOrigin(t *testing.T) {
	whole := make(chan string, 1)
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			whole <- string(body)
		}
	})
	c := start(t, testSite(server.URL, sekisho.ModeOff))
	for _, body := range []string{"1\nab\r\n0\r\n\r\n", "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n", "1\r\nab\r\n0\r\n\r\n"} {
		answer := c.raw("POST / HTTP/1.1\r\nHost: " + testHost + "\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
		if !strings.HasPrefix(answer, "HTTP/1.1 400") || !strings.Contains(answer, "Connection: close") {
			t.Errorf("%q: %.200q, want a 400 that closes", body, answer)
		}
	}
	c.stop()
	server.Close()
	if len(whole) > 0 {
		t.Errorf("the origin read %q as a whole body", <-whole)
	}
}

func TestAccept_tellsTheSiteThatWasLiedTo(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeBlock))
	c.raw("POST /login?password=secret HTTP/1.1\r\nHost: SHOP.example:80\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n")
	event := c.event()
	if event.Tenant != "yamada" || event.Action != sekisho.ActionRefused || event.Reason != sekisho.ReasonMalformed ||
		event.Signature != "two_lengths" || event.Status != 400 || event.Method != "POST" || event.Path != "/login" {
		t.Errorf("event %+v", event)
	}
	if line := c.accessLog; strings.Contains(line.String(), "secret") {
		t.Errorf("access log %s", line)
	}
	c.raw("GET / HTTP/1.1\r\nHost: shop.example\r\nHost: other.example\r\n\r\n") // nobody's
	if answer := c.rawAndLeave("GET / HTTP/1.1\r\nHost: shop.example\r\nX: brok"); !strings.HasPrefix(answer, "HTTP/1.1 400") {
		t.Errorf("a head that breaks off: %.60q, want 400", answer)
	}
	if got := len(c.recorder.all()); got != 1 {
		t.Errorf("%d events, want the first alone", got)
	}
}

func TestAccept_refusesOverHTTP2WhatAnHTTP1OriginWouldMisread(t *testing.T) {
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the origin was asked for %q", r.RequestURI) })
	c := start(t, testSite(server.URL, sekisho.ModeDetect))
	client := c.h2(t)
	for _, test := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"a space in the path", []string{":method", "GET", ":path", "/a HTTP/1.1", ":authority", testHost}, "400"},
		{"a space in the query", []string{":method", "GET", ":path", "/?a b", ":authority", testHost}, "400"},
		{"a fragment", []string{":method", "GET", ":path", "/a#b", ":authority", testHost}, "400"},
		{"an absolute path", []string{":method", "GET", ":path", "http://other.example/", ":authority", testHost}, "400"},
		{"a method that is no token", []string{":method", "GET /x", ":path", "/", ":authority", testHost}, "400"},
		{"another host beside the authority", []string{":method", "GET", ":path", "/", ":authority", testHost, "host", "other.example"}, "400"},
	} {
		if got := client.status(test.fields...); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestAccept_tellsWhoSpeaksPlainToThePortOfTLS(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeDetect))
	conn, err := net.Dial("tcp", c.HTTPSAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400") || !strings.HasSuffix(string(answer), "HTTPS.\n") {
		t.Errorf("answer %q", answer)
	}
	if c.Refused()["handshake"] != 1 {
		t.Errorf("counted %v", c.Refused())
	}
}

func TestAccept_believesThePROXYHeaderOfABalancerAlone(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	})
	const header = "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n"
	request := "GET / HTTP/1.1\r\nHost: " + testHost + "\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: close\r\n\r\n"
	balanced := func(config *Config) { config.ProxyProtocolFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	c := startWith(t, balanced, testSite(server.URL, sekisho.ModeDetect))
	if got := c.raw(header + request); !strings.HasSuffix(got, "\r\n\r\n198.51.100.7") {
		t.Errorf("behind the balancer: %q", got)
	}
	if got := c.raw(request); got != "" {
		t.Errorf("a balancer without a header: %q, want the connection closed", got)
	}
	if c.Refused()["bad_proxy_header"] != 1 {
		t.Errorf("counted %v", c.Refused())
	}
	for _, protocol := range []string{"h2", "http/1.1"} { // ahead of TLS
		conn, err := net.Dial("tcp", c.HTTPSAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, header)
		client := &http.Client{Transport: &http.Transport{
			DialTLSContext: nil, ForceAttemptHTTP2: protocol == "h2",
			TLSClientConfig: &tls.Config{RootCAs: c.roots, ServerName: testHost, NextProtos: []string{protocol}},
			DialContext:     dialed(conn),
		}}
		response, err := client.Get("https://" + testHost + "/")
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(response.Body); string(body) != "198.51.100.7" {
			t.Errorf("%s: the origin was told %q", response.Proto, body)
		}
		_ = response.Body.Close()
		client.CloseIdleConnections()
	}

	other := start(t, testSite(server.URL, sekisho.ModeDetect)) // nobody is a balancer
	if got := other.raw(header + request); !strings.HasPrefix(got, "HTTP/1.1 400") {
		t.Errorf("a header of nobody's: %.60q, want 400", got)
	}
}

func TestAccept_closesWhatWaitsAtTheDoorAtShutdown(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeDetect))
	conn, err := net.Dial("tcp", c.HTTPSAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c.stop()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := bufio.NewReader(conn).ReadByte(); err == nil || isTimeout(err) {
		t.Errorf("a connection that never said anything: %v, want it closed", err)
	}
}

func isTimeout(err error) bool {
	netErr, ok := err.(net.Error)
	return ok && netErr.Timeout()
}

func TestStream_webSocketsHearThatWeGo(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05he")
		_, _ = buffer.ReadString('!')
		_, _ = io.WriteString(conn, "llo\x81\x02no")
		_, _ = io.Copy(io.Discard, buffer)
	})
	for _, inFrame := range []bool{false, true} {
		c := start(t, testSite(server.URL, sekisho.ModeBlock))
		conn, err := net.Dial("tcp", c.HTTPAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+testHost+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		reader := bufio.NewReader(conn)
		for line := "-"; line != "\r\n" && err == nil; {
			line, err = reader.ReadString('\n')
		}
		frame := make([]byte, 4)
		_, _ = io.ReadFull(reader, frame)
		want := "llo\x81\x02no\x88\x02\x03\xe9"
		if inFrame { // the frame under way is completed, and nothing comes behind the goodbye
			go c.stop()
			eventually(t, "the goodbye waits", func() bool {
				c.running.mu.Lock()
				defer c.running.mu.Unlock()
				for tunnel := range c.running.conns {
					tunnel.mu.Lock()
					defer tunnel.mu.Unlock()
					return tunnel.asked
				}
				return false
			})
			want = "llo\x88\x02\x03\xe9"
		}
		_, _ = fmt.Fprint(conn, "!")
		if !inFrame {
			rest := make([]byte, len("llo\x81\x02no"))
			_, _ = io.ReadFull(reader, rest)
			want = want[len(rest):]
			go c.stop()
		}
		got, _ := io.ReadAll(reader)
		if string(got) != want {
			t.Errorf("in a frame: %v: read %q, want %q", inFrame, got, want)
		}
		c.stop()
	}
}
