package proxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/sekisho-waf/sekisho"
)

// floodBound bounds what an attacker of these tests sends.
const floodBound = 5_000

// The attacks of a single connection that cost a server more than their sender. Each returns once it has sent
// everything or was shut out.
var floods = []struct {
	name string
	send func(*h2Attacker) error
	// shut: the server must end the connection. Otherwise it may as well bear it: what is answered to settings and pings
	// fits the kernel's buffers here, and net/http gives up at ten thousand answers that nobody takes.
	shut bool
}{
	{"rapid reset", func(a *h2Attacker) error {
		return a.repeat(func(stream uint32) error {
			return errors.Join(a.head(stream, true), a.framer.WriteRSTStream(stream, http2.ErrCodeCancel))
		})
	}, false},
	{"MadeYouReset by a window of zero more", func(a *h2Attacker) error {
		return a.repeat(func(stream uint32) error {
			return errors.Join(a.head(stream, false), a.framer.WriteRawFrame(http2.FrameWindowUpdate, 0, stream, make([]byte, 4)))
		})
	}, false},
	{"headers without an end", func(a *h2Attacker) error {
		if err := a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: a.block("a"), EndStream: true}); err != nil {
			return err
		}
		return a.repeat(func(uint32) error { return a.framer.WriteContinuation(1, false, a.block(strings.Repeat("b", 1000))) })
	}, true},
	{"a packed header that unpacks to much", func(a *h2Attacker) error {
		var block bytes.Buffer
		encoder := hpack.NewEncoder(&block)
		for _, field := range a.fields() {
			_ = encoder.WriteField(field)
		}
		_ = encoder.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("a", 4000)})
		for range 4000 { // one byte each on the wire
			block.WriteByte(0x80 | 62)
		}
		for i := range uint32(100) { // 1.6 GB unpacked
			if err := a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
				return err
			}
		}
		return nil
	}, false},
	{"settings", func(a *h2Attacker) error {
		return a.repeat(func(uint32) error {
			return a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 16})
		})
	}, false},
	{"pings", func(a *h2Attacker) error {
		return a.repeat(func(uint32) error { return a.framer.WritePing(false, [8]byte{}) })
	}, false},
	{"answers that nobody takes, in a window of zero", func(a *h2Attacker) error {
		if err := a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
			return err
		}
		for i := range uint32(200) { // twice the streams that may be open
			if err := a.head(2*i+1, true); err != nil {
				return err
			}
		}
		return nil
	}, false},
}

// h2Attacker speaks HTTP/2 and reads nothing.
type h2Attacker struct {
	conn   net.Conn
	framer *http2.Framer
}

func (c *checkpoint) attacker() *h2Attacker {
	c.t.Helper()
	conn, err := tls.Dial("tcp", c.HTTPSAddr().String(), &tls.Config{RootCAs: c.roots, ServerName: testHost, NextProtos: []string{"h2"}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	a := &h2Attacker{conn: conn, framer: http2.NewFramer(conn, conn)}
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		c.t.Fatal(err)
	}
	if err := a.framer.WriteSettings(); err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (a *h2Attacker) repeat(send func(stream uint32) error) error {
	for i := range uint32(floodBound) {
		if err := send(2*i + 1); err != nil {
			return err
		}
	}
	return nil
}

func (a *h2Attacker) fields() []hpack.HeaderField {
	return []hpack.HeaderField{
		{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: testHost},
	}
}

func (a *h2Attacker) block(value string) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSizeLimit(0)
	for _, field := range append(a.fields(), hpack.HeaderField{Name: "x", Value: value, Sensitive: true}) {
		_ = encoder.WriteField(field)
	}
	return block.Bytes()
}

func (a *h2Attacker) head(stream uint32, last bool) error {
	return a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: a.block("a"), EndStream: last, EndHeaders: true})
}

func TestFlood_onOneConnectionStopsNobodyElse(t *testing.T) {
	for _, flood := range floods {
		t.Run(flood.name, func(t *testing.T) {
			page := strings.Repeat("a", 64<<10) // more than net/http keeps for a visitor who does not take it
			server := origin(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
			c := startWith(t, func(config *Config) { config.StallTimeout = 2 * time.Second }, testSite(server.URL, sekisho.ModeBlock))
			a := c.attacker()
			sent := make(chan error, 1)
			go func() { sent <- flood.send(a) }()
			for range 5 {
				if got := c.get("h1", "/"); got.status != 200 {
					t.Fatalf("somebody else, meanwhile: got %d, want 200", got.status)
				}
			}
			err := <-sent
			if flood.shut && err == nil { // what was sent may still have been on its way
				_, err = io.Copy(io.Discard, a.conn)
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the attacker: got %v, want to be shut out", err)
			}
			if flood.name != floods[len(floods)-1].name { // the last must end by itself: nobody takes the answers
				_ = a.conn.Close()
			}
			eventually(t, "nothing of it is left", func() bool { return c.Load().Running == 0 })
			if got := c.get("h2", "/"); got.status != 200 {
				t.Errorf("afterwards: got %d, want 200", got.status)
			}
		})
	}
}

func TestFlood_slowVisitorsAreGoneInTime(t *testing.T) {
	for name, send := range map[string]string{
		"a head":       "GET / HTTP/1.1\r\nHost: " + testHost + "\r\nX-",
		"a body":       "POST / HTTP/1.1\r\nHost: " + testHost + "\r\nContent-Length: 100\r\n\r\na",
		"taking pages": "GET /large HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			large := strings.Repeat("a", 64<<20)
			server := origin(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/large" {
					_, _ = io.WriteString(w, large)
				}
			})
			c := startWith(t, func(config *Config) {
				config.HeaderTimeout, config.StallTimeout = 300*time.Millisecond, 300*time.Millisecond
			}, testSite(server.URL, sekisho.ModeOff))
			conn, err := net.Dial("tcp", c.HTTPAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, send); err != nil {
				t.Fatal(err)
			}
			if name == "taking pages" {
				eventually(t, "the answer is under way", func() bool { return c.Load().Running == 1 })
			} else {
				_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("the slow visitor is still there")
				}
			}
			eventually(t, "the slow visitor is gone", func() bool { return c.Load().Running == 0 })
		})
	}
}
