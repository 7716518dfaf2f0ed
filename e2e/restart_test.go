package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// serving is the process number that `sekisho status` shows; 0 while nobody answers.
func serving(t *testing.T, dir string) int {
	t.Helper()
	stdout, _, code := sekisho(t, "status", "--json", "--data-dir", dir)
	var status struct {
		Running bool `json:"running"`
		PID     int  `json:"pid"`
	}
	if code != 0 || json.Unmarshal([]byte(stdout), &status) != nil || !status.Running {
		return 0
	}
	return status.PID
}

// endWith ends whichever process serves at the end of the test.
func endWith(t *testing.T, dir string) {
	t.Helper()
	t.Cleanup(func() {
		pid := serving(t, dir)
		if pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	})
}

// restartOrigin answers everything, and talks on WebSockets.
func restartOrigin(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			conn, err := websocket.Accept(w, r, nil)
			if err == nil {
				_, _, _ = conn.Read(r.Context())
				_ = conn.CloseNow()
			}
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "いらっしゃいませ")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// plainVisitor sends requests over HTTP/1.1 and repeats nothing: what a connection does not answer has failed.
type plainVisitor struct {
	addr string
	keep bool // the connection for the next request, unless the answer says otherwise
	conn net.Conn
	in   *bufio.Reader
}

func (v *plainVisitor) ask(request string) (*http.Response, error) {
	if v.conn == nil {
		conn, err := net.DialTimeout("tcp", v.addr, 10*time.Second)
		if err != nil {
			return nil, err
		}
		v.conn, v.in = conn, bufio.NewReader(conn)
	}
	_ = v.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(v.conn, request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(v.in, nil)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, err
	}
	if response.Close || !v.keep {
		_ = v.conn.Close()
		v.conn = nil
	}
	return response, nil
}

const (
	plainGet  = "GET /?q=%E8%A6%8B%E7%A9%8D HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n"
	plainPost = "POST /order HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\nitem=1&count=2"
	plainSQL  = "GET /search?q=1'%20UNION%20SELECT%20password%20FROM%20users--%20- HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n"
)

