package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// maxWorkers bounds the requests that an open loop has under way: beyond it the program under test has fallen behind
// its rate for good.
const maxWorkers = 512

// openLoop sends requests at a fixed rate whether or not earlier ones were answered, as visitors do, and keeps the
// latency of each success. A steady rate shows the queueing that a closed loop hides.
type openLoop struct {
	target target
	size   int
	wire   *wireTransport
}

func newOpenLoop(t target, wire [][]byte) *openLoop {
	return &openLoop{target: t, size: len(wire), wire: &wireTransport{target: t, wire: wire}}
}

// run sends rate requests a second for a while, from the head of the mix.
func (l *openLoop) run(ctx context.Context, rate float64, duration time.Duration) outcome {
	const per = 1000 // seconds, so that rates below one a second have digits too
	pace := vegeta.Rate{Freq: max(int(rate*per), 1), Per: per * time.Second}
	var next atomic.Int64 // the targeter is called by all workers at once
	targeter := func(t *vegeta.Target) error {
		turn := next.Add(1) - 1
		if turn >= maxRequests {
			return vegeta.ErrNoTargets
		}
		t.Method, t.URL = http.MethodGet, wireURL+strconv.FormatInt(turn%int64(l.size), 10)
		return nil
	}
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: l.wire}), vegeta.Workers(8), vegeta.MaxWorkers(maxWorkers), vegeta.MaxBody(0),
	)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()

	var total outcome
	start := time.Now()
	for result := range attacker.Attack(targeter, pace, duration, "") {
		if result.Error == vegeta.ErrNoTargets.Error() {
			continue // the end, not a request
		}
		var err error
		if result.Code == 0 {
			err = errors.New(result.Error)
		}
		total.note(int(result.Code), err)
		if err == nil && result.Code/100 == 2 {
			total.latencies = append(total.latencies, result.Latency)
		}
	}
	total.elapsed = time.Since(start)
	return total
}

func (l *openLoop) close() { l.wire.close() }

// wireURL stands before the number of a request in the mix; nothing is ever looked up or dialled by it.
const wireURL = "http://mix/"

// wireTransport sends the request whose number the URL carries, as the very bytes that the closed loop sends, and reads
// the answer to its end. net/http's own transport wakes two more goroutines for each request; on a machine whose client
// shares a core with the origin, that is what one would measure.
type wireTransport struct {
	target target
	wire   [][]byte

	mu   sync.Mutex // guards idle
	idle []*connection
}

// RoundTrip implements [http.RoundTripper].
func (t *wireTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	number, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil || number < 0 || number >= len(t.wire) {
		return nil, fmt.Errorf("the mix has no request %q", r.URL.Path)
	}
	c := t.take()
	status, err := c.do(r.Context(), t.wire[number])
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.idle = append(t.idle, c)
	t.mu.Unlock()
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status), Body: http.NoBody, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// take returns the connection used last, so that spare ones rest.
func (t *wireTransport) take() *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.idle) == 0 {
		return &connection{target: t.target}
	}
	c := t.idle[len(t.idle)-1]
	t.idle = t.idle[:len(t.idle)-1]
	return c
}

func (t *wireTransport) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.idle {
		c.close()
	}
	t.idle = nil
}
