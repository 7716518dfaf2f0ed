package wire

import "bytes"

// Limits bound what a visitor may make us hold.
type Limits struct {
	Head   int // bytes of a head, request line and fields
	Line   int // bytes of a request line
	Fields int // fields of a head
}

// DefaultLimits takes what browsers and programs send and what common origins take.
func DefaultLimits(head int) Limits { return Limits{Head: head, Line: head / 2, Fields: 256} }

// state says what the next byte belongs to.
type state uint8

const (
	inHead      state = iota // a request line or its fields
	inBody                   // a body of known length
	inChunkLine              // a chunk's size and extensions
	inChunk                  // a chunk's bytes
	inChunkEnd               // the line end behind them
	inTrailer                // the fields behind the last chunk
	undecided                // behind a request for an upgrade, which has not been answered
)

// Scanner follows one connection. The zero Scanner is not usable; see [NewScanner].
type Scanner struct {
	limits Limits
	state  state
	seen   int   // bytes of the unsettled beginning that have been looked at
	line   int   // where in them the current line begins
	left   int64 // bytes of the body or chunk that are still to come
	head   head

	extensions int // bytes of chunk extensions in this body
	trailers   int // fields behind this body
}

// NewScanner returns a scanner that stands before the first request of a connection.
func NewScanner(limits Limits) Scanner { return Scanner{limits: limits} }

// Scan looks at the bytes that are not settled yet: those that earlier calls left, again, and new ones behind them. It
// returns how many of them are settled: whole heads, trailers and chunk lines that break no rule, and bytes of bodies. The
// rest is the beginning of something. A violation is what comes behind the settled bytes; nothing after it can be trusted,
// and the scanner is not used again.
func (s *Scanner) Scan(b []byte) (settled int, v *Violation) {
	for settled < len(b) {
		rest := b[settled:]
		switch s.state {
		case undecided:
			return settled, nil
		case inBody, inChunk:
			n := int(min(int64(len(rest)), s.left))
			settled += n
			if s.left -= int64(n); s.left > 0 {
				return settled, nil
			}
			if s.state == inBody {
				s.endMessage()
			} else {
				s.state = inChunkEnd
			}
		case inChunkEnd:
			if rest[0] != '\r' || len(rest) > 1 && rest[1] != '\n' {
				return settled, BadChunk
			}
			if len(rest) < 2 {
				return settled, nil
			}
			settled += 2
			s.state = inChunkLine
		default:
			n, v := s.lines(rest)
			if n == 0 || v != nil {
				return settled, v
			}
			settled += n
		}
	}
	return settled, nil
}

// InHead reports whether the next bytes are those of a head.
func (s *Scanner) InHead() bool { return s.state == inHead }

// lines takes line by line until the head, the trailer or the chunk's line is complete, and returns its length; 0 if more
// must come.
func (s *Scanner) lines(b []byte) (int, *Violation) {
	for {
		feed := bytes.IndexByte(b[s.seen:], '\n')
		if feed < 0 {
			s.seen = len(b)
			return 0, s.tooLong(len(b))
		}
		end := s.seen + feed
		if v := s.tooLong(end + 1); v != nil {
			return 0, v
		}
		if end == s.line || b[end-1] != '\r' {
			return 0, BareLF
		}
		line, first := b[s.line:end-1], s.line == 0
		s.seen, s.line = end+1, end+1
		done, v := s.takeLine(line, first)
		if v != nil {
			return 0, v
		}
		if done {
			n := s.line
			s.seen, s.line = 0, 0
			return n, nil
		}
	}
}

// tooLong checks how much of something stands there, whole or not.
func (s *Scanner) tooLong(n int) *Violation {
	switch s.state {
	case inHead:
		if s.line == 0 && n > s.limits.Line {
			return TargetTooLong
		}
		if n > s.limits.Head {
			return HeadTooLarge
		}
	case inChunkLine:
		if n > maxChunkLine {
			return ChunkExtensions
		}
	case inTrailer:
		if n > maxTrailers {
			return BadTrailer
		}
	}
	return nil
}

// takeLine takes one line without its end. done says that it was the last of its kind.
func (s *Scanner) takeLine(line []byte, first bool) (done bool, v *Violation) {
	switch {
	case s.state == inChunkLine:
		return true, s.takeChunkLine(line)
	case s.state == inTrailer && len(line) == 0:
		s.endMessage()
		return true, nil
	case s.state == inTrailer:
		return false, s.takeTrailer(line)
	case first:
		s.head = head{}
		return false, s.head.takeRequestLine(line)
	case len(line) == 0:
		return true, s.endHead()
	}
	return false, s.head.takeField(line, s.limits)
}

// endHead says what follows the head that is complete (6.3).
func (s *Scanner) endHead() *Violation {
	if v := s.head.check(); v != nil {
		return v
	}
	switch {
	case s.head.chunked:
		s.state, s.extensions, s.trailers = inChunkLine, 0, 0
	case s.head.length > 0:
		s.state, s.left = inBody, s.head.length
	default:
		s.endMessage()
	}
	return nil
}

func (s *Scanner) endMessage() {
	s.state = inHead
	if s.head.upgrade {
		s.state = undecided
	}
}
