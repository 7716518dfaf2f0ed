package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// FairnessConfig says how long [Fairness] measures.
type FairnessConfig struct {
	Duration time.Duration // of each phase of each round
	Rounds   int           // each has a quiet phase and one of each flood
	Rate     float64       // requests a second to the site that is measured
	Flood    int           // connections that flood the other site, each with one request at a time
	Seed     uint64
	Binary   string // the program that is started; empty means the running one
	Command  string // how the run was asked for, for the report
}

// DefaultFairness takes about a minute and a half.
func DefaultFairness() FairnessConfig {
	return FairnessConfig{Duration: 5 * time.Second, Rounds: 5, Rate: 200, Flood: 16, Seed: 1}
}

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c FairnessConfig) Validate() error {
	switch {
	case c.Rounds < 1 || c.Rounds > maxRounds:
		return sekisho.Invalid(fmt.Sprintf("rounds %d: use 1 to %d", c.Rounds, maxRounds))
	case c.Duration < 100*time.Millisecond || c.Duration > maxDuration:
		return sekisho.Invalid(fmt.Sprintf("duration %s: use 100ms to %s", c.Duration, maxDuration))
	case c.Rate < 1 || c.Rate > 100000:
		return sekisho.Invalid(fmt.Sprintf("rate %g: use 1 to 100000 requests a second", c.Rate))
	case c.Flood < 1 || c.Flood > maxConnections:
		return sekisho.Invalid(fmt.Sprintf("flood %d: use 1 to %d connections", c.Flood, maxConnections))
	}
	return nil
}

const (
	floodedHost  = "flooded.localhost"
	measuredHost = "measured.localhost"
)

