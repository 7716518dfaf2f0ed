package proxy

import (
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxLogBacklog bounds the lines that wait for a slow disk or pipe. Beyond it lines are dropped and counted: a log
// nobody takes away must not stop the site.
const maxLogBacklog = 4 << 20

// accessLog writes one JSON line per request, always with the same keys. Requests only append to memory; flush, called
// by Run a few times a second, does the writing.
type accessLog struct {
	out     io.Writer // nil: no log
	dropped atomic.Int64

	mu      sync.Mutex // guards pending
	pending []byte

	flushing sync.Mutex // guards spare and the order of writes
	spare    []byte
}

func (l *accessLog) add(x *exchange, took time.Duration) {
	if l.out == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) > maxLogBacklog {
		l.dropped.Add(1)
		return
	}
	l.pending = appendLine(l.pending, x, took)
}

// flush writes what has come together. What a failing writer refuses is lost.
func (l *accessLog) flush() error {
	if l.out == nil {
		return nil
	}
	l.flushing.Lock()
	defer l.flushing.Unlock()
	l.mu.Lock()
	lines := l.pending
	l.pending = l.spare[:0]
	l.mu.Unlock()
	l.spare = lines
	if len(lines) == 0 {
		return nil
	}
	_, err := l.out.Write(lines)
	return err
}

// appendLine writes the line by hand: it is on every request's way, and reflection would cost more than the rest of
// the bookkeeping together.
func appendLine(b []byte, x *exchange, took time.Duration) []byte {
	var tenant, site string
	if x.site != nil {
		tenant, site = string(x.site.Tenant), x.site.Host
	}
	var received int64
	if x.body != nil {
		received = x.body.received()
	}
	b = append(b, `{"time":"`...)
	b = x.began.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, `","request":"`...)
	b = append(b, x.ID...)
	b = append(b, `","client":"`...)
	b = x.Client.Addr().AppendTo(b)
	b = append(b, `","tenant":`...)
	b = appendJSONString(b, tenant)
	b = append(b, `,"site":`...)
	b = appendJSONString(b, site)
	b = append(b, `,"scheme":`...)
	b = appendJSONString(b, x.scheme)
	b = append(b, `,"protocol":`...)
	b = appendJSONString(b, x.r.Proto)
	b = append(b, `,"method":`...)
	b = appendJSONString(b, clip(x.r.Method, 32))
	b = append(b, `,"path":`...)
	b = appendJSONString(b, clip(x.r.URL.EscapedPath(), 1024)) // never the query: passwords and tokens stand there
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(x.decision.Status), 10)
	b = append(b, `,"origin_status":`...)
	b = strconv.AppendInt(b, int64(x.originStatus), 10)
	b = append(b, `,"action":`...)
	b = appendJSONString(b, string(x.decision.Action))
	b = append(b, `,"reason":`...)
	b = appendJSONString(b, string(x.decision.Reason))
	b = append(b, `,"score":`...)
	b = strconv.AppendInt(b, int64(x.decision.Verdict.Score), 10)
	b = append(b, `,"family":`...)
	b = appendJSONString(b, x.decision.Verdict.Family)
	b = append(b, `,"bytes_in":`...)
	b = strconv.AppendInt(b, received, 10)
	b = append(b, `,"bytes_out":`...)
	b = strconv.AppendInt(b, x.w.bytes, 10)
	b = append(b, `,"ms":`...)
	b = strconv.AppendFloat(b, float64(took.Microseconds())/1000, 'f', 3, 64)
	b = append(b, `,"user_agent":`...)
	b = appendJSONString(b, clip(x.r.UserAgent(), 256))
	return append(b, "}\n"...)
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as a JSON string in which nothing can move a terminal's cursor, end a line or turn the
// reading direction: control and format characters are escaped, broken UTF-8 becomes U+FFFD (ASVS 16.4.1).
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < utf8.RuneSelf && r >= ' ' && r != 0x7f:
			b = append(b, byte(r))
		case r <= 0xffff && (unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029'):
			b = append(b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		case unicode.Is(unicode.C, r):
			b = utf8.AppendRune(b, utf8.RuneError)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
