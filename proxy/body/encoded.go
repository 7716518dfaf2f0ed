package body

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
)

const (
	// maxUnpacked is how far the rules read a body that is compressed.
	maxUnpacked = 1 << 20
	// maxRatio is more than text and documents compress by; what swells more was made to.
	maxRatio = 100
)

// Unpacks reports how a body in this Content-Encoding unpacks: as a bomb ([Swollen]), and whether to more than the rules
// read. A coding that is not gzip or deflate alone, and a body that is not what it says, are the rules' business. The cost
// is bounded by what the rules read, whatever the body would grow to.
func Unpacks(coding string, b []byte) (fault Fault, beyond bool) {
	counted := &counter{Reader: bytes.NewReader(b)}
	source := bufio.NewReaderSize(counted, 512) // so that what was read is nearly what was used
	var unpacked io.Reader
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "gzip", "x-gzip":
		reader, err := gzip.NewReader(source)
		if err != nil {
			return none, false
		}
		unpacked = reader
	case "deflate": // zlib by the book (RFC 9110, 8.4.1.2), bare by some programs
		unpacked = flate.NewReader(source)
		if head, _ := source.Peek(2); len(head) == 2 && head[0]&15 == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			reader, err := zlib.NewReader(source)
			if err != nil {
				return none, false
			}
			unpacked = reader
		}
	default:
		return none, false
	}
	n, _ := io.CopyN(io.Discard, unpacked, maxUnpacked+1) // where it breaks off, it has an end
	if n <= maxUnpacked {
		return none, false
	}
	if n/max(counted.n, 1) >= maxRatio {
		return Swollen, true
	}
	return none, true
}

// counter counts what is read through it.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
