package demo

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// client is one visitor or attacker with a browser, an address and connections of its own.
type client struct {
	base  string // "https://www.example.co.jp"
	agent string
	http  *http.Client // HTTP/2 where offered
	http1 *http.Client // WebSockets want HTTP/1.1
}

// requestTimeout bounds one ordinary request; streams set their own end.
const requestTimeout = 20 * time.Second

func newClient(cfg TrafficConfig, settings *tls.Config, agent string, from netip.Addr) *client {
	// Whatever the URL says, the connection goes to the one loopback address that was checked.
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: 5 * time.Second}
		if from.IsValid() {
			dialer.LocalAddr = &net.TCPAddr{IP: from.AsSlice()}
			conn, err := dialer.DialContext(ctx, "tcp", cfg.Address)
			if !errors.Is(err, syscall.EADDRNOTAVAIL) {
				return conn, err
			}
			dialer.LocalAddr = nil // outside Linux, 127.0.0.1 alone is there
		}
		return dialer.DialContext(ctx, "tcp", cfg.Address)
	}
	transport := func(http2 bool) *http.Client {
		return &http.Client{
			Transport: &http.Transport{
				DialContext: dial, TLSClientConfig: settings.Clone(), ForceAttemptHTTP2: http2,
				MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 5 * time.Second,
				DisableCompression: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &client{base: "https://" + cfg.Host, agent: agent, http: transport(true), http1: transport(false)}
}

// request is one request of the demo, as data.
type request struct {
	method, target    string
	contentType, body string
	header            map[string]string
}

func get(target string) request { return request{method: http.MethodGet, target: target} }

func post(target, contentType, body string) request {
	return request{method: http.MethodPost, target: target, contentType: contentType, body: body}
}

func (c *client) build(ctx context.Context, r request) (*http.Request, error) {
	out, err := http.NewRequestWithContext(ctx, r.method, c.base+r.target, strings.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("build request for %s: %w", r.target, err)
	}
	out.Header.Set("User-Agent", c.agent)
	out.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	out.Header.Set("Accept-Language", "ja,en-US;q=0.7,en;q=0.3")
	if r.contentType != "" {
		out.Header.Set("Content-Type", r.contentType)
	}
	for name, value := range r.header {
		out.Header.Set(name, value)
	}
	return out, nil
}

// send does one request, reads the answer to its end and returns its status.
func (c *client) send(ctx context.Context, r request) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	out, err := c.build(ctx, r)
	if err != nil {
		return 0, err
	}
	answer, err := c.http.Do(out)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// readNews stays on the news stream for some headlines.
func (c *client) readNews(ctx context.Context, headlines int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := c.build(ctx, get("/events"))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(out)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("read the news: answered %s", answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			headlines--
		}
		if headlines == 0 {
			return nil
		}
	}
	return fmt.Errorf("read the news: the stream ended early: %w", lines.Err())
}

// chat says one thing over the WebSocket and waits for the answer.
func (c *client) chat(ctx context.Context, cfg TrafficConfig, text string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, "wss://"+cfg.Host+"/ws", &websocket.DialOptions{
		HTTPClient: c.http1,
		HTTPHeader: http.Header{"User-Agent": {c.agent}, "Origin": {c.base}},
	})
	if answer != nil && answer.Body != nil {
		defer func() { _ = answer.Body.Close() }()
	}
	if err != nil {
		return fmt.Errorf("open the chat: %w", err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		return fmt.Errorf("say something in the chat: %w", err)
	}
	if _, _, err := conn.Read(ctx); err != nil {
		return fmt.Errorf("wait for the chat's answer: %w", err)
	}
	return conn.Close(websocket.StatusNormalClosure, "")
}
