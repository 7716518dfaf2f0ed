package proxy

import (
	"bufio"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// visitorWriter is the visitor's end of an exchange. It remembers what went out and cuts off a visitor who stops
// taking it.
//
// http.Server.WriteTimeout would end every long download and event stream. Instead each write gets its own deadline:
// as long as bytes move, an answer may take for ever.
type visitorWriter struct {
	http.ResponseWriter
	control  http.ResponseController
	stall    time.Duration
	renewAt  time.Time // HTTP/1: when the deadline is worth moving
	streamed bool      // HTTP/2 or later: a deadline left behind would reset an idle stream
	running  *running
	checked  *wire.Conn // what is under net/http on HTTP/1

	length int64        // of the body, as the head says; -1: it does not
	status int          // 0 until an answer has begun
	bytes  int64        // of the body
	hinted atomic.Int32 // informational answers that went out; an origin may send them while another goroutine looks
	whole  bool         // the last byte of the body was written
	failed bool         // a write did not get through
	conn   *tunnel      // nil while HTTP is spoken
}

// begin prepares the writer for one request.
func (v *visitorWriter) begin(w http.ResponseWriter, r *http.Request, conn *wire.Conn, stall time.Duration, running *running) {
	*v = visitorWriter{
		ResponseWriter: w, control: *http.NewResponseController(w), checked: conn,
		stall: stall, streamed: r.ProtoMajor >= 2, running: running, length: -1,
	}
	if !v.streamed {
		// The deadline of the request before is still on this connection, and a 100 Continue goes out without us.
		v.expect()
	}
}

// maxHints bounds what an origin may say before its answer: net/http counts no hints that somebody listens to.
const maxHints = 8

// Unwrap lets http.ResponseController find what we do not do ourselves.
func (v *visitorWriter) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// WriteHeader begins the answer. Of informational answers only 103 passes, with nothing but its Link fields: nobody
// inspects these, they may carry hop-by-hop fields (golang.org/issue/81319), and 100 is our own server's to say.
func (v *visitorWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		if status == http.StatusEarlyHints && v.hinted.Add(1) <= maxHints {
			header := v.Header()
			for name := range header {
				if name != "Link" {
					delete(header, name)
				}
			}
			v.ResponseWriter.WriteHeader(status)
		}
		return
	}
	if v.status == 0 {
		v.status = status
		v.length = contentLength(v.Header())
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *visitorWriter) Write(p []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	v.expect()
	if v.checked != nil {
		v.checked.Gather()
	}
	n, err := v.ResponseWriter.Write(p)
	v.bytes += int64(n)
	if v.whole = v.bytes == v.length; v.checked != nil && !v.whole { // else what net/http still holds goes out with it: see end
		if sendErr := v.checked.Send(); err == nil {
			err = sendErr
		}
	}
	v.relax()
	v.failed = v.failed || err != nil
	return n, err
}

// contentLength is what the head says about the body; -1 if it says nothing.
func contentLength(header http.Header) int64 {
	if values := header["Content-Length"]; len(values) == 1 {
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			return n
		}
	}
	return -1
}

// FlushError sends what is buffered. ReverseProxy never flushes and writes at the same time.
func (v *visitorWriter) FlushError() error {
	v.expect()
	err := v.control.Flush()
	if v.checked != nil {
		if sendErr := v.checked.Send(); err == nil {
			err = sendErr
		}
	}
	v.relax()
	v.failed = v.failed || err != nil
	return err
}

// Hijack hands over the connection for a WebSocket; from here on the drain closes it, since http.Server forgets it.
func (v *visitorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := v.control.Hijack()
	if err == nil {
		if v.checked != nil {
			v.checked.Upgraded()
		}
		v.status = http.StatusSwitchingProtocols
		v.conn = &tunnel{Conn: conn, stall: v.stall}
		v.running.hijacked(v.conn)
		return v.conn, bufio.NewReadWriter(buffer.Reader, bufio.NewWriter(handshake{v.conn})), nil
	}
	return conn, buffer, err
}

// expect gives the next write its time.
func (v *visitorWriter) expect() {
	now := time.Now()
	if v.streamed || now.After(v.renewAt) {
		_ = v.control.SetWriteDeadline(now.Add(v.stall))
		v.renewAt = now.Add(v.stall / 4)
	}
}

// relax takes the deadline away again where an idle stream would die of it. On HTTP/1 an expired deadline only matters
// to a write, and every write sets its own.
func (v *visitorWriter) relax() {
	if v.streamed {
		_ = v.control.SetWriteDeadline(time.Time{})
	}
}

// end sends what is left of a complete answer, bounds the bytes that net/http still sends after the handler, and lets go
// of a hijacked connection.
func (v *visitorWriter) end() {
	if v.conn != nil {
		v.running.closed(v.conn)
		return
	}
	v.expect()
	if v.checked != nil && v.whole {
		_ = v.control.Flush() // a connection that fails takes nothing more: see wire
		_ = v.checked.Send()
	}
}
