package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// FloodsConfig says how hard and how long [Floods] presses.
type FloodsConfig struct {
	Hold        time.Duration // of each flood, and of the quiet phases around it together
	Connections int           // of slow visitors
	Rate        float64       // requests a second of ordinary visitors, throughout
	Only        []string      // floods by name; empty: all
	Binary      string        // the program that is started; empty means the running one
	Command     string        // how the run was asked for, for the report
}

// DefaultFloods takes about two and a half minutes. Its floods last longer than an attacker on one connection may.
func DefaultFloods() FloodsConfig {
	return FloodsConfig{Hold: 6 * time.Second, Connections: 1000, Rate: 100}
}

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c FloodsConfig) Validate() error {
	switch {
	case c.Hold < 100*time.Millisecond || c.Hold > maxDuration:
		return sekisho.Invalid(fmt.Sprintf("hold %s: use 100ms to %s", c.Hold, maxDuration))
	case c.Connections < 1 || c.Connections > 10_000:
		return sekisho.Invalid(fmt.Sprintf("connections %d: use 1 to 10000", c.Connections))
	case c.Rate < 1 || c.Rate > 10_000:
		return sekisho.Invalid(fmt.Sprintf("rate %g: use 1 to 10000 requests a second", c.Rate))
	}
	for _, name := range c.Only {
		if !slices.Contains(FloodNames(), name) {
			return sekisho.Invalid(fmt.Sprintf("only %q: use %s", name, strings.Join(FloodNames(), ", ")))
		}
	}
	return nil
}

// FloodNames names every flood, in the order of the table.
func FloodNames() []string {
	var names []string
	for _, f := range slowFloods {
		names = append(names, f.name)
	}
	for _, f := range frameFloods {
		names = append(names, f.name)
	}
	return names
}

// What is promised of slow visitors (R5) and of floods on one connection (R6).
const (
	slowWorse    = 20 // percent of the p99 of others
	slowKiB      = 20 // of memory for each connection
	frameWorse   = 50
	frameMB      = 64
	frameClosedS = 5
)

// floodHeaderTimeout is the program's own default, and what a slow head and no more may take.
const floodHeaderTimeout = 10 * time.Second

// Floods presses on a proxy that it starts with one kind of flood after another, and measures what ordinary visitors wait before,
// meanwhile and behind. An error means that nothing could be measured.
func Floods(ctx context.Context, cfg FloodsConfig) (_ ChaosReport, err error) {
	if err := cfg.Validate(); err != nil {
		return ChaosReport{}, fmt.Errorf("benchmark: %w", err)
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && uint64(cfg.Connections)+200 > uint64(files.Cur)/2 { // the proxy has two for each
		cfg.Connections = max(int(files.Cur/2)-200, 1)
	}
	if cfg.Binary == "" {
		if cfg.Binary, err = os.Executable(); err != nil {
			return ChaosReport{}, fmt.Errorf("find the running program: %w", err)
		}
	}
	c := &chaos{cfg: ChaosConfig{Hold: cfg.Hold, Rate: cfg.Rate, Binary: cfg.Binary}}
	if c.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return ChaosReport{}, fmt.Errorf("make a directory for the run: %w", err)
	}
	defer func() { _ = os.RemoveAll(c.dir) }()
	report := ChaosReport{
		HoldS: cfg.Hold.Seconds(), Rate: cfg.Rate, Load: loadAverage(), CPU: cpuName(), Commit: commit(), Command: cfg.Command, Time: time.Now().UTC(),
	}
	row := func(promise, name string, run func(ctx context.Context, r *rig, v *visitors) ([]ChaosFigure, error)) {
		if ctx.Err() != nil || len(cfg.Only) > 0 && !slices.Contains(cfg.Only, name) {
			return
		}
		began := time.Now()
		row := ChaosRow{Promise: promise, Fault: name}
		var err error
		row.Figures, err = c.flooded(ctx, name, run)
		row.judge(err)
		row.Seconds = round(time.Since(began).Seconds(), 1)
		report.Rows = append(report.Rows, row)
	}
	for _, f := range slowFloods {
		row("R5", f.name, func(ctx context.Context, r *rig, v *visitors) ([]ChaosFigure, error) {
			return f.run(ctx, cfg, r, v)
		})
	}
	for _, f := range frameFloods {
		row("R6", f.name, func(ctx context.Context, r *rig, v *visitors) ([]ChaosFigure, error) {
			return f.run(ctx, cfg, r, v)
		})
	}
	if len(cfg.Only) == 0 {
		report.Rows = append(report.Rows, ChaosRow{
			Promise: "R6", Fault: "TLS KeyUpdate", Verdict: verdictSkipped, Figures: []ChaosFigure{},
			Why: "crypto/tls sends no KeyUpdate, and there is no other client here",
		})
	}
	if err := ctx.Err(); err != nil {
		return ChaosReport{}, fmt.Errorf("benchmark stopped before its end: %w", err)
	}
	return report, nil
}

// flooded starts a proxy for one flood, so that none inherits the memory of another, and visitors who come throughout.
func (c *chaos) flooded(ctx context.Context, name string, run func(context.Context, *rig, *visitors) ([]ChaosFigure, error)) ([]ChaosFigure, error) {
	dir, err := c.dataDir(name)
	if err != nil {
		return nil, err
	}
	r, v, leave, err := c.begin(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer leave()
	pause(ctx, warmUp)
	figures, err := run(ctx, r, v)
	if err != nil {
		return nil, err
	}
	all := v.stop()
	return append(all.failures(), figures...), nil
}

// worse are the figures of a flood between two quiet phases.
func worse(before, under, after *outcome, most float64) []ChaosFigure {
	quiet := min(before.p99(), after.p99()) // the one that neighbours on the machine disturbed less
	more := atMost("% that the p99 of visitors is worse", round(100*(ratio(under.p99(), quiet)-1), 1), most)
	more.Noise = round(100*ratio(max(before.p99(), after.p99())-quiet, quiet), 1)
	return []ChaosFigure{
		figure("p99 ms before", round(before.p99(), 2)), figure("p99 ms under the flood", round(under.p99(), 2)),
		figure("p99 ms behind it", round(after.p99(), 2)), more,
	}
}

// ended waits until the peer has closed, and returns how many seconds after began; patience and a second where it has not.
func ended(conn io.Reader, began time.Time, patience time.Duration) float64 {
	_, err := io.Copy(io.Discard, conn)
	if os.IsTimeout(err) {
		return (patience + time.Second).Seconds()
	}
	return time.Since(began).Seconds()
}
