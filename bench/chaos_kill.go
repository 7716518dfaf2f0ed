package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"
)

// readLines returns the numbers of the events, one JSON object a line.
func readLines(out []byte) (ids []string) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct{ ID string }
		if json.Unmarshal(lines.Bytes(), &event) == nil && event.ID != "" {
			ids = append(ids, event.ID)
		}
	}
	return ids
}

// attackers send attacks and keep the number of each that was answered.
type attackers struct {
	mu       sync.Mutex // guards answered and other
	answered map[string]bool
	other    int // answers that are no 403
}

func (a *attackers) send(ctx context.Context, address string, connections int) {
	raw := []byte("GET " + attackPath + " HTTP/1.1\r\nHost: " + healthyHost + "\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nConnection: close\r\n\r\n")
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for ctx.Err() == nil {
				answer, err := sendRaw(ctx, address, raw)
				if err != nil || answer == nil {
					pause(ctx, errorPause)
					continue
				}
				a.mu.Lock()
				if answer.status == 403 {
					a.answered[answer.header.Get("X-Request-Id")] = true
				} else {
					a.other++
				}
				a.mu.Unlock()
				pause(ctx, 10*time.Millisecond)
			}
		})
	}
	all.Wait()
}

// killAtRandom kills the process under attacks and ordinary load, starts it again, and looks in its records for the number of
// every block page that was answered.
func killAtRandom(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
	dir, err := c.dataDir("kill")
	if err != nil {
		return nil, err
	}
	r, err := c.newRig(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	defer func() { r.stop() }()
	a := &attackers{answered: map[string]bool{}}
	slowest, other := 0.0, 0
	for range c.cfg.Kills {
		load, stop := context.WithCancel(ctx)
		var both sync.WaitGroup
		both.Go(func() { a.send(load, r.addrs[1], 4) })
		visitors, err := startVisitors(load, r.healthy(), c.cfg.Rate)
		if err != nil {
			stop()
			return nil, err
		}
		pause(ctx, time.Duration(100+rand.IntN(900))*time.Millisecond) //nolint:gosec // a moment, not a secret
		seen := visitors.sofar()
		other += seen.failed() // before the kill everything is answered
		if c.cfg.during != nil {
			c.cfg.during("kill -9", r)
		}
		r.kill()
		stop()
		visitors.stop()
		both.Wait()
		began := time.Now()
		if err := r.start(ctx); err != nil {
			return nil, err
		}
		slowest = max(slowest, time.Since(began).Seconds())
	}
	lost, doubled, err := r.stored(ctx, a.answered)
	if err != nil {
		return nil, err
	}
	return []ChaosFigure{
		figure("kills", float64(c.cfg.Kills)),
		atLeast("events answered", float64(len(a.answered)), 1),
		atMost("of them not in the records", float64(lost), 0),
		atMost("% of them there twice", round(100*ratio(float64(doubled), float64(len(a.answered))), 2), 1),
		atMost("requests failed before a kill", float64(other+a.other), 0),
		atMost("s from a start to the first attack stopped, the longest", round(slowest, 2), 2),
	}, nil
}
