package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

const (
	healthyHost = "healthy.localhost"
	brokenHost  = "broken.localhost"
)

// A rig is an origin and a proxy of two sites in front of it, of which the second may lead elsewhere.
type rig struct {
	c        *chaos
	dataDir  string
	origin   *child
	proxy    *child
	addrs    [4]string // origin, http, https, portal
	settings []string
}

// newRig starts both. broken is the origin of the second site; empty: the same.
func (c *chaos) newRig(ctx context.Context, dataDir, broken string, settings ...string) (_ *rig, err error) {
	r := &rig{c: c, dataDir: dataDir, settings: settings}
	for i := range r.addrs {
		if r.addrs[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	if r.origin, err = startChild("origin", c.cfg.Binary, nil, "bench", "origin", "--addr", r.addrs[0]); err != nil {
		return nil, err
	}
	if err := r.origin.await(ctx, target{address: r.addrs[0], host: healthyHost}, "/", 200); err != nil {
		r.stop()
		return nil, err
	}
	if broken == "" {
		broken = r.addrs[0]
	}
	r.settings = append([]string{
		"serve", "--mode", "block", "--access-log", "off", "--data-dir", dataDir, "--http", r.addrs[1], "--https", r.addrs[2], "--portal", r.addrs[3],
		"--site", healthyHost + "=http://" + r.addrs[0], "--site", brokenHost + "=http://" + broken,
	}, settings...)
	if err := r.start(ctx); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// start starts the proxy, and returns once it inspects.
func (r *rig) start(ctx context.Context) (err error) {
	if r.proxy, err = startChild("sekisho serve", r.c.cfg.Binary, nil, r.settings...); err != nil {
		return err
	}
	return r.proxy.await(ctx, r.healthy(), attackPath, 403)
}

func (r *rig) healthy() target { return target{address: r.addrs[1], host: healthyHost} }

// kill ends the proxy at once, as a crash does.
func (r *rig) kill() {
	_ = r.proxy.cmd.Process.Kill()
	<-r.proxy.ended
}

// stop ends both, and a process that has taken over from the one that was started.
func (r *rig) stop() {
	if r.proxy != nil {
		if now, err := r.status(context.Background()); err == nil && now.PID != 0 && now.PID != r.proxy.pid() {
			_ = syscall.Kill(now.PID, syscall.SIGTERM) // it answered on our own data directory
		}
		r.proxy.stop()
	}
	r.origin.stop()
}

// ask runs a command on the rig's data directory.
func (r *rig) ask(ctx context.Context, args ...string) ([]byte, error) {
	return (&watchedProxy{binary: r.c.cfg.Binary}).ask(ctx, append(args, "--data-dir", r.dataDir)...)
}

// statusNow is what `sekisho status --json` tells of a running process.
type statusNow struct {
	PID      int `json:"pid"`
	Degraded []struct {
		EN string `json:"en"`
	} `json:"degraded"`
}

func (r *rig) status(ctx context.Context) (now statusNow, err error) {
	out, err := r.ask(ctx, "status", "--json")
	if err == nil {
		err = json.Unmarshal(out, &now)
	}
	if err != nil {
		return now, fmt.Errorf("read the status of the proxy: %w", err)
	}
	return now, nil
}

// until asks again and again, and returns how long it took in seconds; patience and a second where it never came.
func until(ctx context.Context, patience time.Duration, fits func() bool) float64 {
	began := time.Now()
	for !fits() {
		if ctx.Err() != nil || time.Since(began) > patience {
			return (patience + time.Second).Seconds()
		}
		pause(ctx, 20*time.Millisecond)
	}
	return round(time.Since(began).Seconds(), 2)
}

// stored counts the answered attacks that are in the records, and those that are there twice.
func (r *rig) stored(ctx context.Context, answered map[string]bool) (lost, doubled int, err error) {
	proxy := &watchedProxy{binary: r.c.cfg.Binary, dataDir: r.dataDir}
	found, err := proxy.events(ctx, answered)
	if err != nil {
		return 0, 0, err
	}
	out, err := r.ask(ctx, "events", "--json")
	if err != nil {
		return 0, 0, err
	}
	times := map[string]int{}
	for _, event := range readLines(out) {
		times[event]++
	}
	for number := range answered {
		if times[number] > 1 {
			doubled++
		}
	}
	return len(answered) - len(found), doubled, nil
}

func (c *chaos) dataDir(name string) (string, error) {
	dir, err := c.newDir(name)
	return filepath.Join(dir, "data"), err
}

func (r *rig) hold(ctx context.Context, fault string, v *visitors, d time.Duration) outcome {
	if r.c.cfg.during != nil {
		stop := time.AfterFunc(d/2, func() { r.c.cfg.during(fault, r) })
		defer stop.Stop()
	}
	return v.during(ctx, d)
}

// begin starts a proxy on a data directory and visitors who come to its healthy site until end.
func (c *chaos) begin(ctx context.Context, dir string, args ...string) (r *rig, v *visitors, end func(), err error) {
	if r, err = c.newRig(ctx, dir, "", args...); err != nil {
		return nil, nil, nil, err
	}
	if v, err = startVisitors(ctx, r.healthy(), c.cfg.Rate); err != nil {
		r.stop()
		return nil, nil, nil, err
	}
	return r, v, func() { v.stop(); r.stop() }, nil
}
