package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	siteHost = "bench.localhost"
	// attackPath is what an inspecting proxy must stop before it counts as protecting.
	attackPath = "/?id=1%27%20UNION%20SELECT%20user%2Cpassword%20FROM%20users--%20-"
	starts     = 3
)

// program is one thing that is measured, and what was measured of it.
type program struct {
	name   string
	target target
	child  *child // nil for a proxy that somebody else started
	wire   [][]byte

	rates  []float64 // requests/s of each closed-loop round
	closed outcome
	usage  usage
}

// Load measures what cfg asks for and returns the report. A run in which requests failed returns a report that says so
// in FailedRequests; an error means that nothing could be measured. Everything that it started has ended when it returns.
func Load(ctx context.Context, cfg LoadConfig) (LoadReport, error) {
	if err := cfg.Validate(); err != nil {
		return LoadReport{}, fmt.Errorf("benchmark: %w", err)
	}
	b := &bench{cfg: cfg, mix: NewMix(cfg.Seed), where: plan(allowedCores())}
	defer b.stop()
	if len(b.where.client) > 0 {
		release, err := pinSelf(b.where.client)
		if err != nil {
			return LoadReport{}, fmt.Errorf("benchmark: %w", err)
		}
		defer release()
	}
	if err := b.prepare(ctx); err != nil {
		return LoadReport{}, fmt.Errorf("benchmark: %w", err)
	}
	b.throughput(ctx)
	b.latency(ctx)
	b.attackMix = b.underAttack(ctx)
	if err := ctx.Err(); err != nil {
		return LoadReport{}, fmt.Errorf("benchmark stopped before its end: %w", err)
	}
	return b.report(), nil
}

// bench is one run.
type bench struct {
	cfg   LoadConfig
	mix   []Request
	where layout

	dir       string
	origin    *child
	children  []*child
	programs  []*program // in the order of the first round
	loops     []*latencyRun
	startUps  []float64          // seconds
	missing   map[string]string  // peers that do not take part, and why
	attacked  map[string]outcome // by program, with attacks in the mix
	attackMix *AttackMix
}

func (b *bench) find(name string) *program {
	for _, p := range b.programs {
		if p.name == name {
			return p
		}
	}
	return nil
}

// prepare starts what is to be measured, and checks that off lets an attack pass and on stops it.
func (b *bench) prepare(ctx context.Context) error {
	if b.cfg.URL != "" {
		t, err := parseTarget(b.cfg.URL, b.cfg.Host)
		if err != nil {
			return err
		}
		b.where.proxy, b.where.origin = nil, nil // somebody else decided where they run
		return b.measure("url", t, nil)
	}
	if b.cfg.Binary == "" {
		binary, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find the running program: %w", err)
		}
		b.cfg.Binary = binary
	}
	dir, err := os.MkdirTemp("", "sekisho-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the run: %w", err)
	}
	b.dir = dir

	originAddr, err := freeAddress()
	if err != nil {
		return err
	}
	if b.origin, err = b.start("origin", b.where.origin, "bench", "origin", "--addr", originAddr); err != nil {
		return err
	}
	if err := b.origin.await(ctx, target{address: originAddr, host: siteHost}, "/", 200); err != nil {
		return err
	}
	originURL := "http://" + originAddr

	on, err := b.startOn(ctx, originURL)
	if err != nil {
		return err
	}
	off, t, err := b.startSekisho("waf off", originURL, sekisho.ModeOff, "off")
	if err != nil {
		return err
	}
	if err := off.await(ctx, t, attackPath, 200); err != nil {
		return fmt.Errorf("with inspection off everything must pass: %w", err)
	}
	if err := b.measure("off", t, off); err != nil {
		return err
	}
	b.programs = append(b.programs, on)
	if err := b.startBare(ctx, originURL); err != nil || !b.cfg.Peers {
		return err
	}
	return b.startPeers(ctx, originURL)
}

// startOn starts the inspecting proxy several times on fresh directories, times each start to the first attack that is
// stopped, and leaves the last one running.
func (b *bench) startOn(ctx context.Context, originURL string) (*program, error) {
	var on *program
	for i := range starts {
		if on != nil {
			on.child.stop()
		}
		began := time.Now()
		c, t, err := b.startSekisho("waf on", originURL, b.cfg.Mode, fmt.Sprintf("on%d", i))
		if err != nil {
			return nil, err
		}
		if b.cfg.Mode == sekisho.ModeBlock {
			err = c.await(ctx, t, attackPath, 403)
		} else { // in detect mode the answer does not show the inspection
			err = c.await(ctx, t, attackPath, 200)
		}
		if err != nil {
			return nil, err
		}
		b.startUps = append(b.startUps, time.Since(began).Seconds())
		if on, err = b.newProgram("on", t, c); err != nil {
			return nil, err
		}
	}
	return on, nil
}

// startSekisho starts `sekisho serve` for one site with a data directory of its own.
func (b *bench) startSekisho(name, originURL string, mode sekisho.Mode, dir string) (*child, target, error) {
	var addrs [3]string
	for i := range addrs {
		addr, err := freeAddress()
		if err != nil {
			return nil, target{}, err
		}
		addrs[i] = addr
	}
	c, err := b.start(name, b.where.proxy, "serve",
		"--data-dir", filepath.Join(b.dir, dir), "--http", addrs[0], "--https", addrs[1], "--portal", addrs[2],
		"--site", siteHost+"="+originURL, "--mode", mode.String())
	if err != nil {
		return nil, target{}, err
	}
	if b.cfg.TLS {
		return c, target{address: addrs[1], host: siteHost, tls: true}, nil
	}
	return c, target{address: addrs[0], host: siteHost}, nil
}

