package proxy

import (
	"bufio"
	"net"
	"net/http"
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

	status int     // 0 until an answer has begun
	bytes  int64   // of the body
	hinted bool    // an informational answer went out
	failed bool    // a write did not get through
	conn   *tunnel // nil while HTTP is spoken
}

// begin prepares the writer for one request.
func (v *visitorWriter) begin(w http.ResponseWriter, r *http.Request, conn *wire.Conn, stall time.Duration, running *running) {
	*v = visitorWriter{
		ResponseWriter: w, control: *http.NewResponseController(w), checked: conn,
		stall: stall, streamed: r.ProtoMajor >= 2, running: running,
	}
	if !v.streamed {
		// The deadline of the request before is still on this connection, and a 100 Continue goes out without us.
		v.expect()
	}
}

// Unwrap lets http.ResponseController find what we do not do ourselves.
func (v *visitorWriter) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// WriteHeader begins the answer. Of informational answers only 103 passes, with nothing but its Link fields: nobody
// inspects these, they may carry hop-by-hop fields (golang.org/issue/81319), and 100 is our own server's to say.
func (v *visitorWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		if status == http.StatusEarlyHints {
			header := v.Header()
			for name := range header {
				if name != "Link" {
					delete(header, name)
				}
			}
			v.hinted = true
			v.ResponseWriter.WriteHeader(status)
		}
		return
	}
	if v.status == 0 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *visitorWriter) Write(p []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	v.expect()
	n, err := v.ResponseWriter.Write(p)
	v.relax()
	v.bytes += int64(n)
	v.failed = v.failed || err != nil
	return n, err
}

// FlushError sends what is buffered. ReverseProxy never flushes and writes at the same time.
func (v *visitorWriter) FlushError() error {
	v.expect()
	err := v.control.Flush()
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

// end bounds the bytes that net/http still sends after the handler, and lets go of a hijacked connection.
func (v *visitorWriter) end() {
	if v.conn != nil {
		v.running.closed(v.conn)
		return
	}
	v.expect()
}
