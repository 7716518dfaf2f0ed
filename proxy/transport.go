package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// acceptsGzip reports whether the visitor takes gzip (RFC 9110, 12.5.3).
func acceptsGzip(header http.Header) bool {
	for _, value := range header["Accept-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
				continue
			}
			key, weight, _ := strings.Cut(strings.TrimSpace(parameters), "=")
			if q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64); !strings.EqualFold(strings.TrimSpace(key), "q") || err != nil || q > 0 {
				return true
			}
		}
	}
	return false
}

// bufferPool lends the buffers that bodies are copied through.
type bufferPool struct{ pool sync.Pool }

const copyBufferSize = 32 << 10

var copyBuffers = &bufferPool{pool: sync.Pool{New: func() any { return new([copyBufferSize]byte) }}}

func (b *bufferPool) Get() []byte { return b.pool.Get().(*[copyBufferSize]byte)[:] }

func (b *bufferPool) Put(p []byte) {
	if len(p) == copyBufferSize {
		b.pool.Put((*[copyBufferSize]byte)(p))
	}
}