func (b *bench) startBare(ctx context.Context, originURL string) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	args := []string{"bench", "bare", "--addr", addr, "--origin", originURL}
	if b.cfg.TLS {
		args = append(args, "--tls")
	}
	c, err := b.start("bare proxy", b.where.proxy, args...)
	if err != nil {
		return err
	}
	t := target{address: addr, host: siteHost, tls: b.cfg.TLS}
	if err := c.await(ctx, t, "/", 200); err != nil {
		return err
	}
	return b.measure("bare", t, c)
}

func (b *bench) start(name string, cores []int, args ...string) (*child, error) {
	c, err := startChild(name, b.cfg.Binary, cores, args...)
	if err == nil {
		b.children = append(b.children, c)
	}
	return c, err
}

func (b *bench) newProgram(name string, t target, c *child) (*program, error) {
	wire, err := onWire(b.mix, t.host)
	return &program{name: name, target: t, child: c, wire: wire}, err
}

func (b *bench) measure(name string, t target, c *child) error {
	p, err := b.newProgram(name, t, c)
	b.programs = append(b.programs, p)
	return err
}

// stop ends every child and removes what they wrote.
func (b *bench) stop() {
	for _, c := range b.children {
		c.stop()
	}
	if b.dir != "" {
		_ = os.RemoveAll(b.dir) // a temporary directory; the system's own cleaning is the second chance
	}
}

// warmUp bounds how long each program is driven before it is measured: connections, caches, the collector's pace.
const warmUp = time.Second

// throughput drives the programs in turns, each round starting with another one, so that whatever else the machine
// does meets all of them.
func (b *bench) throughput(ctx context.Context) {
	slice := b.cfg.Duration / time.Duration(b.cfg.Rounds)
	for _, p := range b.programs {
		closedLoop(ctx, p.target, p.wire, nil, b.cfg.Connections, min(warmUp, slice))
	}
	for round := range b.cfg.Rounds {
		for i := range b.programs {
			if ctx.Err() != nil {
				return
			}
			p := b.programs[(round+i)%len(b.programs)]
			began := b.snapshot(p)
			result := closedLoop(ctx, p.target, p.wire, nil, b.cfg.Connections, slice)
			p.usage.add(began, b.snapshot(p))
			p.rates = append(p.rates, result.rate())
			p.closed.add(result)
		}
	}
}

// latencyRun is one program at one rate.
type latencyRun struct {
	name string
	rate float64
	from *program
	loop *openLoop
	outcome
	usage usage
	p99s  []float64 // milliseconds, of each round
}

// idleRate is a node that has next to nothing to do: a request every 5 ms.
const idleRate = 200

// latency drives each inspected or uninspected proxy at half of its own throughput, and the uninspected one also at
// the inspected one's rate: what inspection adds is the difference at one rate. Then both, nearly idle, with pages alone:
// what one visitor feels of it.
func (b *bench) latency(ctx context.Context) {
	plan := func(name string, p *program, rate float64) {
		b.loops = append(b.loops, &latencyRun{name: name, rate: rate, from: p, loop: newOpenLoop(p.target, p.wire)})
	}
	idle := func(name string, p *program) {
		var pages [][]byte
		for i, r := range b.mix {
			if r.Class == ClassPage {
				pages = append(pages, p.wire[i])
			}
		}
		b.loops = append(b.loops, &latencyRun{name: name, rate: idleRate, from: p, loop: newOpenLoop(p.target, pages)})
	}
	if on, off := b.find("on"), b.find("off"); on != nil && off != nil {
		plan("off", off, median(off.rates)/2)
		plan("on", on, median(on.rates)/2)
		plan("off_at_on_rate", off, median(on.rates)/2)
		idle("idle_off", off)
		idle("idle_on", on)
	} else {
		plan("url", b.programs[0], median(b.programs[0].rates)/2)
	}
	slice := b.cfg.Duration / time.Duration(b.cfg.Rounds)
	for round := range b.cfg.Rounds {
		for i := range b.loops {
			run := b.loops[(round+i)%len(b.loops)]
			if ctx.Err() != nil || run.rate == 0 {
				continue
			}
			began := b.snapshot(run.from)
			result := run.loop.run(ctx, run.rate, slice)
			slices.Sort(result.latencies)
			run.p99s = append(run.p99s, milliseconds(percentile(result.latencies, 99)))
			run.add(result)
			run.usage.add(began, b.snapshot(run.from))
		}
	}
	for _, run := range b.loops {
		run.loop.close()
	}
}

// usage sums what the three parties used of one core while a program was driven.
type usage struct {
	wall, proxy, origin, client time.Duration
	unknown                     bool
}

// moment is the processor time of the three parties at one moment.
type moment struct {
	at                    time.Time
	proxy, origin, client time.Duration
	err                   error
}

func (b *bench) snapshot(p *program) moment {
	m := moment{at: time.Now()}
	read := func(c *child) (used time.Duration) {
		if c == nil {
			return 0
		}
		used, err := cpuTime(c.pid())
		m.err = errors.Join(m.err, err)
		return used
	}
	m.proxy, m.origin = read(p.child), read(b.origin)
	client, err := cpuTime(os.Getpid())
	m.client, m.err = client, errors.Join(m.err, err)
	return m
}

func (u *usage) add(from, to moment) {
	u.wall += to.at.Sub(from.at)
	u.proxy += to.proxy - from.proxy
	u.origin += to.origin - from.origin
	u.client += to.client - from.client
	u.unknown = u.unknown || from.err != nil || to.err != nil
}
