package proxy

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestInspect_refusesABodyThatReadersReadDifferently(t *testing.T) {
	asked := make(chan string, 1)
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- string(body)
	})
	const kind, body = "text/xml", "<!DOCTYPE a><a/>"
	for _, mode := range allModes {
		for _, protocol := range protocols {
			c := start(t, testSite(server.URL, mode))
			answer := c.do(protocol, http.MethodPost, "/", strings.NewReader(body), "Content-Type", kind)
			if mode == sekisho.ModeBlock {
				if answer.status != 400 || len(asked) != 0 || c.Refused()["xml_document_type"] != 1 {
					t.Errorf("%s: %d, refused %v, origin asked %d times", protocol, answer.status, c.Refused(), len(asked))
				}
				if event := c.event(); event.Action != sekisho.ActionRefused || event.Signature != "xml_document_type" {
					t.Errorf("event %+v", event)
				}
				continue
			}
			if got := <-asked; answer.status != 200 || got != body {
				t.Errorf("%s %s: %d, origin got %q", mode, protocol, answer.status, got)
			}
			if mode == sekisho.ModeDetect {
				if event := c.event(); event.Action != sekisho.ActionDetected || event.Signature != "xml_document_type" || event.Class != sekisho.ClassNoise {
					t.Errorf("event %+v", event)
				}
			}
		}
	}
}

func TestInspect_seesTrailers(t *testing.T) {
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if len(r.Trailer) > 0 || r.Header["X-Late"] != nil {
			t.Errorf("the origin got the trailers %v, header %v", r.Trailer, r.Header)
		}
	})
	for _, protocol := range protocols {
		send := func(name, value string) int {
			c := start(t, testSite(server.URL, sekisho.ModeBlock))
			request, _ := http.NewRequest(http.MethodPost, base(protocol)+"/", io.NopCloser(strings.NewReader("a=b")))
			request.Trailer = http.Header{name: {value}}
			response, err := c.client(protocol).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			return response.StatusCode
		}
		for value, want := range map[string]int{"fine": 200, attackWord: 403} {
			if got := send("X-Late", value); got != want {
				t.Errorf("%s: the trailer %q got %d, want %d", protocol, value, got, want)
			}
		}
		if protocol == "h2" {
			continue // Go's own server ends the stream
		}
		if got := send("Content-Type", "text/plain"); got != 400 {
			t.Errorf("%s: a trailer that says how to read the body got %d, want 400", protocol, got)
		}
	}
}

func TestForward_sendsOneCookieFieldAndWhatConnectionMayNotStrike(t *testing.T) {
	got := make(chan http.Header, 1)
	server := origin(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })
	for _, mode := range allModes {
		c := start(t, testSite(server.URL, mode))
		c.raw("GET / HTTP/1.1\r\nHost: " + testHost + "\r\nCookie: a=1\r\nAuthorization: Basic eDp5\r\nCookie: b=2\r\nX-Odd: 1\r\n" +
			"Connection: close, Cookie, authorization, x-odd, X-Forwarded-For, X-Request-Id\r\n\r\n")
		header := <-got
		for name, want := range map[string]string{
			"Cookie": "a=1; b=2", "Authorization": "Basic eDp5", "X-Odd": "", "X-Forwarded-For": "127.0.0.1",
		} {
			if value := strings.Join(header[name], "|"); value != want {
				t.Errorf("%s: %s %q, want %q", mode, name, value, want)
			}
		}
		if header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", mode)
		}
	}
}
