package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// TrafficConfig says whom the traffic visits and how lively it is.
type TrafficConfig struct {
	Address string         // the proxy's HTTPS listener, host and port; loopback only
	Host    string         // the protected site's host, used as TLS name and Host
	RootCAs *x509.CertPool // whom to trust for Host: the demo's local authority

	VisitRate  float64 // ordinary requests per second
	AttackRate float64 // attack requests per second; 0 sends none

	// Spread gives visitors and attackers loopback addresses of their own, 127.0.0.11 and up and 127.0.0.201 and up,
	// so that they can be told apart. It needs an IPv4 Address, and works on Linux, where all of 127.0.0.0/8 is
	// loopback; elsewhere everybody comes from 127.0.0.1.
	Spread bool
	Seed   uint64 // equal seeds walk equal ways through the site
}

// maxRate bounds both rates: this is a demonstration, not a load test.
const maxRate = 50

// DefaultTraffic is a small site on a quiet day with a scanner or two: two requests a second, an attack every three.
func DefaultTraffic() TrafficConfig {
	return TrafficConfig{VisitRate: 2, AttackRate: 0.3, Seed: 1}
}

// Validate reports the first setting that cannot work (KindInvalid).
func (c TrafficConfig) Validate() error {
	address, err := loopback(c.Address)
	switch {
	case err != nil:
		return err
	case c.Spread && !address.Addr().Unmap().Is4():
		return sekisho.Invalid(fmt.Sprintf("demo address %q: Spread needs an IPv4 loopback address", c.Address))
	case c.VisitRate <= 0 || c.VisitRate > maxRate:
		return sekisho.Invalid(fmt.Sprintf("demo visit rate %g: use more than 0, at most %d", c.VisitRate, maxRate))
	case c.AttackRate < 0 || c.AttackRate > maxRate:
		return sekisho.Invalid(fmt.Sprintf("demo attack rate %g: use 0 to %d", c.AttackRate, maxRate))
	}
	_, err = sekisho.CanonicalHost(c.Host)
	return err
}

// Counts is what the traffic has done so far.
type Counts struct {
	Visits  int64 // ordinary requests answered
	Attacks int64 // attack requests answered
	Stopped int64 // attack requests answered 403
	Failed  int64 // requests without an answer
}

// Traffic is the demo's visitors and attackers. It starts enabled. All methods are safe for concurrent use.
type Traffic struct {
	cfg       TrafficConfig
	log       *slog.Logger
	visitors  []*client
	attackers []*client

	visits, attacks, stopped, failed atomic.Int64

	mu     sync.Mutex
	resume chan struct{} // closed while enabled; a fresh one, closed by SetEnabled(true), while paused
	paused bool
}

// NewTraffic prepares traffic to a proxy on this machine; it sends nothing before [Traffic.Run].
// A bad setting, and above all an address that is not loopback, is KindInvalid.
func NewTraffic(cfg TrafficConfig, log *slog.Logger) (*Traffic, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("set up demo traffic: %w", err)
	}
	t := &Traffic{cfg: cfg, log: log, resume: make(chan struct{})}
	close(t.resume)
	settings := &tls.Config{ServerName: cfg.Host, RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
	for i, agent := range visitorAgents {
		t.visitors = append(t.visitors, newClient(cfg, settings, agent, source(cfg, 11+i)))
	}
	for i, agent := range attackerAgents {
		t.attackers = append(t.attackers, newClient(cfg, settings, agent, source(cfg, 201+i)))
	}
	return t, nil
}

// source is the loopback address that a client binds, or the zero address for "the system chooses".
func source(cfg TrafficConfig, last int) netip.Addr {
	if !cfg.Spread {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, byte(last)})
}

// SetEnabled pauses the traffic, or lets it go on; requests under way are finished.
func (t *Traffic) SetEnabled(enabled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if enabled == !t.paused {
		return
	}
	t.paused = !enabled
	if enabled {
		close(t.resume)
	} else {
		t.resume = make(chan struct{})
	}
}

// Enabled reports whether traffic is being sent.
func (t *Traffic) Enabled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.paused
}

// Counts returns what has been done so far.
func (t *Traffic) Counts() Counts {
	return Counts{Visits: t.visits.Load(), Attacks: t.attacks.Load(), Stopped: t.stopped.Load(), Failed: t.failed.Load()}
}

// Run sends traffic until ctx ends, then returns nil. Requests that fail are counted, never fatal: a proxy that is
// restarting is part of a demonstration.
func (t *Traffic) Run(ctx context.Context) error {
	defer func() {
		for _, c := range append(t.visitors, t.attackers...) {
			c.http.CloseIdleConnections()
		}
	}()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { t.visit(ctx, t.random(1)); return nil })
	group.Go(func() error { t.listen(ctx); return nil })
	if t.cfg.AttackRate > 0 {
		group.Go(func() error { t.attack(ctx, t.random(2)); return nil })
	}
	return group.Wait()
}

func (t *Traffic) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(t.cfg.Seed, stream)) }

// wait returns when the next request may be sent, and false when ctx has ended.
func (t *Traffic) wait(ctx context.Context, pace *rate.Limiter) bool {
	for {
		t.mu.Lock()
		resume := t.resume
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-resume:
		}
		if pace.Wait(ctx) != nil {
			return false
		}
		if t.Enabled() { // it may have been paused while the pace made us wait
			return true
		}
	}
}

// visit walks ordinary visitors through the site, one after another.
func (t *Traffic) visit(ctx context.Context, random *rand.Rand) {
	pace := rate.NewLimiter(rate.Limit(t.cfg.VisitRate), 1)
	for {
		visitor := t.visitors[random.IntN(len(t.visitors))]
		for _, step := range walks[random.IntN(len(walks))] {
			if !t.wait(ctx, pace) {
				return
			}
			if _, err := visitor.send(ctx, step); err != nil {
				t.miss(ctx, err)
				break
			}
			t.visits.Add(1)
		}
	}
}

// attack goes through the whole table in an order of its own, again and again. Each family has its attacker, so that
// what belongs together comes from one address.
func (t *Traffic) attack(ctx context.Context, random *rand.Rand) {
	pace := rate.NewLimiter(rate.Limit(t.cfg.AttackRate), 1)
	for {
		for _, i := range random.Perm(len(attacks)) {
			if !t.wait(ctx, pace) {
				return
			}
			status, err := t.attackers[attackerOf(attacks[i].family)].send(ctx, attacks[i].request)
			if err != nil {
				t.miss(ctx, err)
				continue
			}
			t.attacks.Add(1)
			if status == 403 {
				t.stopped.Add(1)
			}
		}
	}
}

// listen is the visitor who leaves the home page open: the news for a while, a word with the reception, a pause.
func (t *Traffic) listen(ctx context.Context) {
	pace := rate.NewLimiter(rate.Every(15*time.Second), 1)
	for t.wait(ctx, pace) {
		visitor := t.visitors[0]
		if err := visitor.readNews(ctx, 3); err != nil {
			t.miss(ctx, err)
			continue
		}
		t.visits.Add(1)
		if err := visitor.chat(ctx, t.cfg, "見学会の予約はできますか。"); err != nil {
			t.miss(ctx, err)
			continue
		}
		t.visits.Add(1)
	}
}

func (t *Traffic) miss(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	t.failed.Add(1)
	t.log.DebugContext(ctx, "demo request not answered", obs.Err(err))
}
