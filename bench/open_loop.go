package bench

import (
	"context"
	"errors"
	"net"
	"net/http"
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
	mix    []Request
	client *http.Client
}

func newOpenLoop(t target, mix []Request) *openLoop {
	return &openLoop{
		target: t, mix: mix,
		client: &http.Client{
			Timeout: grace,
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", t.address)
				},
				TLSClientConfig:     clientTLS(t),
				MaxIdleConnsPerHost: maxWorkers,
				DisableCompression:  true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// run sends rate requests a second for a while, from the head of the mix.
func (l *openLoop) run(ctx context.Context, rate float64, duration time.Duration) outcome {
	const per = 1000 // seconds, so that rates below one a second have digits too
	pace := vegeta.Rate{Freq: max(int(rate*per), 1), Per: per * time.Second}
	var next atomic.Int64 // the targeter is called by all workers at once
	targeter := func(t *vegeta.Target) error {
		r := l.mix[(next.Add(1)-1)%int64(len(l.mix))]
		*t = vegeta.Target{Method: r.Method, URL: l.target.base() + r.Target, Body: r.Body, Header: r.Header}
		return nil
	}
	attacker := vegeta.NewAttacker(
		vegeta.Client(l.client), vegeta.Workers(8), vegeta.MaxWorkers(maxWorkers), vegeta.MaxBody(0),
	)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()

	var total outcome
	start := time.Now()
	for result := range attacker.Attack(targeter, pace, duration, "") {
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

func (l *openLoop) close() { l.client.CloseIdleConnections() }
