package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	brokenAnswerTimeout = time.Second // of the broken site
	slowOrigin          = 10 * time.Second
	endlessBytes        = 64 << 20 // of header fields, at the most, to one request
)

// ServeBadOrigin is `sekisho bench bad-origin`: an origin that fails in one way, slow, resets, garbage or endless, on a loopback
// address until ctx ends.
func ServeBadOrigin(ctx context.Context, addr, kind string) error {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil || !parsed.Addr().Unmap().IsLoopback() {
		return sekisho.Invalid(fmt.Sprintf("addr %q: use a loopback address such as 127.0.0.1:9000", addr))
	}
	answer, ok := badOrigins[kind]
	if !ok {
		return sekisho.Invalid(fmt.Sprintf("kind %q: use slow, resets, garbage or endless", kind))
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen as an origin that fails: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return ctx.Err()
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(grace))
			if _, err := conn.Read(make([]byte, 16<<10)); err == nil {
				answer(ctx, conn)
			}
		}()
	}
}

var badOrigins = map[string]func(ctx context.Context, conn net.Conn){
	"slow": func(ctx context.Context, conn net.Conn) {
		pause(ctx, slowOrigin)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	},
	"resets": func(_ context.Context, conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n<p>"+strings.Repeat("a", 1000))
		shut(conn)
	},
	"garbage": func(_ context.Context, conn net.Conn) {
		_, _ = conn.Write([]byte(strings.Repeat("\x00\xff\x80\r\n garbage \x1b[2J", 1000)))
	},
	"endless": func(_ context.Context, conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		field := []byte(strings.Repeat("X-More: "+strings.Repeat("a", 1000)+"\r\n", 64))
		for sent := 0; sent < endlessBytes; sent += len(field) {
			if _, err := conn.Write(field); err != nil {
				return
			}
		}
	},
}

// originFault measures visitors of a healthy site while the origin of another one, with visitors of its own, fails. No kind:
// nobody listens there.
func originFault(kind string) func(context.Context, *chaos) ([]ChaosFigure, error) {
	return func(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
		bad, err := freeAddress()
		if err != nil {
			return nil, err
		}
		if kind != "" {
			origin, err := startChild("bad origin", c.cfg.Binary, nil, "bench", "bad-origin", "--addr", bad, "--kind", kind)
			if err != nil {
				return nil, err
			}
			defer origin.stop()
			if until(ctx, 10*time.Second, func() bool {
				conn, err := net.Dial("tcp", bad)
				if err == nil {
					_ = conn.Close()
				}
				return err == nil
			}) > 10 {
				return nil, fmt.Errorf("the failing origin does not listen: %s", origin.said)
			}
		}
		dir, err := c.dataDir("origin" + kind)
		if err != nil {
			return nil, err
		}
		r, err := c.newRig(ctx, dir, bad)
		if err != nil {
			return nil, err
		}
		defer r.stop()
		if _, err := r.ask(ctx, "site", "origin", brokenHost, "--answer-timeout", brokenAnswerTimeout.String()); err != nil {
			return nil, err
		}
		v, err := startVisitors(ctx, r.healthy(), c.cfg.Rate)
		if err != nil {
			return nil, err
		}
		defer v.stop()
		pause(ctx, warmUp)
		before := v.during(ctx, c.cfg.Hold/2)
		rss := memory(r.proxy.pid())
		unlucky, err := startVisitors(ctx, target{address: r.addrs[1], host: brokenHost}, c.cfg.Rate/2)
		if err != nil {
			return nil, err
		}
		under := r.hold(ctx, "origin", v, c.cfg.Hold/2)
		theirs := unlucky.stop()
		grown := memory(r.proxy.pid()) - rss
		after := v.during(ctx, c.cfg.Hold/2)
		all := v.stop()
		quiet := min(before.p99(), after.p99()) // the one that neighbours on the machine disturbed less
		worse := atMost("% that the healthy site's p99 is worse", round(100*(ratio(under.p99(), quiet)-1), 1), 10)
		worse.Noise = round(100*ratio(max(before.p99(), after.p99())-quiet, quiet), 1)
		explained := theirs.non2xx[502] + theirs.non2xx[503] + theirs.non2xx[504]
		if kind == "resets" {
			explained += theirs.errors // the head had gone out: a broken page must be seen as broken
		}
		slowest := 0.0
		for _, took := range theirs.latencies {
			slowest = max(slowest, took.Seconds())
		}
		return append(all.failures(),
			figure("p99 ms before", round(before.p99(), 2)), figure("p99 ms under the fault", round(under.p99(), 2)), figure("p99 ms behind it", round(after.p99(), 2)),
			worse,
			atLeast(fmt.Sprintf("requests of the failing site answered 502, 503, 504 %v, or cut", byStatus(theirs.non2xx)), float64(explained), 1),
			atMost("of them answered otherwise", float64(theirs.succeeded+theirs.failed()-explained), 0),
			atMost("s that one of them took, the longest", round(slowest, 2), brokenAnswerTimeout.Seconds()+1),
			atMost("MB that the process grew by", round(grown, 1), 64),
		), nil
	}
}
