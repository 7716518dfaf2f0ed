package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ChaosConfig says which faults [Chaos] brings about, and for how long.
type ChaosConfig struct {
	Hold     time.Duration // of each fault; those of origins hold for half of it
	Kills    int           // kill -9 at random moments
	Restarts int           // under load
	Reloads  int           // changes of a site under load
	Rate     float64       // requests a second of ordinary visitors, throughout
	Only     []string      // faults by name, such as "redis frozen"; empty: all

	Binary  string // the program that is started; empty means the running one
	Redis   string // the Redis server that is started; empty: redis-server
	Command string // how the run was asked for, for the report

	during func(fault string, r *rig) // of tests: what else breaks while the fault holds
}

// DefaultChaos takes less than two minutes.
func DefaultChaos() ChaosConfig {
	return ChaosConfig{Hold: 5 * time.Second, Kills: 5, Restarts: 5, Reloads: 60, Rate: 100, Redis: "redis-server"}
}

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c ChaosConfig) Validate() error {
	switch {
	case c.Hold < 100*time.Millisecond || c.Hold > maxDuration:
		return sekisho.Invalid(fmt.Sprintf("hold %s: use 100ms to %s", c.Hold, maxDuration))
	case c.Kills < 1 || c.Kills > 1000 || c.Restarts < 1 || c.Restarts > 1000:
		return sekisho.Invalid(fmt.Sprintf("kills %d, restarts %d: use 1 to 1000", c.Kills, c.Restarts))
	case c.Reloads < 2 || c.Reloads > 100_000:
		return sekisho.Invalid(fmt.Sprintf("reloads %d: use 2 to 100000", c.Reloads))
	case c.Rate < 1 || c.Rate > 10_000:
		return sekisho.Invalid(fmt.Sprintf("rate %g: use 1 to 10000 requests a second", c.Rate))
	}
	for _, name := range c.Only {
		if !slices.ContainsFunc(chaosFaults, func(f chaosFault) bool { return f.name == name }) {
			return sekisho.Invalid(fmt.Sprintf("only %q: use %s", name, strings.Join(ChaosFaults(), ", ")))
		}
	}
	return nil
}

// ChaosFaults names every fault, in the order of the table.
func ChaosFaults() []string {
	var names []string
	for _, f := range chaosFaults {
		names = append(names, f.name)
	}
	return names
}

// A chaosFault brings one fault about and says what it saw. An error means that it could not be brought about.
type chaosFault struct {
	promise string // its row of the table of promises
	name    string
	run     func(ctx context.Context, c *chaos) ([]ChaosFigure, error)
}

var chaosFaults = []chaosFault{
	{"R1", "kill -9", killAtRandom},
	{"R2", "disk full", diskFull},
	{"R3", "redis down", redisFault((*redisChild).down)},
	{"R3", "redis frozen", redisFault((*redisChild).frozen)},
	{"R3", "redis slow", redisFault((*redisChild).slow)},
	{"R3", "redis resets", redisFault((*redisChild).resets)},
	{"R3", "redis emptied", redisFault((*redisChild).emptied)},
	{"R4", "origin down", originFault("")},
	{"R4", "origin slow", originFault("slow")},
	{"R4", "origin resets", originFault("resets")},
	{"R4", "origin garbage", originFault("garbage")},
	{"R4", "origin endless head", originFault("endless")},
	{"R9", "restarts", restarts},
	{"R10", "reloads", reloads},
	{"R10", "broken settings", brokenSettings},
}

// skipped is why a fault cannot be brought about here.
type skipped string

func (s skipped) Error() string { return string(s) }

// chaos is one run.
type chaos struct {
	cfg ChaosConfig
	dir string
}

// Chaos brings about one fault after another in processes that it starts, under the load of ordinary visitors, and measures
// what they saw. A promise that is not kept is in the report, not in the error, which means that nothing could be measured.
func Chaos(ctx context.Context, cfg ChaosConfig) (_ ChaosReport, err error) {
	if err := cfg.Validate(); err != nil {
		return ChaosReport{}, fmt.Errorf("benchmark: %w", err)
	}
	if cfg.Binary == "" {
		if cfg.Binary, err = os.Executable(); err != nil {
			return ChaosReport{}, fmt.Errorf("find the running program: %w", err)
		}
	}
	c := &chaos{cfg: cfg}
	if c.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return ChaosReport{}, fmt.Errorf("make a directory for the run: %w", err)
	}
	defer func() { _ = os.RemoveAll(c.dir) }()
	report := ChaosReport{
		HoldS: cfg.Hold.Seconds(), Rate: cfg.Rate, Load: loadAverage(), CPU: cpuName(), Commit: commit(), Command: cfg.Command, Time: time.Now().UTC(),
	}
	for _, fault := range chaosFaults {
		if len(cfg.Only) > 0 && !slices.Contains(cfg.Only, fault.name) {
			continue
		}
		began := time.Now()
		row := ChaosRow{Promise: fault.promise, Fault: fault.name}
		row.Figures, err = fault.run(ctx, c)
		if ctx.Err() != nil {
			return ChaosReport{}, fmt.Errorf("benchmark stopped before its end: %w", ctx.Err())
		}
		row.judge(err)
		row.Seconds = round(time.Since(began).Seconds(), 1)
		report.Rows = append(report.Rows, row)
	}
	return report, nil
}

// loadAverage is what else the machine did before the run.
func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(content)); err == nil && len(fields) > 2 {
		return strings.Join(fields[:3], " ")
	}
	return ""
}

// findProgram looks for a server of the distribution.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", skipped(name + " is not installed (scripts/servers installs it)")
	}
	return path, nil
}

func (c *chaos) newDir(name string) (string, error) {
	dir := filepath.Join(c.dir, strings.ReplaceAll(name, " ", "-"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a directory for the run: %w", err)
	}
	return dir, nil
}
