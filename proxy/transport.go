package proxy

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// transportKey names a pool of connections. The tenant is part of it, so that a connection that one tenant's request
// has left in a strange state never carries another tenant's.
type transportKey struct {
	tenant sekisho.TenantID
	origin string
}

// newTransport returns a pool of connections to one origin. HTTP/2 is spoken where the origin offers it over TLS.
func newTransport(config Config) *http.Transport {
	dialer := &net.Dialer{Timeout: config.DialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  nil, // never the environment's: an origin is where the operator says it is
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    config.DialTimeout,
		ResponseHeaderTimeout:  config.OriginTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true, // the visitor's coding is the visitor's: bytes pass as they are
		ForceAttemptHTTP2:      true,
	}
}

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
