package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const readSize = 256 << 10

// reader is where the consumer stands.
type reader struct {
	segment *segment
	file    *os.File
	offset  int64  // in the file, behind buf
	buf     []byte // read but not parsed
	last    uint64 // the last sequence number of the segment so far
	held    *held  // parsed, but behind a gap: begins the next batch
}

type held struct {
	seq   uint64
	value any // of the type that the consumer reads
}

// Next returns the next events, no more than asked for, and the sequence number of the last of them. It blocks until there is at
// least one, ctx ends, or the spool is closed. Events of one batch are consecutive: events[i] has the number
// last-len(events)+1+i, and keeps it however often it is handed out, also after a restart. Numbers only rise.
//
// After a restart everything that was not finished comes again, and some that was: the consumer skips what it has
// committed by its number. Damaged records are skipped, logged and counted.
func (s *Spool) Next(ctx context.Context, most int) ([]sekisho.Event, uint64, error) {
	return next(ctx, s, most, decodeEvent)
}

// NextText is [Spool.Next] for records that [Spool.AppendText] wrote. A spool holds one kind, and its consumer reads that.
func (s *Spool) NextText(ctx context.Context, most int) ([]string, uint64, error) {
	return next(ctx, s, most, func(payload []byte) (string, error) { return string(payload), nil })
}

func next[T any](ctx context.Context, s *Spool, most int, decode func([]byte) (T, error)) ([]T, uint64, error) {
	for {
		values, last := collect(s, most, decode)
		if len(values) > 0 {
			return values, last, nil
		}
		s.mu.Lock()
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return nil, 0, ErrClosed
		}
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-s.ready:
		}
	}
}

func decodeEvent(payload []byte) (e sekisho.Event, err error) {
	err = json.Unmarshal(payload, &e)
	return e, err
}

// read returns the events that are there now, without waiting.
func (s *Spool) read(most int) ([]sekisho.Event, uint64) { return collect(s, most, decodeEvent) }

func collect[T any](s *Spool, most int, decode func([]byte) (T, error)) (values []T, last uint64) {
	r := &s.reader
	if r.held != nil && most > 0 {
		values, last, r.held = append(values, r.held.value.(T)), r.held.seq, nil
	}
	for len(values) < most {
		seq, payload, ok := s.record()
		if !ok {
			break
		}
		value, err := decode(payload)
		if err != nil {
			s.damaged(err)
			continue
		}
		if len(values) > 0 && seq != last+1 {
			r.held = &held{seq, value}
			break
		}
		values, last = append(values, value), seq
	}
	return values, last
}

// record returns the next whole record, over segment borders and damage. The payload lives until the next call.
func (s *Spool) record() (seq uint64, payload []byte, ok bool) {
	r := &s.reader
	damaged := false // one line for one damaged place, however many bytes it takes to get over it
	for {
		if r.segment == nil && !s.openNext() {
			return 0, nil, false
		}
		if len(r.buf) > 0 {
			seq, payload, used, err := parse(r.buf)
			switch {
			case err == nil:
				r.buf = r.buf[used:]
				if seq <= r.last {
					s.damaged(fmt.Errorf("number %d behind %d", seq, r.last))
					continue
				}
				r.last = seq
				return seq, payload, true
			case errors.Is(err, errCorrupt):
				r.buf = r.buf[used:]
				if !damaged {
					s.damaged(err)
					damaged = true
				}
				continue
			}
		}
		limit, active := s.limit(r.segment)
		if n := min(limit-r.offset, max(readSize, int64(maxPayload+headerSize-len(r.buf)))); n > 0 {
			rest := len(r.buf)
			grown := make([]byte, rest+int(n))
			copy(grown, r.buf)
			read, err := r.file.ReadAt(grown[rest:], r.offset)
			r.offset += int64(read)
			r.buf = grown[:rest+read]
			if read > 0 {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				s.damaged(fmt.Errorf("reading a spool segment: %w", err)) // a bad sector: what follows may be whole
			}
			r.offset = limit
		}
		if len(r.buf) > 0 { // a record that the segment does not finish: torn, or its length is damaged
			if !damaged {
				s.damaged(errShort)
				damaged = true
			}
			r.buf = r.buf[resync(r.buf):]
			continue
		}
		if active {
			return 0, nil, false
		}
		s.closeSegment()
	}
}

// limit returns how far a segment may be read, and whether more may still be written to it.
func (s *Spool) limit(g *segment) (size int64, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return g.size, s.active != nil && g == s.current()
}

// openNext opens the segment behind the last one read.
func (s *Spool) openNext() bool {
	r := &s.reader
	for {
		s.mu.Lock()
		var g *segment
		for _, candidate := range s.segments {
			if !candidate.passed {
				g = candidate
				break
			}
		}
		s.mu.Unlock()
		if g == nil {
			return false
		}
		file, err := os.Open(g.path)
		if err != nil {
			s.damaged(fmt.Errorf("opening a spool segment: %w", err))
			s.pass(g, 0)
			continue
		}
		// A segment's name is the number of its first record: nothing in it can be older.
		*r = reader{segment: g, file: file, last: max(r.last, firstNumber(g.path)-1), held: r.held}
		return true
	}
}

func (s *Spool) closeSegment() {
	r := &s.reader
	_ = r.file.Close()
	s.pass(r.segment, r.last)
	r.segment, r.file, r.buf, r.offset = nil, nil, nil, 0
}

// pass notes that a segment was read to its end and deletes it if all of it is finished already.
func (s *Spool) pass(g *segment, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.passed, g.last = true, last
	s.sweep()
}

// Done says that everything up to and including seq is finished and will not be asked for again. Segments that hold
// nothing else are deleted.
func (s *Spool) Done(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = max(s.done, seq)
	return s.sweep()
}

// sweep deletes finished segments. The caller holds mu.
func (s *Spool) sweep() (err error) {
	kept := s.segments[:0]
	for i, g := range s.segments {
		writing := s.active != nil && i == len(s.segments)-1
		if !writing && g.passed && g.last <= s.done {
			if removed := os.Remove(g.path); removed == nil || errors.Is(removed, os.ErrNotExist) {
				continue
			} else if err == nil {
				err = fmt.Errorf("deleting a finished spool segment: %w", removed)
			}
		}
		kept = append(kept, g)
	}
	clear(s.segments[len(kept):])
	s.segments = kept
	return err
}

func (s *Spool) damaged(err error) {
	s.mu.Lock()
	s.health.Damaged++
	s.mu.Unlock()
	name := ""
	if s.reader.segment != nil {
		name = s.reader.segment.path
	}
	s.log.Warn("spool record skipped", slog.String("segment", name), obs.Err(err))
}
