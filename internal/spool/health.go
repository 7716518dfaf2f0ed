package spool

import (
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Reason says in one word why a spool is degraded.
type Reason string

// Reasons.
const (
	ReasonDiskFull  Reason = "disk_full"
	ReasonDiskError Reason = "disk_error"
	ReasonSync      Reason = "sync_failed" // written, but a power loss may take it
	ReasonSize      Reason = "size"        // the incident engine does not keep up, or is away
)

// Health says how the spool is. Counts are since Open.
type Health struct {
	Degraded bool
	Reason   Reason    // empty when not degraded
	Since    time.Time // when it became degraded

	Bytes    int64  // on disk
	Backlog  int    // events in memory that the disk has refused so far
	Appended uint64 // events on disk
	Delayed  uint64 // events that had to wait in memory
	Dropped  uint64 // events lost
	Damaged  uint64 // places on disk that could not be read

	syncFailed bool
}

// Health returns a snapshot. Safe for concurrent use.
func (s *Spool) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.health
	h.Bytes, h.Backlog = s.bytes(), len(s.backlog)
	return h
}

var healthTexts = map[Reason]sekisho.Text{
	ReasonDiskFull: {
		JA: "ディスクの空きがないため、新しい記録を保存できません。サイトの保護は続いています。",
		EN: "The disk is full, so new records cannot be kept. Your sites stay protected.",
	},
	ReasonDiskError: {
		JA: "ディスクの不具合で、新しい記録を保存できません。サイトの保護は続いています。",
		EN: "The disk has a fault, so new records cannot be kept. Your sites stay protected.",
	},
	ReasonSync: {
		JA: "停電が起きると、最近の記録を失うおそれがあります。サイトの保護は続いています。",
		EN: "A power failure could take the latest records. Your sites stay protected.",
	},
	ReasonSize: {
		JA: "記録の整理が遅れ、新しい記録を保存できません。サイトの保護は続いています。",
		EN: "Records are not being processed, so new ones cannot be kept. Your sites stay protected.",
	},
}

// Text tells a person what is wrong, and is empty when nothing is.
func (h Health) Text() sekisho.Text { return healthTexts[h.Reason] }

// degrade notes trouble. The caller holds mu, or is alone.
func (s *Spool) degrade(reason Reason) {
	if s.health.Reason == reason {
		return
	}
	if !s.health.Degraded {
		s.health.Since = time.Now()
	}
	s.health.Degraded, s.health.Reason = true, reason
	s.log.Error("spool degraded", slog.String("reason", string(reason)))
}

// recovered notes that the trouble is over, if it is. The caller holds mu.
func (s *Spool) recovered(over bool) {
	if !s.health.Degraded || !over {
		return
	}
	s.health.Degraded, s.health.Reason, s.health.Since = false, "", time.Time{}
	s.log.Info("spool recovered", obs.Count(int(s.health.Dropped)))
}
