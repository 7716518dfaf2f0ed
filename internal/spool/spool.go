// Package spool hands events over durably, from whoever records them to the incident engine.
//
// It owns segmented append-only files in one directory, the sequence numbers in them, and the promise of [Spool.Append]:
// an event that was acknowledged survives kill -9 of the process. Power loss is promised separately: files are synced in
// groups, about every 100 ms, by [Spool.Run]. It leaves redaction to the caller and exactly-once to the consumer, which
// remembers the last sequence number it has finished (see [Spool.Next]).
//
// Start with Append to see how an event gets in, then with Next and Done to see how it gets out; record.go is the format.
package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Config says where a spool lives and how much it may take.
type Config struct {
	Dir          string        // created when missing
	MaxBytes     int64         // on disk; beyond it events are dropped and counted
	SegmentBytes int64         // a segment is closed once it is this large
	SyncEvery    time.Duration // how much a power loss may take
	Backlog      int           // events kept in memory while the disk refuses them
}

// DefaultConfig is a spool of at most 1 GiB in dir.
func DefaultConfig(dir string) Config {
	return Config{Dir: dir, MaxBytes: 1 << 30, SegmentBytes: 16 << 20, SyncEvery: 100 * time.Millisecond, Backlog: 10_000}
}

// Validate reports the first setting that cannot work, by its key (KindInvalid).
func (c Config) Validate() error {
	switch {
	case c.Dir == "":
		return sekisho.Invalid("spool.dir: name a directory")
	case c.SegmentBytes < 1:
		return sekisho.Invalid(fmt.Sprintf("spool.segment_bytes %d: use at least 1", c.SegmentBytes))
	case c.MaxBytes < 2*c.SegmentBytes:
		return sekisho.Invalid(fmt.Sprintf("spool.max_bytes %d: use at least two segments (%d)", c.MaxBytes, 2*c.SegmentBytes))
	case c.SyncEvery <= 0:
		return sekisho.Invalid(fmt.Sprintf("spool.sync_every %s: use a positive duration, such as 100ms", c.SyncEvery))
	case c.Backlog < 0:
		return sekisho.Invalid(fmt.Sprintf("spool.backlog %d: use 0 or more", c.Backlog))
	}
	return nil
}

var (
	// ErrDelayed says that the disk refused an event and that it waits in memory: it is written once the disk
	// recovers, and lost if the process dies before. There is nothing for the caller to repeat.
	ErrDelayed = errors.New("event waits in memory until the disk recovers")
	// ErrDropped says that an event is lost: the spool is at its size, or the memory backlog is full as well.
	ErrDropped = errors.New("event dropped")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("spool is closed")

	errSizeCap = errors.New("the spool has reached its size")
)

// Spool is one directory of events on their way. Append is safe for concurrent use; Next and Done belong to one
// consumer.
type Spool struct {
	cfg    Config
	log    *slog.Logger
	stream string
	lock   *os.File
	create func(path string) (segmentFile, error) // replaced in tests to let the disk fail
	ready  chan struct{}                          // holds a token when there may be something to read

	reader reader // the consumer's, not guarded by mu

	mu       sync.Mutex
	segments []*segment // oldest first; the last one may be open for writing
	active   segmentFile
	retired  []segmentFile // full segments that Run still has to sync and close
	next     uint64        // the sequence number of the next event
	done     uint64        // everything up to here is finished
	backlog  [][]byte      // framed records without a sequence number, oldest first
	lastTry  time.Time     // of writing the backlog
	unsynced bool
	closed   bool
	health   Health
}

// segmentFile is what the spool asks of the file it writes.
type segmentFile interface {
	Write([]byte) (int, error)
	Truncate(int64) error
	Sync() error
	Close() error
}

// segment is one file: written by us (size is what is whole in it) or found at Open.
type segment struct {
	path   string
	size   int64  // bytes that may be read
	passed bool   // read to its end
	last   uint64 // once passed: the last number in it, 0 for none
}

// Open opens or creates the spool in cfg.Dir and reads which events still wait there. A second process on the same
// directory is refused (KindConflict). A full disk does not stop it: the spool then starts degraded, see [Spool.Health].
func Open(cfg Config, log *slog.Logger) (*Spool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the event spool: %w", err)
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Spool{cfg: cfg, log: log, lock: lock, create: createFile, ready: make(chan struct{}, 1)}
	identity, err := openIdentity(cfg.Dir)
	if err != nil {
		log.Error("spool identity not kept", obs.Err(err))
		s.degrade(reasonFor(err))
	}
	s.stream = identity.Stream
	// Sequence numbers start anew, far above everything handed out before: a power loss may have taken events whose
	// numbers the consumer has already committed, and a number must never name two events.
	s.next = identity.Epoch<<32 + 1
	if s.segments, err = findSegments(cfg.Dir); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("opening the event spool: %w", err)
	}
	if len(s.segments) > 0 {
		s.wake()
	}
	return s, nil
}

func createFile(path string) (segmentFile, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
}

