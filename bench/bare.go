package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// BareConfig is the yardstick's: what [ServeBare] listens on and forwards to.
type BareConfig struct {
	Addr   string // loopback
	Origin string
	TLS    bool // with a certificate of its own, made at start
}

// ServeBare is `sekisho bench bare`: a plain httputil.ReverseProxy, the least that a Go proxy can do, until ctx ends.
// Two settings make it a yardstick that is not easily beaten: a connection pool that fits the load, because net/http's
// own two idle connections would measure TCP handshakes, and pooled copy buffers, because 32 KB of garbage for each
// request would measure the collector.
func ServeBare(ctx context.Context, cfg BareConfig) error {
	origin, err := sekisho.ParseOrigin(cfg.Origin)
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: maxConnections, IdleConnTimeout: 90 * time.Second, DisableCompression: true}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Transport:  transport,
		BufferPool: &copyBuffers{},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(origin)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
	}
	if !cfg.TLS {
		return serve(ctx, cfg.Addr, proxy, nil)
	}
	certificate, err := selfSigned()
	if err != nil {
		return fmt.Errorf("make a certificate for the bare proxy: %w", err)
	}
	return serve(ctx, cfg.Addr, proxy, &tls.Config{
		Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS13,
	})
}

// copyBuffers implements [httputil.BufferPool].
type copyBuffers struct{ pool sync.Pool }

func (b *copyBuffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

func (b *copyBuffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// selfSigned makes an ECDSA P-256 certificate, the kind that the local authority issues, so that handshakes compare.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{siteHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
