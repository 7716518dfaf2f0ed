package ruleset

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sekisho-waf/sekisho"
)

// A body that arrives compressed is shown to the rules as what the origin makes of it, up to the same limit as any other;
// what is forwarded is what came. A body that grows beyond the limit and to more than maxRatio times its size is a bomb: it
// was not inspected, and the site's fail mode decides. Nobody unpacks more than maxUnpacked of one to find out.
const (
	maxRatio    = 200
	maxUnpacked = 8 << 20
)

// unreadable is the TX variable by which fill says that a body is not in the encoding that it announces.
const unreadable = "sekisho_unreadable"

// plainBody returns the body as the origin will read it, at most limit bytes of it. readable is false where it is not in
// the encoding that it announces, or in one that is not read here. An error means a bomb.
func plainBody(x *sekisho.Exchange, limit int64) (body []byte, cut, readable bool, err error) {
	encoding := ""
	for _, f := range x.Header {
		if strings.EqualFold(f.Name, "Content-Encoding") {
			encoding += strings.ToLower(strings.TrimSpace(f.Value)) // two of them make a name that nobody has
		}
	}
	if encoding == "" || encoding == "identity" || len(x.Body) == 0 {
		return x.Body, x.BodyCut, true, nil
	}
	reader, err := decoder(encoding, x.Body)
	if err != nil {
		return x.Body, x.BodyCut, false, nil
	}
	plain, err := io.ReadAll(io.LimitReader(reader, limit+1))
	size := int64(len(plain))
	if err == nil && size > limit {
		more, _ := io.Copy(io.Discard, io.LimitReader(reader, min(maxRatio*int64(len(x.Body)), maxUnpacked)))
		size += more
	}
	if c, ok := reader.(interface{ Close() }); ok {
		c.Close() // zstd has buffers of its own
	}
	switch {
	case size > limit && size > maxRatio*int64(len(x.Body)):
		return nil, false, false, fmt.Errorf("unpack a body of %d bytes in %s: it grows more than %d times", len(x.Body), encoding, maxRatio)
	case err != nil && x.BodyCut && errors.Is(err, io.ErrUnexpectedEOF):
		return plain, true, true, nil
	case err != nil:
		return x.Body, x.BodyCut, false, nil
	}
	return plain, x.BodyCut, true, nil
}

func decoder(encoding string, body []byte) (io.Reader, error) {
	source := bytes.NewReader(body)
	switch encoding {
	case "gzip", "x-gzip":
		return gzip.NewReader(source)
	case "deflate": // meant is zlib (RFC 9110, 8.4.1.2); some send the bare stream
		if reader, err := zlib.NewReader(source); err == nil {
			return reader, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	case "br":
		return brotli.NewReader(source), nil
	case "zstd":
		return zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(16<<20))
	}
	return nil, fmt.Errorf("no decoder for %q", encoding)
}