// Stream names the sequence of numbers that Next hands out: random, kept in the directory, so that a consumer's
// position in a directory that was deleted never hides events of the one that took its place.
func (s *Spool) Stream() string { return s.stream }

// Append writes one event. When it returns nil, the event survives kill -9 of this process. Otherwise the error is
// [ErrDelayed], [ErrDropped], [ErrClosed], or KindInvalid for an event that is too large; all are counted in Health, and
// none is worth a retry by the caller.
func (s *Spool) Append(e sekisho.Event) error {
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("spooling event %s: %w", e.ID, err)
	}
	return s.append("event "+string(e.ID), payload)
}

// AppendText is [Spool.Append] for a record that is no event: UTF-8 text, which never holds the byte 0xFF that begins a
// record on disk.
func (s *Spool) AppendText(text string) error {
	if !utf8.ValidString(text) {
		return sekisho.Invalid("a record for the spool is no UTF-8 text")
	}
	return s.append("a record", []byte(text))
}

func (s *Spool) append(what string, payload []byte) error {
	record := frame(payload)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if len(payload) > maxPayload {
		s.health.Dropped++
		return sekisho.Invalid(fmt.Sprintf("%s: %d bytes; the spool takes %d", what, len(payload), maxPayload))
	}
	if len(s.backlog) > 0 { // keep the order: whoever waits goes first
		if time.Since(s.lastTry) >= s.cfg.SyncEvery {
			s.flush()
		}
		if len(s.backlog) > 0 {
			return s.keep(what, record)
		}
	}
	switch err := s.write(record); {
	case err == nil:
		return nil
	case errors.Is(err, errSizeCap):
		s.health.Dropped++
		return fmt.Errorf("spooling %s: %w: %w", what, ErrDropped, err)
	default:
		s.log.Error("spool write failed", obs.Err(err))
		return s.keep(what, record)
	}
}

// keep takes a record into the memory backlog. The caller holds mu.
func (s *Spool) keep(what string, record []byte) error {
	if len(s.backlog) >= s.cfg.Backlog {
		s.health.Dropped++
		return fmt.Errorf("spooling %s: %w: the disk refuses and %d events wait in memory", what, ErrDropped, len(s.backlog))
	}
	s.backlog = append(s.backlog, record)
	s.health.Delayed++
	return fmt.Errorf("spooling %s: %w", what, ErrDelayed)
}

// flush writes what it can of the backlog, in order. The caller holds mu.
func (s *Spool) flush() {
	s.lastTry = time.Now()
	written := 0
	for _, record := range s.backlog {
		if err := s.write(record); err != nil {
			break
		}
		written++
	}
	clear(s.backlog[:written]) // let go of what is on disk
	s.backlog = s.backlog[written:]
	if len(s.backlog) == 0 {
		s.backlog = nil
	}
	s.diskIsBack()
}

// diskIsBack ends the trouble with the disk once nothing waits for it any more. The caller holds mu.
func (s *Spool) diskIsBack() {
	if s.health.Reason == ReasonDiskFull || s.health.Reason == ReasonDiskError {
		s.recovered(len(s.backlog) == 0)
	}
}

// write appends a framed record with the next sequence number: one write(2), whole or not at all. The caller holds mu.
func (s *Spool) write(record []byte) error {
	if s.bytes()+int64(len(record)) > s.cfg.MaxBytes {
		s.degrade(ReasonSize)
		return errSizeCap
	}
	if s.active != nil && s.current().size >= s.cfg.SegmentBytes {
		s.retire()
	}
	if s.active == nil {
		path := segmentPath(s.cfg.Dir, s.next)
		file, err := s.create(path)
		if err != nil {
			s.degrade(reasonFor(err))
			return fmt.Errorf("starting a spool segment: %w", err)
		}
		s.active = file
		s.segments = append(s.segments, &segment{path: path})
	}
	number(record, s.next)
	if _, err := s.active.Write(record); err != nil {
		s.degrade(reasonFor(err))
		// What was written of it must not stay: the next record would follow a torn one.
		if cut := s.active.Truncate(s.current().size); cut != nil {
			// The torn end stays behind the size that is read; the next record goes into a fresh segment.
			s.retire()
			s.next++ // never the name of the segment just given up
		}
		return fmt.Errorf("writing to the spool: %w", err)
	}
	s.current().size += int64(len(record))
	s.next++
	s.unsynced = true
	s.health.Appended++
	s.diskIsBack()
	s.wake()
	return nil
}

// retire hands the open segment to Run, which syncs and closes it off the request path. The caller holds mu.
func (s *Spool) retire() {
	s.retired = append(s.retired, s.active)
	s.active = nil
}

func (s *Spool) current() *segment { return s.segments[len(s.segments)-1] }

func (s *Spool) bytes() (total int64) {
	for _, g := range s.segments {
		total += g.size
	}
	return total
}

func (s *Spool) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func reasonFor(err error) Reason {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ReasonDiskFull
	}
	return ReasonDiskError
}