// TestRestart_losesNoRequestAndNoEvent restarts under load of every kind. SEKISHO_TEST_RESTARTS says how often; a long
// run prints its figures with -v.
func TestRestart_losesNoRequestAndNoEvent(t *testing.T) {
	t.Parallel()
	times := 2
	if text := os.Getenv("SEKISHO_TEST_RESTARTS"); text != "" {
		var err error
		if times, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	p := serve(t, dir, "--site", "shop.example="+restartOrigin(t), "--mode", "block", "--access-log", "off", "--drain-timeout", "2s")
	endWith(t, dir)
	stop := make(chan struct{})
	var visitors sync.WaitGroup
	var asked atomic.Int64
	var mu sync.Mutex
	var failures []string
	numbers := map[string]bool{}
	var slowest time.Duration
	visit := func(name string, want int, ask func() (*http.Response, error)) {
		visitors.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(25 * time.Millisecond): // the machine has other work
				}
				began := time.Now()
				response, err := ask()
				took := time.Since(began)
				asked.Add(1)
				mu.Lock()
				slowest = max(slowest, took)
				switch {
				case err != nil:
					failures = append(failures, name+": "+err.Error())
				case response.StatusCode != want:
					failures = append(failures, fmt.Sprintf("%s: got %d, want %d", name, response.StatusCode, want))
				case want == http.StatusForbidden:
					numbers[response.Header.Get("X-Request-Id")] = true
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	for _, v := range []struct {
		name, request string
		want          int
		keep          bool
	}{
		{"GET on a kept connection", plainGet, 200, true},
		{"POST on a kept connection", plainPost, 200, true},
		{"GET on a new connection", plainGet, 200, false},
		{"attack", plainSQL, 403, true},
	} {
		visitor := &plainVisitor{addr: p.http, keep: v.keep}
		visit(v.name, v.want, func() (*http.Response, error) { return visitor.ask(v.request) })
	}
	client := p.client()
	visit("HTTP/2", 200, func() (*http.Response, error) {
		request, err := http.NewRequest(http.MethodPost, "https://shop.example/order", strings.NewReader("item=1"))
		if err != nil {
			return nil, err
		}
		browserHeaders(request)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		return response, err
	})
	codes := make(chan websocket.StatusCode, times)
	before := serving(t, dir)
	for i := range times {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		chat, _, err := websocket.Dial(ctx, "wss://shop.example/chat", &websocket.DialOptions{HTTPClient: h1(client), HTTPHeader: http.Header{"Origin": {"https://shop.example"}}})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _, err := chat.Read(ctx)
			codes <- websocket.CloseStatus(err)
		}()
		if i%2 == 0 {
			must(t, "restart", "--data-dir", dir)
		} else if err := syscall.Kill(before, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		now := before
		eventually(t, "another process", func() bool {
			now = serving(t, dir)
			return now != before && now != 0 || i%2 == 0 // the command returns when it serves
		})
		if now == before || now == 0 {
			t.Errorf("process %d serves after the restart, before it was %d", now, before)
		}
		before = now
	}
	close(stop)
	visitors.Wait()
	for i, failure := range failures {
		if i < 10 {
			t.Error(failure)
		}
	}
	for range times {
		if code := <-codes; code != websocket.StatusGoingAway {
			t.Errorf("a WebSocket was closed with %d, want 1001", code)
		}
	}
	t.Logf("%d restarts, %d requests, %d failed, slowest %s, %d events", times, asked.Load(), len(failures), slowest, len(numbers))
	t.Log("from the stop of accepting to the new process serving:", visitorsWaited.FindAllString(p.log.String(), -1))
	missing := len(numbers)
	eventually(t, "every answered event", func() bool {
		stored := map[string]int{}
		for _, e := range events(t, dir, "--limit", strconv.Itoa(len(numbers)+1000)) {
			stored[e.ID]++
		}
		missing = 0
		for number := range numbers {
			if stored[number] != 1 {
				missing++
			}
		}
		return missing == 0
	})
}

var visitorsWaited = regexp.MustCompile(`visitors_waited=\S+`)

// h1 is the client without HTTP/2, on which WebSockets are not spoken.
func h1(client *http.Client) *http.Client {
	transport := client.Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = false
	transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	return &http.Client{Transport: transport}
}

func TestRestart_thatCannotWorkLeavesTheOldProcessServing(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "sekisho.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := "drain_timeout: 3s\nsites:\n  - host: shop.example\n    origin: " + origin + "\n"
	write(good)
	p := serve(t, dir, "--config", file)
	endWith(t, dir)
	pid := serving(t, dir)
	rules := filepath.Join(dir, "broken.conf")
	if err := os.WriteFile(rules, []byte("SecRule ARGS \"@rx (\" \"id:1,deny\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]struct{ text, want string }{
		"a setting": {"drain_timeout: soon\n" + good[len("drain_timeout: 3s\n"):], "drain_timeout"},
		"a rule":    {good + "    custom_rules_file: " + rules + "\n", "custom rule, line 1"},
	} {
		write(broken.text)
		_, stderr, code := sekisho(t, "restart", "--data-dir", dir)
		if code != 2 || !strings.Contains(stderr, broken.want) {
			t.Errorf("%s: exit %d, %q; want 2 and %q", name, code, stderr, broken.want)
		}
		if now := serving(t, dir); now != pid {
			t.Errorf("%s: process %d serves, want %d as before", name, now, pid)
		}
	}
	write(good)
	if got := get(t, p.client(), "https://shop.example/"); got.status != http.StatusOK {
		t.Errorf("after the broken restarts: got %d, want 200", got.status)
	}
	must(t, "restart", "--data-dir", dir)
	if now := serving(t, dir); now == pid || now == 0 {
		t.Errorf("with the settings repaired process %d serves, want a new one", now)
	}
}

// TestRestart_thatFailsLateBringsTheOldProgramBack puts a program in place that prepares itself and ends once every lock
// is free, when the old process has stopped accepting.
func TestRestart_thatFailsLateBringsTheOldProgramBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "sekisho-program")
	good, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	put := func(content []byte) { // as a package manager does: a file that runs cannot be written to
		t.Helper()
		if err := os.WriteFile(program+".new", content, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(program+".new", program); err != nil {
			t.Fatal(err)
		}
	}
	put(good)
	p := serveWith(t, program, dir, "--site", "shop.example="+restartOrigin(t), "--mode", "block", "--access-log", "off", "--drain-timeout", "2s")
	endWith(t, dir)
	before := serving(t, dir)
	put([]byte("#!/bin/sh\nread -r brief <&3\necho '{\"is\":\"prepared\"}' >&3\nread -r go <&3\nexit 1\n"))
	_, _, _ = sekisho(t, "restart", "--data-dir", dir) // what it says is about a process that was prepared
	now := 0
	eventually(t, "the program that ran before", func() bool {
		now = serving(t, dir)
		return now != 0 && now != before
	})
	if got := get(t, p.client(), "https://shop.example/"); got.status != http.StatusOK {
		t.Errorf("after the failed restart: got %d, want 200", got.status)
	}
	if !strings.Contains(p.log.String(), "the program that ran before starts again") {
		t.Errorf("the log does not say what happened:\n%s", p.log)
	}
	put(good)
	must(t, "restart", "--data-dir", dir)
	if again := serving(t, dir); again == now || again == 0 {
		t.Errorf("with the program repaired process %d serves, want a new one", again)
	}
}
