package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// diskSize is that of the data directory's own small file system.
const diskSize = 8 << 20

// diskFull fills the file system under the data directory, and empties it again.
func diskFull(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
	dir, err := c.newDir("disk")
	if err != nil {
		return nil, err
	}
	release, err := mountSmall(dir, diskSize)
	if err != nil {
		return nil, skipped("a small file system cannot be mounted here: " + err.Error())
	}
	defer release()
	r, v, leave, err := c.begin(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer leave()
	before := v.during(ctx, c.cfg.Hold/2)
	filler := filepath.Join(dir, "filler")
	if err := fillDisk(filler); err != nil {
		return nil, err
	}
	a := &attackers{answered: map[string]bool{}}
	load, stop := context.WithCancel(ctx)
	defer stop()
	var attacking sync.WaitGroup
	attacking.Go(func() { a.send(load, r.addrs[1], 2) })
	degraded := func(want bool) func() bool {
		return func() bool {
			now, err := r.status(ctx)
			return err == nil && (len(now.Degraded) > 0) == want
		}
	}
	told := make(chan float64, 1)
	go func() { told <- until(ctx, 10*time.Second, degraded(true)) }()
	full := r.hold(ctx, "disk full", v, c.cfg.Hold)
	toldAfter := <-told
	stop()
	attacking.Wait()
	if err := os.Remove(filler); err != nil {
		return nil, fmt.Errorf("empty the small file system: %w", err)
	}
	well := until(ctx, 30*time.Second, degraded(false))
	lost, _, err := r.stored(ctx, a.answered)
	if err != nil {
		return nil, err
	}
	return append(full.failures(),
		figure("p99 ms of visitors before", round(before.p99(), 2)),
		figure("p99 ms of visitors on the full disk", round(full.p99(), 2)),
		atLeast("attacks stopped on the full disk", float64(len(a.answered)), 1),
		atMost("attacks answered otherwise", float64(a.other), 0),
		atMost("s until the status says degraded", toldAfter, 5),
		figure("s until it is well again on an emptied disk", well),
		atMost("attacks of the full disk missing from the records afterwards", float64(lost), 0),
	), nil
}

// fillDisk writes a file until not a kilobyte is left.
func fillDisk(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("fill the small file system: %w", err)
	}
	defer func() { _ = file.Close() }()
	written := 0
	for size := 64 << 10; size >= 1<<10; size /= 2 {
		for {
			n, err := file.Write(make([]byte, size))
			if written += n; err != nil {
				break // full for this size
			}
			if written > diskSize {
				return fmt.Errorf("fill the small file system: %d bytes fitted in it", written)
			}
		}
	}
	return nil
}
