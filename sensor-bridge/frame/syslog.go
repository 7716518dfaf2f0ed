package frame

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Syslog reads the messages of a connection. Each may be framed in its own way: by octet count (RFC 5425, RFC 6587 3.4.1),
// whatever header follows, or ended by LF, CR LF or NUL (3.4.2). An octet-counted message may hold all of these.
type Syslog struct {
	in *bufio.Reader
}

// NewSyslog reads from a connection.
func NewSyslog(r io.Reader) *Syslog { return &Syslog{bufio.NewReaderSize(r, 64<<10)} }

// Buffered reports whether more was received than was returned, so that a caller can write a batch when a burst ends.
func (s *Syslog) Buffered() bool { return s.in.Buffered() > 0 }

// Next returns the next message, which is the caller's to keep, without its frame. One longer than [line.MaxLength] is cut
// there and the rest of it passed over. A message that the peer did not finish is returned before the error.
func (s *Syslog) Next() ([]byte, error) {
	for {
		first, err := s.in.Peek(1)
		if err != nil {
			return nil, err
		}
		if c := first[0]; c == '\n' || c == '\r' || c == 0 || c == ' ' { // between messages
			_, _ = s.in.Discard(1)
			continue
		}
		if length, digits := s.octetCount(); length > 0 {
			return s.counted(length, digits)
		}
		message, err := s.ended()
		if len(message) > 0 {
			return message, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// octetCount recognises MSG-LEN SP before a message: digits alone could be the beginning of a text, so that a PRI must
// follow.
func (s *Syslog) octetCount() (length, digits int) {
	for digits = range 8 {
		// Only as many bytes as are needed are waited for: a short LF-ended message must not be held up.
		head, err := s.in.Peek(digits + 1)
		if err != nil {
			return 0, 0
		}
		c := head[digits]
		if c == ' ' && digits > 0 {
			if head, err = s.in.Peek(digits + 2); err != nil || head[digits+1] != '<' {
				return 0, 0
			}
			return length, digits
		}
		if c < '0' || c > '9' || digits == 0 && c == '0' {
			return 0, 0
		}
		length = length*10 + int(c-'0')
	}
	return 0, 0
}

func (s *Syslog) counted(length, digits int) ([]byte, error) {
	if _, err := s.in.Discard(digits + 1); err != nil {
		return nil, err
	}
	message := make([]byte, min(length, line.MaxLength+1))
	n, err := io.ReadFull(s.in, message)
	if err == nil && length > len(message) {
		_, err = io.CopyN(io.Discard, s.in, int64(length-len(message)))
	}
	if n > 0 {
		return message[:n], nil // the error comes again with the next call
	}
	return nil, err
}

func (s *Syslog) ended() ([]byte, error) {
	var message []byte
	for {
		_, err := s.in.Peek(1)
		if err != nil {
			return message, err
		}
		buffered, _ := s.in.Peek(s.in.Buffered())
		end := bytes.IndexAny(buffered, "\n\x00")
		part := buffered
		if end >= 0 {
			part = buffered[:end]
		}
		if room := line.MaxLength + 1 - len(message); room > 0 {
			message = append(message, part[:min(len(part), room)]...)
		}
		if end >= 0 {
			_, err = s.in.Discard(end + 1)
			return bytes.TrimRight(message, "\r"), err
		}
		if _, err = s.in.Discard(len(part)); err != nil {
			return message, errors.Join(err)
		}
	}
}