// floods are requests that the rules must look at: many that take them a millisecond, and few that take a tenth of a second.
func floods() map[string][]Request {
	header := http.Header{"User-Agent": {"Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}, "Accept": {"*/*"}}
	withForm := header.Clone()
	withForm.Set("Content-Type", "application/x-www-form-urlencoded")
	heavy := url.Values{"q": {"1' union select name,pass from users-- -"}}
	for n := range 500 {
		heavy.Set(fmt.Sprintf("field%d", n), "value")
	}
	var attacks []Request
	for n := range 50 {
		attacks = append(attacks, Request{Method: http.MethodGet, Header: header, Target: fmt.Sprintf("/items?page=%d&id=1%%27%%20UNION%%20SELECT%%20a%%20FROM%%20b--%%20-", n)})
	}
	return map[string][]Request{
		"attacks": attacks,
		"heavy":   {{Method: http.MethodPost, Target: "/contact", Header: withForm, Body: []byte(heavy.Encode())}},
	}
}

// Fairness measures what visitors of one site wait, without and with a flood on another site of the same proxy of requests
// that the rules must look at. The phases take turns. An error means that nothing could be measured.
func Fairness(ctx context.Context, cfg FairnessConfig) (_ FairnessReport, err error) {
	if err := cfg.Validate(); err != nil {
		return FairnessReport{}, fmt.Errorf("benchmark: %w", err)
	}
	f := &fairness{cfg: cfg, where: plan(allowedCores()), phases: map[string]*phase{}}
	defer f.stop()
	if len(f.where.client) > 0 {
		release, err := pinSelf(f.where.client)
		if err != nil {
			return FairnessReport{}, fmt.Errorf("benchmark: %w", err)
		}
		defer release()
	}
	if err := f.prepare(ctx); err != nil {
		return FairnessReport{}, fmt.Errorf("benchmark: %w", err)
	}
	defer f.loop.close()
	order := []string{"quiet", "attacks", "heavy"}
	for round := range cfg.Rounds {
		for i := range order {
			if err := f.run(ctx, order[(round+i)%len(order)]); err != nil {
				return FairnessReport{}, fmt.Errorf("benchmark: %w", err)
			}
		}
	}
	return f.report(), nil
}

// fairness is one run.
type fairness struct {
	cfg      FairnessConfig
	where    layout
	dir      string
	children []*child
	proxy    *child
	address  string
	loop     *openLoop
	wire     map[string][][]byte // of the floods
	phases   map[string]*phase
}

// phase is what one kind of phase gave in all rounds.
type phase struct {
	measured, flood outcome
	p50s, p99s      []float64 // milliseconds, by round
	proxyTime, wall time.Duration
}

func (f *fairness) prepare(ctx context.Context) (err error) {
	if f.cfg.Binary == "" {
		if f.cfg.Binary, err = os.Executable(); err != nil {
			return fmt.Errorf("find the running program: %w", err)
		}
	}
	if f.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return fmt.Errorf("make a directory for the run: %w", err)
	}
	var addrs [4]string // origin, http, https, portal
	for i := range addrs {
		if addrs[i], err = freeAddress(); err != nil {
			return err
		}
	}
	origin, err := startChild("origin", f.cfg.Binary, f.where.origin, "bench", "origin", "--addr", addrs[0])
	if err != nil {
		return err
	}
	f.children = append(f.children, origin)
	if err := origin.await(ctx, target{address: addrs[0], host: measuredHost}, "/", 200); err != nil {
		return err
	}
	f.address = addrs[1]
	f.proxy, err = startChild("sekisho serve", f.cfg.Binary, f.where.proxy, "serve", "--mode", "block",
		"--data-dir", filepath.Join(f.dir, "data"), "--http", addrs[1], "--https", addrs[2], "--portal", addrs[3],
		"--site", floodedHost+"=http://"+addrs[0], "--site", measuredHost+"=http://"+addrs[0])
	if err != nil {
		return err
	}
	f.children = append(f.children, f.proxy)
	for _, host := range []string{floodedHost, measuredHost} {
		if err := f.proxy.await(ctx, target{address: f.address, host: host}, attackPath, 403); err != nil {
			return fmt.Errorf("an attack must be stopped on both sites: %w", err)
		}
	}
	mix, err := onWire(NewMix(f.cfg.Seed), measuredHost)
	if err != nil {
		return err
	}
	f.loop = newOpenLoop(target{address: f.address, host: measuredHost}, mix)
	f.wire = map[string][][]byte{}
	for kind, requests := range floods() {
		if f.wire[kind], err = onWire(requests, floodedHost); err != nil {
			return err
		}
	}
	f.loop.run(ctx, f.cfg.Rate, min(warmUp, f.cfg.Duration))
	return ctx.Err()
}

// run measures one phase of one round.
func (f *fairness) run(ctx context.Context, kind string) error {
	p := f.phases[kind]
	if p == nil {
		p = &phase{}
		f.phases[kind] = p
	}
	used, err := cpuTime(f.proxy.pid())
	if err != nil {
		return err
	}
	flooding, stopFlood := context.WithCancel(ctx)
	defer stopFlood()
	var flood sync.WaitGroup
	if wire := f.wire[kind]; wire != nil {
		flood.Go(func() {
			result := closedLoop(flooding, target{address: f.address, host: floodedHost}, wire, nil, f.cfg.Flood, f.cfg.Duration+time.Second)
			p.flood.add(result)
		})
		pause(ctx, time.Second/4) // until it has filled the queue
	}
	began := time.Now()
	result := f.loop.run(ctx, f.cfg.Rate, f.cfg.Duration)
	stopFlood()
	flood.Wait()
	now, err := cpuTime(f.proxy.pid())
	if err != nil {
		return err
	}
	p.proxyTime += now - used
	p.wall += time.Since(began)
	slices.Sort(result.latencies)
	p.p50s = append(p.p50s, milliseconds(percentile(result.latencies, 50)))
	p.p99s = append(p.p99s, milliseconds(percentile(result.latencies, 99)))
	p.measured.add(result)
	return ctx.Err()
}

func (f *fairness) stop() {
	for _, c := range slices.Backward(f.children) {
		c.stop()
	}
	if f.dir != "" {
		_ = os.RemoveAll(f.dir)
	}
}
