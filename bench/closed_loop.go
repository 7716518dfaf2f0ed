package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxRequests bounds a phase by count, whatever its duration.
	maxRequests = 5_000_000
	// grace is how long one answer may take.
	grace = 30 * time.Second
	// errorPause keeps a client whose connection failed from spinning.
	errorPause = 10 * time.Millisecond
)

// outcome is what a client saw in one phase. A success is an answer of 2xx, read to its end; nothing else counts.
type outcome struct {
	succeeded int
	attacks   int         // of them, requests that were attacks
	stopped   int         // of these, answered 403
	errors    int         // no answer, or a broken one
	non2xx    map[int]int // answers by status
	firstErr  string
	elapsed   time.Duration
	latencies []time.Duration // of successes; kept by the open loop alone
}

func (o *outcome) note(status int, err error) {
	switch {
	case err != nil:
		o.errors++
		if o.firstErr == "" {
			o.firstErr = err.Error()
		}
	case status < 200 || status > 299:
		if o.non2xx == nil {
			o.non2xx = map[int]int{}
		}
		o.non2xx[status]++
	default:
		o.succeeded++
	}
}

// noteAttack counts an attack: whatever its answer, it was an answer, unless the server broke on it.
func (o *outcome) noteAttack(status int, err error) {
	if err != nil || status >= 500 {
		o.note(status, err)
		return
	}
	o.succeeded++
	o.attacks++
	if status == http.StatusForbidden {
		o.stopped++
	}
}

func (o *outcome) failed() int {
	n := o.errors
	for _, count := range o.non2xx {
		n += count
	}
	return n
}

// add sums two phases of the same client.
func (o *outcome) add(other outcome) {
	o.succeeded += other.succeeded
	o.attacks += other.attacks
	o.stopped += other.stopped
	o.errors += other.errors
	o.elapsed += other.elapsed
	o.latencies = append(o.latencies, other.latencies...)
	if o.firstErr == "" {
		o.firstErr = other.firstErr
	}
	for status, count := range other.non2xx {
		if o.non2xx == nil {
			o.non2xx = map[int]int{}
		}
		o.non2xx[status] += count
	}
}

func (o *outcome) rate() float64 {
	if o.elapsed <= 0 {
		return 0
	}
	return float64(o.succeeded) / o.elapsed.Seconds()
}

// onWire writes each request of the mix down as the bytes that are sent, once, so that the client has little left to
// do: it shares the machine with what it measures.
func onWire(mix []Request, host string) ([][]byte, error) {
	wire := make([][]byte, len(mix))
	for i, r := range mix {
		request, err := http.NewRequest(r.Method, "http://"+host+r.Target, bytes.NewReader(r.Body))
		if err != nil {
			return nil, fmt.Errorf("write down request %d of the mix: %w", i, err)
		}
		request.Header = r.Header
		var out bytes.Buffer
		if err := request.Write(&out); err != nil {
			return nil, fmt.Errorf("write down request %d of the mix: %w", i, err)
		}
		wire[i] = out.Bytes()
	}
	return wire, nil
}

// closedLoop keeps a number of connections busy, each with one request at a time, until the duration is over, and waits
// for the answers under way. Every phase begins at the head of the mix. The time counted runs to the last answer, while
// the program under test still works at full load, so that slow answers are neither lost nor flattering.
// attack, unless nil, tells which of the requests are attacks.
func closedLoop(ctx context.Context, t target, wire [][]byte, attack []bool, connections int, duration time.Duration) outcome {
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		parts = make([]outcome, connections)
		start = time.Now()
		end   = start.Add(duration)
	)
	for i := range connections {
		wg.Go(func() {
			c := &connection{target: t}
			defer c.close()
			for time.Now().Before(end) && ctx.Err() == nil {
				turn := next.Add(1) - 1
				if turn >= maxRequests {
					return
				}
				which := turn % int64(len(wire))
				status, err := c.do(ctx, wire[which])
				if attack != nil && attack[which] {
					parts[i].noteAttack(status, err)
				} else {
					parts[i].note(status, err)
				}
				if err != nil {
					pause(ctx, errorPause)
				}
			}
		})
	}
	wg.Wait()
	total := outcome{}
	for _, part := range parts {
		total.add(part)
	}
	total.elapsed = time.Since(start)
	return total
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// connection is one keep-alive connection that is opened again when it has ended.
type connection struct {
	target target
	conn   net.Conn
	reader *bufio.Reader
}

func (c *connection) do(ctx context.Context, request []byte) (status int, err error) {
	if c.conn == nil {
		if err := c.open(ctx); err != nil {
			return 0, err
		}
	}
	if err := c.conn.SetDeadline(time.Now().Add(grace)); err != nil {
		c.close()
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		c.close()
		return 0, fmt.Errorf("send request: %w", err)
	}
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		c.close()
		return 0, fmt.Errorf("read answer: %w", err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.Close {
		c.close()
	}
	if err != nil {
		return 0, fmt.Errorf("read answer's body: %w", err)
	}
	return answer.StatusCode, nil
}

func (c *connection) open(ctx context.Context) error {
	conn, err := dial(ctx, c.target)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 32<<10)
	return nil
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// dial connects to the target's loopback address, and nowhere else.
func dial(ctx context.Context, t target) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil || !t.tls {
		return conn, err
	}
	secured := tls.Client(conn, clientTLS(t))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// clientTLS trusts any certificate: the peer is a process of ours on a loopback port, no secret travels, and what the
// benchmark asks is how fast the peer answers, not who it is.
func clientTLS(t target) *tls.Config {
	name, _, err := net.SplitHostPort(t.host)
	if err != nil {
		name = t.host
	}
	return &tls.Config{ServerName: name, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // see above
}
