package spool

import (
	"context"
	"time"

	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Run syncs what was written, about every Config.SyncEvery, and writes the memory backlog once the disk takes it again.
// It returns nil when ctx ends; without it, Append still survives kill -9, but not a power loss.
func (s *Spool) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.SyncEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.settle()
			return nil
		case <-tick.C:
			s.settle()
		}
	}
}

// settle syncs, then writes the backlog, off the request path: Append goes on while the disk syncs.
func (s *Spool) settle() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	active, retired, dirty := s.active, s.retired, s.unsynced
	s.retired, s.unsynced = nil, false
	s.mu.Unlock()

	var failed error
	for _, file := range retired {
		if err := file.Sync(); err != nil {
			failed = err
		}
		_ = file.Close()
	}
	if dirty && active != nil {
		if err := active.Sync(); err != nil {
			failed = err
		}
	}
	if (dirty || len(retired) > 0) && failed == nil {
		failed = syncDir(s.cfg.Dir)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case failed != nil:
		// After a failed fsync the kernel may have thrown the pages away and will call the next fsync of this file a
		// success: never trust the file again.
		s.log.Error("spool sync failed", obs.Err(failed))
		s.health.syncFailed = true
		s.degrade(ReasonSync)
		if s.active != nil && s.active == active {
			s.retire()
		}
	case dirty && s.health.syncFailed:
		s.health.syncFailed = false
		s.recovered(len(s.backlog) == 0)
	}
	if len(s.backlog) > 0 { // after finished segments were closed: only then does the disk have their room back
		s.flush()
	} else if s.health.Reason == ReasonSize && s.bytes()+s.cfg.SegmentBytes <= s.cfg.MaxBytes {
		s.recovered(true)
	}
}

// Close writes and syncs what it can and lets go of the directory. Events that are still in memory are lost, and
// counted. A waiting Next returns.
func (s *Spool) Close() error {
	s.settle()
	s.settle() // what the first one wrote of the backlog
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.health.Dropped += uint64(len(s.backlog))
	s.backlog = nil
	for _, file := range append(s.retired, s.active) {
		if file != nil {
			_ = file.Close()
		}
	}
	s.active, s.retired = nil, nil
	s.wake()
	return s.lock.Close()
}
