package spool

import (
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Drop takes the events out that gone says so of, and returns how many they were; the others go to the end, in order. It
// is for a spool that nobody consumes. A crash meanwhile loses none of the others, and may keep some of them twice.
func (s *Spool) Drop(gone func(sekisho.Event) bool) (dropped int, err error) {
	s.mu.Lock()
	end := s.next
	if s.active != nil { // or its file would outlive what is dropped from it
		s.retire()
	}
	s.mu.Unlock()
	for last := uint64(0); last+1 < end; {
		var events []sekisho.Event
		most := uint64(readBatch)
		if last > 0 { // what was put at the end stays there
			most = min(most, end-1-last)
		}
		if events, last = s.read(int(most)); len(events) == 0 {
			break
		}
		for _, e := range events {
			if gone(e) {
				dropped++
				continue
			}
			if err := s.Append(e); err != nil {
				return dropped, fmt.Errorf("keeping the other events: %w", err)
			}
		}
		if err := s.Done(last); err != nil {
			return dropped, err
		}
	}
	// The last file that was read goes now, not with the next read.
	if r := &s.reader; r.segment != nil && len(r.buf) == 0 {
		if limit, active := s.limit(r.segment); !active && r.offset >= limit {
			s.closeSegment()
		}
	}
	return dropped, nil
}

// readBatch is how many events Drop holds in memory.
const readBatch = 200
