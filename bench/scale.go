package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ScaleConfig is what `sekisho bench scale` measures with.
type ScaleConfig struct {
	Binary      string // empty: this program
	Command     string // for the report
	Sites       int
	Mode        sekisho.Mode
	Rounds      int
	Duration    time.Duration // of each round of each proxy
	Connections int
	Start       time.Duration // how long the proxy of many sites may take to come up
}

// DefaultScale takes about a minute.
func DefaultScale() ScaleConfig {
	return ScaleConfig{Sites: 10_000, Mode: sekisho.ModeBlock, Rounds: 7, Duration: time.Second, Connections: 16, Start: 10 * time.Minute}
}

// Validate reports the first setting that cannot work by its name (KindInvalid).
func (c ScaleConfig) Validate() error {
	switch {
	case c.Sites < 2 || c.Sites > 1_000_000:
		return sekisho.Invalid(fmt.Sprintf("sites %d: use 2 to 1000000", c.Sites))
	case c.Rounds < 1 || c.Rounds > 1000:
		return sekisho.Invalid(fmt.Sprintf("rounds %d: use 1 to 1000", c.Rounds))
	case c.Duration <= 0 || c.Duration > time.Hour:
		return sekisho.Invalid(fmt.Sprintf("duration %s: use a time up to 1h, such as 1s", c.Duration))
	case c.Connections < 1 || c.Connections > maxConnections:
		return sekisho.Invalid(fmt.Sprintf("connections %d: use 1 to %d", c.Connections, maxConnections))
	case c.Start <= 0:
		return sekisho.Invalid(fmt.Sprintf("start %s: use a time above zero, such as 10m", c.Start))
	}
	return nil
}

// ScaleReport is what `sekisho bench scale --json` prints.
type ScaleReport struct {
	Sites        int     `json:"sites"`
	RSSMB        float64 `json:"rss_mb"` // of the proxy of many sites, behind all load
	RSSOneSite   float64 `json:"rss_one_site_mb"`
	BytesPerSite float64 `json:"bytes_per_site"` // the difference of the two, garbage included
	LookupNS     float64 `json:"lookup_ns"`      // processor time that a request costs more with many sites, all of which are asked
	RPS          float64 `json:"rps"`            // medians of the rounds
	RPSOneSite   float64 `json:"rps_one_site"`
	Ratio        float64 `json:"ratio"`
	RatioByCPU   float64 `json:"ratio_by_cpu"` // what neighbours on the machine disturb less
	Spread       float64 `json:"spread"`
	StartS       float64 `json:"start_s"` // until the last of the sites was answered for, its record made on the way
	Failed       int     `json:"failed_requests"`

	Pinning string    `json:"pinning"`
	Commit  string    `json:"commit"`
	CPU     string    `json:"cpu"`
	Command string    `json:"command"`
	Time    time.Time `json:"time"`
}

// scaled is one proxy, with its sites, and what it gave.
type scaled struct {
	process *child
	address string
	wire    [][]byte
	rates   []float64
	done    int
	used    time.Duration
	failed  int
}

// askedSites bounds how many of the sites are asked: enough that nothing about them stays in the processor's caches.
const askedSites = 20_000

