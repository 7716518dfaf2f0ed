package proxy

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sekisho-waf/sekisho"
)

func TestStream_eventsArriveBeforeTheStreamEnds(t *testing.T) {
	for _, kind := range []string{"text/event-stream", "text/html"} {
		for _, mode := range allModes {
			for _, protocol := range protocols {
				t.Run(kind+" "+mode.String()+" "+protocol, func(t *testing.T) {
					next := make(chan struct{})
					server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", kind)
						for i := range 3 {
							_, _ = fmt.Fprintf(w, "data: %d\n", i)
							_ = http.NewResponseController(w).Flush()
							<-next
						}
					})
					c := start(t, testSite(server.URL, mode))
					response, err := c.client(protocol).Get(base(protocol) + "/events")
					if err != nil {
						t.Fatal(err)
					}
					defer response.Body.Close()
					lines := bufio.NewReader(response.Body)
					for i := range 3 {
						line, err := lines.ReadString('\n')
						if want := fmt.Sprintf("data: %d\n", i); line != want {
							t.Errorf("line %q (%v), want %q", line, err, want)
						}
						next <- struct{}{} // only now does the origin go on
					}
					c.noEvent()
				})
			}
		}
	}
}

func TestStream_aLateLeakIsRecorded(t *testing.T) {
	next := make(chan struct{})
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>first\n")
		_ = http.NewResponseController(w).Flush()
		<-next
		_, _ = io.WriteString(w, leakWord+"\n")
	})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	response, err := c.client("h1").Get(base("h1") + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	close(next)
	if _, err := io.ReadAll(lines); err != nil {
		t.Fatal(err)
	}
	if event := c.event(); event.Action != sekisho.ActionDetected || event.Outcome != sekisho.OutcomeSucceeded || event.Status != 200 {
		t.Errorf("event %+v", event)
	}
}

func TestStream_webSocketsTalkInEveryMode(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	})
	for _, mode := range allModes {
		for _, protocol := range []string{"http", "h1"} {
			t.Run(mode.String()+" "+protocol, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				c := start(t, testSite(server.URL, mode))
				conn, response, err := websocket.Dial(ctx, base(protocol)+"/chat", &websocket.DialOptions{
					HTTPClient: c.client(protocol), HTTPHeader: http.Header{"Origin": {base(protocol)}},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer conn.CloseNow()
				if response.Header.Get(requestIDHeader) == "" {
					t.Error("no request id on the upgrade")
				}
				for _, message := range []string{"こんにちは", strings.Repeat("x", 20<<10)} {
					if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
						t.Fatal(err)
					}
					if _, got, err := conn.Read(ctx); err != nil || string(got) != message {
						t.Fatalf("echo of %d bytes: %d bytes, %v", len(message), len(got), err)
					}
				}
				c.stop() // a shutdown does not wait for a visitor who never leaves
				if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
					t.Error("the connection outlived the server")
				}
				if !strings.Contains(c.accessLog.String(), `"status":101`) {
					t.Errorf("access log %q", c.accessLog.String())
				}
			})
		}
	}
}

// noise is a block that does not compress.
var noise = func() []byte {
	block := make([]byte, 1<<20+7)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(block)
	return block
}()

// random gives n bytes, the same each time.
func random(n int64) io.Reader { return &noiseReader{left: n} }

type noiseReader struct{ at, left int64 }

func (r *noiseReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], noise[r.at%int64(len(noise)):])
	r.at += int64(n)
	r.left -= int64(n)
	return n, nil
}

// liveBytes returns how much memory is in use, by everybody in this process.
func liveBytes() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func sumOf(r io.Reader) string {
	h := sha256.New()
	n, _ := io.Copy(h, r)
	return fmt.Sprintf("%d %x", n, h.Sum(nil)[:8])
}

func TestStream_uploadsPassWhole(t *testing.T) {
	const size = 20 << 20
	server := origin(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, sumOf(r.Body)) })
	want := sumOf(random(size))
	tests := []struct {
		mode     sekisho.Mode
		protocol string
		length   int64 // -1: chunked
	}{
		{sekisho.ModeOff, "h1", size},
		{sekisho.ModeDetect, "http", -1},
		{sekisho.ModeDetect, "h2", size},
		{sekisho.ModeBlock, "http", size},
		{sekisho.ModeBlock, "h1", -1},
		{sekisho.ModeBlock, "h2", -1},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.mode, " ", test.protocol, " ", test.length), func(t *testing.T) {
			c := start(t, testSite(server.URL, test.mode))
			request, _ := http.NewRequest(http.MethodPost, base(test.protocol)+"/upload", io.NopCloser(random(size)))
			request.ContentLength = test.length
			request.Header.Set("Content-Type", "application/octet-stream")
			request.Header.Set("Expect", "100-continue")
			response, err := c.client(test.protocol).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got, _ := io.ReadAll(response.Body); string(got) != want || response.StatusCode != 200 {
				t.Errorf("%d %s, want 200 %s", response.StatusCode, got, want)
			}
			c.noEvent()
		})
	}
}

func TestStream_uploadsPassInFlatMemory(t *testing.T) {
	const size = 64 << 20
	grown := make(chan uint64, 1)
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		before, most := liveBytes(), uint64(0)
		for {
			n, err := io.CopyN(io.Discard, r.Body, size/3)
			if now := liveBytes(); n > 0 && now > before {
				most = max(most, now-before)
			}
			if err != nil {
				break
			}
		}
		grown <- most
	})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	for _, protocol := range []string{"http", "h2"} {
		got := c.do(protocol, http.MethodPost, "/", random(size), "Content-Type", "application/octet-stream")
		if n := <-grown; got.status != http.StatusOK || n > 8<<20 {
			t.Errorf("%s: got %d, and %d bytes more held during an upload of %d", protocol, got.status, n, size)
		}
	}
}

