package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// dialed gives a connection that is there already.
func dialed(conn net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return conn, nil }
}

// h2Conn speaks HTTP/2 frame by frame, so that a test can say what no client library would.
type h2Conn struct {
	t        *testing.T
	framer   *http2.Framer
	next     uint32
	block    bytes.Buffer
	encode   *hpack.Encoder
	decode   *hpack.Decoder
	answered string
}

func (c *checkpoint) h2(t *testing.T) *h2Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", c.HTTPSAddr().String(), &tls.Config{RootCAs: c.roots, ServerName: testHost, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	h := &h2Conn{t: t, framer: http2.NewFramer(conn, conn), next: 1}
	h.encode = hpack.NewEncoder(&h.block)
	h.decode = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		if field.Name == ":status" {
			h.answered = field.Value
		}
	})
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := h.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return h
}

// status sends a request without a body and returns the answer's status, or the name of the error that ended the stream.
func (h *h2Conn) status(fields ...string) string {
	h.t.Helper()
	h.block.Reset()
	for i := 0; i+1 < len(fields); i += 2 {
		_ = h.encode.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // into memory
		if fields[i] == ":method" {
			_ = h.encode.WriteField(hpack.HeaderField{Name: ":scheme", Value: "https"})
		}
	}
	id := h.next
	h.next += 2
	err := h.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: h.block.Bytes(), EndStream: true, EndHeaders: true})
	if err != nil {
		h.t.Fatal(err)
	}
	for {
		frame, err := h.framer.ReadFrame()
		if err != nil {
			h.t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.HeadersFrame:
			h.answered = ""
			if _, err := h.decode.Write(frame.HeaderBlockFragment()); err != nil {
				h.t.Fatal(err)
			}
			if frame.StreamID == id {
				return h.answered
			}
		case *http2.RSTStreamFrame:
			if frame.StreamID == id {
				return frame.ErrCode.String()
			}
		case *http2.GoAwayFrame:
			return frame.ErrCode.String()
		}
	}
}
