package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// restarts starts the program anew under load, again and again.
func restarts(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
	dir, err := c.dataDir("restarts")
	if err != nil {
		return nil, err
	}
	r, v, leave, err := c.begin(ctx, dir, "--drain-timeout", "3s")
	if err != nil {
		return nil, err
	}
	defer leave()
	pids := map[int]bool{r.proxy.pid(): true}
	slowest := 0.0
	for range c.cfg.Restarts {
		began := time.Now()
		if _, err := r.ask(ctx, "restart"); err != nil {
			return nil, err
		}
		slowest = max(slowest, time.Since(began).Seconds())
		now, err := r.status(ctx)
		if err != nil {
			return nil, err
		}
		pids[now.PID] = true
	}
	seen := v.stop()
	return append(seen.failures(),
		atLeast("processes that served in turn", float64(len(pids)), float64(c.cfg.Restarts+1)),
		figure("s that a restart took, the longest", round(slowest, 2)),
		figure("ms that a visitor waited, the longest", round(milliseconds(longest(seen.latencies)), 1)),
	), nil
}

func longest(all []time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

// reloads changes a site's rules under load, again and again, and looks at the memory.
func reloads(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
	dir, err := c.dataDir("reloads")
	if err != nil {
		return nil, err
	}
	r, v, leave, err := c.begin(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer leave()
	rules := filepath.Join(filepath.Dir(dir), "own.rules")
	var sizes []float64
	for n := range c.cfg.Reloads {
		text := fmt.Sprintf("SecRule ARGS:own%d \"@streq 1\" \"id:100001,phase:2,deny\"\n", n)
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the rules of the run: %w", err)
		}
		if _, err := r.ask(ctx, "site", "set", healthyHost, "--custom-rules", rules, "--inbound-threshold", strconv.Itoa(5+n%2)); err != nil {
			return nil, err
		}
		sizes = append(sizes, memory(r.proxy.pid()))
	}
	seen := v.stop()
	part := max(len(sizes)/4, 1) // the first quarter warms up
	settled, end := median(sizes[part:min(2*part, len(sizes))]), median(sizes[len(sizes)-part:])
	grown := atMost("% more resident in the last quarter of them than in the second", round(100*(ratio(end, settled)-1), 1), 5)
	grown.Noise = round(100*spread(sizes[len(sizes)-part:]), 1)
	return append(seen.failures(), figure("changes", float64(len(sizes))), figure("MB at the end", round(end, 1)), grown), nil
}

// brokenSettings hands over what cannot work, and looks that the last good ones stay in force.
func brokenSettings(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
	dir, err := c.dataDir("broken")
	if err != nil {
		return nil, err
	}
	config, rules := filepath.Join(filepath.Dir(dir), "sekisho.yaml"), filepath.Join(filepath.Dir(dir), "broken.rules")
	write := func(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
	if err := write(config, "drain_timeout: 3s\n"); err != nil {
		return nil, fmt.Errorf("write the configuration of the run: %w", err)
	}
	r, err := c.newRig(ctx, dir, "", "--config", config)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	v, err := startVisitors(ctx, r.healthy(), c.cfg.Rate)
	if err != nil {
		return nil, err
	}
	defer v.stop()
	accepted, tried := 0, 0
	try := func(args ...string) {
		tried++
		if _, err := r.ask(ctx, args...); err == nil {
			accepted++
		}
	}
	for _, text := range []string{"SecRule ARGS \"@rx (\" \"id:100001,deny\"\n", "SecRule\n", "garbage\x00\xff\n"} {
		if err := write(rules, text); err != nil {
			return nil, fmt.Errorf("write the rules of the run: %w", err)
		}
		try("site", "set", healthyHost, "--custom-rules", rules)
	}
	try("site", "set", healthyHost, "--origin", "ftp://127.0.0.1/")
	try("site", "limits", healthyHost, "--address", "many")
	for _, text := range []string{"drain_timeout: soon\n", "no_such_setting: 1\n", "sites:\n- host: [\n"} {
		if err := write(config, text); err != nil {
			return nil, fmt.Errorf("write the configuration of the run: %w", err)
		}
		try("restart")
	}
	stopped := r.proxy.running() && r.proxy.await(ctx, r.healthy(), attackPath, 403) == nil
	seen := v.stop()
	still := 0.0
	if stopped {
		still = 1
	}
	return append(seen.failures(), figure("broken rules, settings and files handed over", float64(tried)), atMost("of them accepted", float64(accepted), 0),
		atLeast("the process that ran before still stops attacks", still, 1)), nil
}
