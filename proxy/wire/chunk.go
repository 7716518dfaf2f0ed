package wire

import "strings"

const (
	// Nobody uses chunk extensions; what they were used for is to hide the beginning of a second request, or to make
	// servers read much for little (CVE-2023-39326).
	maxChunkLine  = 256
	maxExtensions = 1024

	// net/http looks for the end of a trailer section in its buffer of this size.
	maxTrailers      = 4 << 10
	maxTrailerFields = 32
)

// takeChunkLine reads a chunk's size, "1f" or "1f;name=value".
func (s *Scanner) takeChunkLine(line []byte) *Violation {
	var size int64
	digits := 0
	for digits < len(line) {
		digit, ok := hexDigit(line[digits])
		if !ok {
			break
		}
		size = size<<4 | digit
		if digits++; digits > 15 { // more does not fit into 63 bits
			return BadChunk
		}
	}
	if digits == 0 {
		return BadChunk
	}
	if extension := line[digits:]; len(extension) > 0 {
		if extension[0] != ';' { // white space too: some read on behind it, some do not
			return BadChunk
		}
		if s.extensions += len(extension); s.extensions > maxExtensions {
			return ChunkExtensions
		}
		for _, c := range extension {
			if !inValue[c] {
				return BadChunk
			}
		}
	}
	if size == 0 {
		s.state = inTrailer
		return nil
	}
	s.state, s.left = inChunk, size
	return nil
}

func hexDigit(c byte) (int64, bool) {
	switch {
	case isDigit(c):
		return int64(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int64(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return int64(c-'A') + 10, true
	}
	return 0, false
}

// notBehind are fields that say how a request is framed, for whom it is, who asks, and how its body is read. Behind the
// body they come too late for us, and a server that merges them would still believe them (RFC 9110, 6.5.1).
var notBehind = map[string]bool{
	"host": true, "content-length": true, "transfer-encoding": true, "trailer": true, "te": true, "connection": true,
	"upgrade": true, "expect": true, "content-type": true, "content-encoding": true, "content-range": true, "range": true,
	"authorization": true, "proxy-authorization": true, "cookie": true, "cache-control": true, "max-forwards": true,
}

// NotBehind reports whether a field may not stand behind a body; name is in any case.
func NotBehind(name string) bool { return notBehind[strings.ToLower(name)] }

func (s *Scanner) takeTrailer(line []byte) *Violation {
	if s.trailers++; s.trailers > maxTrailerFields {
		return BadTrailer
	}
	name, _, v := splitField(line)
	if v != nil {
		return v
	}
	if NotBehind(string(name)) {
		return BadTrailer
	}
	return nil
}