func TestStream_downloadsPassWholeInFlatMemory(t *testing.T) {
	const size = 64 << 20
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		_, _ = io.Copy(w, random(size))
	})
	want := sumOf(random(size))
	tests := []struct {
		mode           sekisho.Mode
		protocol, kind string
	}{
		{sekisho.ModeOff, "h1", "text/plain"},
		{sekisho.ModeDetect, "http", "text/plain"},
		{sekisho.ModeBlock, "http", "application/zip"},
		{sekisho.ModeBlock, "h2", "text/plain"},
	}
	for _, test := range tests {
		t.Run(test.mode.String()+" "+test.protocol+" "+test.kind, func(t *testing.T) {
			c := start(t, testSite(server.URL, test.mode))
			response, err := c.client(test.protocol).Get(base(test.protocol) + "/?type=" + test.kind)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			before := liveBytes()
			hash, grown := sha256.New(), uint64(0)
			for n := int64(0); err == nil; {
				n, err = io.CopyN(hash, response.Body, size/3)
				if now := liveBytes(); n > 0 && now > before {
					grown = max(grown, now-before)
				}
			}
			if got := fmt.Sprintf("%d %x", size, hash.Sum(nil)[:8]); got != want || err != io.EOF {
				t.Errorf("%s (%v), want %s", got, err, want)
			}
			if grown > 8<<20 { // client, proxy and origin together, TCP windows of HTTP/2 included
				t.Errorf("%d bytes more held during a download of %d", grown, size)
			}
		})
	}
}

func TestStream_expectContinueIsAnswered(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	for _, mode := range allModes {
		c := start(t, testSite(server.URL, mode))
		conn, err := net.Dial("tcp", c.HTTPAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: "+testHost+"\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
		reader := bufio.NewReader(conn)
		if line, err := reader.ReadString('\n'); !strings.Contains(line, "100 Continue") {
			t.Fatalf("%s: %q, %v", mode, line, err)
		}
		_, _ = io.WriteString(conn, "body")
		rest, _ := io.ReadAll(reader)
		if !strings.Contains(string(rest), "200 OK") || !strings.HasSuffix(string(rest), "body") {
			t.Errorf("%s: %q", mode, rest)
		}
		_ = conn.Close()
	}
}

func TestStream_aBodyThatCannotBeReadIsNeverASuccess(t *testing.T) {
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	head := "POST / HTTP/1.1\r\nHost: " + testHost + "\r\n"
	tests := []struct {
		name, request string
		want          string // begins the answer, if there is one
		told          bool   // an event
	}{
		{"the visitor falls asleep", head + "Content-Length: 100\r\n\r\nhalf", "HTTP/1.1 408", false},
		{"the visitor falls asleep in a chunk", head + "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf", "HTTP/1.1 408", false},
		{"a chunk that is none", head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n", "HTTP/1.1 400", true},
	}
	for _, test := range tests {
		for _, mode := range allModes {
			t.Run(test.name+" "+mode.String(), func(t *testing.T) {
				c := startWith(t, func(config *Config) { config.StallTimeout = 100 * time.Millisecond }, testSite(server.URL, mode))
				// Without inspection the visitor's silence may end the forwarding first: then the connection just closes.
				answer := c.raw(test.request)
				if !strings.HasPrefix(answer, test.want) && (answer != "" || mode != sekisho.ModeOff) {
					t.Errorf("answer %.80q, want %q", answer, test.want)
				}
				if told := len(c.recorder.all()) == 1; told != test.told {
					t.Errorf("events %+v", c.recorder.all())
				}
			})
		}
	}
}

func TestStream_aQuietStreamOutlivesTheStallTimeout(t *testing.T) {
	const stall = 40 * time.Millisecond
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			_, _ = io.WriteString(w, "data: x\n\n")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(4 * stall) // the silence is what is tested
		}
	})
	for _, mode := range allModes {
		for _, protocol := range protocols {
			c := startWith(t, func(config *Config) { config.StallTimeout = stall }, testSite(server.URL, mode))
			if got := c.do(protocol, http.MethodPost, "/", strings.NewReader("a=b")).body; strings.Count(got, "data") != 3 {
				t.Errorf("%s %s: the stream broke off: %q", mode, protocol, got)
			}
		}
	}
}

func TestRun_waitsForRunningRequests(t *testing.T) {
	began, goOn := make(chan struct{}), make(chan struct{})
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		_, _ = io.WriteString(w, "whole")
	})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	var body atomic.Value
	done := make(chan struct{})
	go func() {
		defer close(done)
		response, err := c.client("h1").Get(base("h1") + "/")
		if err != nil {
			t.Error(err)
			return
		}
		content, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		body.Store(string(content))
	}()
	<-began
	stopped := make(chan struct{})
	go func() { c.stop(); close(stopped) }()
	eventually(t, "no new connections", func() bool {
		conn, err := net.Dial("tcp", c.HTTPAddr().String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	close(goOn)
	<-done
	<-stopped
	if body.Load() != "whole" {
		t.Errorf("the running request got %v", body.Load())
	}
	if got := c.traffic.of("SITE1"); got.Requests != 1 {
		t.Errorf("traffic %+v, want one request handed over at shutdown", got)
	}
	if live, _ := c.engines.counts(); live != 0 {
		t.Errorf("%d engines are still held", live)
	}
}