// Scale measures what it costs to serve many sites instead of one: two proxies of this binary, each with its own records,
// in turns. Every request asks for a page of another site.
func Scale(ctx context.Context, cfg ScaleConfig) (_ ScaleReport, err error) {
	if err := cfg.Validate(); err != nil {
		return ScaleReport{}, fmt.Errorf("benchmark: %w", err)
	}
	if cfg.Binary == "" {
		if cfg.Binary, err = os.Executable(); err != nil {
			return ScaleReport{}, fmt.Errorf("find the running program: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "sekisho-bench-")
	if err != nil {
		return ScaleReport{}, fmt.Errorf("make a directory for the run: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	where := plan(allowedCores())
	if len(where.client) > 0 {
		release, err := pinSelf(where.client)
		if err != nil {
			return ScaleReport{}, fmt.Errorf("benchmark: %w", err)
		}
		defer release()
	}
	origin, err := freeAddress()
	if err != nil {
		return ScaleReport{}, err
	}
	behind, err := startChild("origin", cfg.Binary, where.origin, "bench", "origin", "--addr", origin)
	if err != nil {
		return ScaleReport{}, err
	}
	defer behind.stop()
	if err := behind.await(ctx, target{address: origin, host: siteHost}, "/", http.StatusOK); err != nil {
		return ScaleReport{}, err
	}
	one, err := cfg.start(ctx, filepath.Join(dir, "one"), origin, 1, where)
	if err != nil {
		return ScaleReport{}, err
	}
	defer one.process.stop()
	began := time.Now()
	many, err := cfg.start(ctx, filepath.Join(dir, "many"), origin, cfg.Sites, where)
	if err != nil {
		return ScaleReport{}, err
	}
	defer many.process.stop()
	started := time.Since(began)

	for round := range cfg.Rounds + 1 { // the first warms up
		pair := []*scaled{one, many}
		for i := range pair {
			if err := pair[(round+i)%2].run(ctx, cfg, round > 0); err != nil {
				return ScaleReport{}, fmt.Errorf("benchmark: %w", err)
			}
		}
	}
	r := ScaleReport{
		Sites: cfg.Sites, RSSMB: round(memory(many.process.pid()), 1), RSSOneSite: round(memory(one.process.pid()), 1),
		RPS: round(median(many.rates), 0), RPSOneSite: round(median(one.rates), 0), Spread: round(max(spread(one.rates), spread(many.rates)), 2),
		StartS: round(started.Seconds(), 2), Failed: one.failed + many.failed,
		Pinning: where.String(), Commit: commit(), CPU: cpuName(), Command: cfg.Command, Time: time.Now().UTC(),
	}
	r.BytesPerSite = round((r.RSSMB-r.RSSOneSite)*(1<<20)/float64(cfg.Sites-1), 0)
	r.LookupNS = round(many.perRequest()-one.perRequest(), 0)
	r.Ratio = round(ratio(r.RPS, r.RPSOneSite), 3)
	r.RatioByCPU = round(ratio(one.perRequest(), many.perRequest()), 3)
	return r, nil
}

// scaleHost names site n.
func scaleHost(n int) string { return fmt.Sprintf("shop%06d.example", n) }

// start brings up a proxy with so many sites, which it takes from its configuration into its records and from there into
// its snapshot, and waits until it answers for the last of them.
func (cfg ScaleConfig) start(ctx context.Context, dir, origin string, sites int, where layout) (*scaled, error) {
	var addrs [3]string // http, https, portal
	for i := range addrs {
		var err error
		if addrs[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a directory for the run: %w", err)
	}
	hosts := make([]string, sites)
	for n := range hosts {
		hosts[n] = scaleHost(n)
	}
	config, err := ownSite{mode: cfg.Mode, profile: sekisho.DefaultPolicy().Profile}.write(dir, "http://"+origin, hosts)
	if err != nil {
		return nil, err
	}
	process, err := startChild("sekisho serve", cfg.Binary, where.proxy, "serve", "--config", config, "--data-dir", filepath.Join(dir, "data"),
		"--http", addrs[0], "--https", addrs[1], "--portal", addrs[2])
	if err != nil {
		return nil, err
	}
	s := &scaled{process: process, address: addrs[0]}
	limit := time.Now().Add(cfg.Start)
	for {
		err := process.await(ctx, target{address: s.address, host: hosts[sites-1]}, "/", http.StatusOK)
		if err == nil {
			break
		}
		if running := process.running(); ctx.Err() != nil || !running || time.Now().After(limit) {
			process.stop()
			return nil, errors.Join(err, ctx.Err())
		}
	}
	mix := NewMix(1)
	stride := max(1, sites/askedSites)
	for n := range max(min(sites, askedSites), len(mix)) {
		request := mix[n%len(mix)]
		if request.Method != http.MethodGet { // posts differ in how long they are, and a site more or less does not
			request = mix[0]
		}
		wire, err := onWire([]Request{request}, hosts[n*stride*7919%sites]) // a prime, so that neighbours are far apart
		if err != nil {
			process.stop()
			return nil, err
		}
		s.wire = append(s.wire, wire...)
	}
	return s, nil
}

// run measures one round.
func (s *scaled) run(ctx context.Context, cfg ScaleConfig, counts bool) error {
	before, err := cpuTime(s.process.pid())
	if err != nil {
		return err
	}
	got := closedLoop(ctx, target{address: s.address}, s.wire, nil, cfg.Connections, cfg.Duration)
	after, err := cpuTime(s.process.pid())
	if err != nil {
		return err
	}
	s.failed += got.failed()
	if counts {
		s.rates = append(s.rates, got.rate())
		s.done += got.succeeded
		s.used += after - before
	}
	return ctx.Err()
}

// perRequest is how many nanoseconds of processor time a request took.
func (s *scaled) perRequest() float64 { return ratio(float64(s.used), float64(s.done)) }

// WriteTable prints the report for people.
func (r ScaleReport) WriteTable(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%-10s %12s %12s\n", "sites", "1", fmt.Sprint(r.Sites))
	fmt.Fprintf(&out, "%-10s %12.0f %12.0f   %.3f (by CPU %.3f), rounds up to %.0f%% apart\n", "requests/s", r.RPSOneSite, r.RPS, r.Ratio, r.RatioByCPU, 100*r.Spread)
	fmt.Fprintf(&out, "%-10s %12.1f %12.1f   %.0f bytes a site\n", "memory MB", r.RSSOneSite, r.RSSMB, r.BytesPerSite)
	fmt.Fprintf(&out, "\na request costs %.0f ns more; all sites answered after %.1f s; %d requests failed\n%s\n%s\n", r.LookupNS, r.StartS, r.Failed, r.Pinning, r.Commit)
	_, err := io.WriteString(w, out.String())
	return err
}
