package sensorbridge

import (
	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// MarkRepeats stands on an event that a relay only counted: "last message repeated 3 times".
const MarkRepeats = "repeats_last"

// Stream decodes the records of one connection, file or port in their order, which some of them need: a relay's "last
// message repeated 3 times" is about the record before. Its zero value tries every format. One goroutine at a time.
type Stream struct {
	Decode func(*line.Record) sekisho.Event // nil for every format; see [Find]
	last   *sekisho.Event
}

// Event returns what one record says.
func (s *Stream) Event(raw []byte, columns []string, origin line.Origin) sekisho.Event {
	r := line.Read(raw, origin)
	r.Columns = columns
	if r.RepeatsLast && s.last != nil {
		again := *s.last
		again.Count, again.Marks = r.Repeated, append(again.Marks[:len(again.Marks):len(again.Marks)], MarkRepeats)
		if !r.Time.IsZero() {
			again.Time, again.Trust = r.Time, r.Trust
		}
		return again
	}
	decode := s.Decode
	if decode == nil {
		decode = Decode
	}
	e := decode(&r)
	s.last = &e
	return e
}
