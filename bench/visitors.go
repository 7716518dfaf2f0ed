package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// visitorConnections share out the rate: each is used often enough that no server ends it for resting.
const visitorConnections = 16

// visitors ask for ordinary pages at a steady rate until they are stopped. A request's time runs from when it was due, so
// that a server that stands still for a moment is charged for everybody who would have come. Nothing is asked twice.
type visitors struct {
	stopping context.CancelFunc
	done     sync.WaitGroup

	mu    sync.Mutex // guards all below
	total outcome
	phase outcome
}

func startVisitors(ctx context.Context, t target, rate float64) (*visitors, error) {
	wire, err := onWire(NewMix(1), t.host)
	if err != nil {
		return nil, err
	}
	v := &visitors{}
	ctx, v.stopping = context.WithCancel(ctx)
	every := time.Duration(float64(time.Second) * visitorConnections / rate)
	begin := time.Now()
	for i := range visitorConnections {
		v.done.Go(func() {
			c := &connection{target: t}
			defer c.close()
			due := begin.Add(every * time.Duration(i) / visitorConnections)
			for turn := i; ; turn += visitorConnections {
				pause(ctx, time.Until(due))
				if ctx.Err() != nil {
					return
				}
				status, err := c.do(context.WithoutCancel(ctx), wire[turn%len(wire)])
				v.note(status, err, time.Since(due))
				due = due.Add(every)
			}
		})
	}
	return v, nil
}

func (v *visitors) note(status int, err error, took time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.total.note(status, err)
	v.phase.note(status, err)
	v.phase.latencies = append(v.phase.latencies, took)
	v.total.latencies = append(v.total.latencies, took)
}

// during returns what the visitors see for a while, from now.
func (v *visitors) during(ctx context.Context, d time.Duration) outcome {
	v.mu.Lock()
	v.phase = outcome{}
	v.mu.Unlock()
	pause(ctx, d)
	return v.sofar()
}

// sofar returns what the visitors have seen since the phase began.
func (v *visitors) sofar() outcome {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := v.phase
	seen.latencies = slices.Sorted(slices.Values(seen.latencies))
	return seen
}

// stop waits for the answers under way and returns what was seen in all.
func (v *visitors) stop() outcome {
	v.stopping()
	v.done.Wait()
	return v.total
}

func (o *outcome) p99() float64 { return milliseconds(percentile(o.latencies, 99)) }

// failures are the figures that every fault has in common.
func (o *outcome) failures() []ChaosFigure {
	name := "requests of visitors failed"
	if o.failed() > 0 {
		name += fmt.Sprintf(" %v %s", byStatus(o.non2xx), o.firstErr)
	}
	return []ChaosFigure{figure("requests of visitors answered", float64(o.succeeded)), atMost(name, float64(o.failed()), 0)}
}
