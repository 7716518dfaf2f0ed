package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/sensor-bridge/forward"
)

// ForwarderConfig is a forwarder with where it keeps its buffer and who it is.
type ForwarderConfig struct {
	forward.Config
	Dir         string // of the buffer
	MaxBytes    int64  // of the buffer
	Name        string // in the bridge's certificate; empty: the host of To
	Certificate string // directory that `sekisho sensor add --certificate` wrote
}

// bufferSegment is small: what is left of one is sent again after a restart.
const bufferSegment = 1 << 20

// Forward runs a forwarder until ctx ends. It calls ready once it listens.
func Forward(ctx context.Context, cfg ForwarderConfig, log *slog.Logger, ready func(udp, tcp net.Addr)) (err error) {
	if cfg.TLS, err = clientTLS(cfg.Certificate, cfg.To, cfg.Name); err != nil {
		return err
	}
	buffer := spool.DefaultConfig(cfg.Dir)
	buffer.MaxBytes, buffer.SegmentBytes = cfg.MaxBytes, bufferSegment
	kept, err := spool.Open(buffer, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	forwarder, err := forward.New(cfg.Config, forwardBuffer{kept, cfg.MaxBytes}, log)
	if err != nil {
		return err
	}
	ready(forwarder.UDPAddr(), forwarder.TCPAddr())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return kept.Run(ctx) })
	group.Go(func() error { return forwarder.Run(ctx) })
	return group.Wait()
}

// forwardBuffer is a spool as the forwarder's buffer. A tenth of it is left for devices that cannot wait.
type forwardBuffer struct {
	*spool.Spool
	most int64
}

func (b forwardBuffer) AppendText(text string) error {
	if err := b.Spool.AppendText(text); !errors.Is(err, spool.ErrDelayed) { // that one is on its way
		return err
	}
	return nil
}

func (b forwardBuffer) Full() bool {
	health := b.Health()
	return health.Bytes > b.most/10*9 || health.Backlog > 0
}

// clientTLS reads the certificate of a sensor, its key, and who signed the bridge's own.
func clientTLS(dir, to, name string) (*tls.Config, error) {
	ca := filepath.Join(dir, "sekisho-ca.crt")
	trusted, err := os.ReadFile(ca)
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("--certificate %s: %s cannot be read; name the directory that `sekisho sensor add --certificate` wrote", dir, ca)}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(trusted) {
		return nil, sekisho.Invalid(fmt.Sprintf("--certificate %s: %s holds no certificate", dir, ca))
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(keys) != 1 {
		return nil, sekisho.Invalid(fmt.Sprintf("--certificate %s: it holds %d keys; leave the one that this forwarder is to use", dir, len(keys)))
	}
	certificate, err := tls.LoadX509KeyPair(keys[0][:len(keys[0])-len(".key")]+".crt", keys[0])
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("--certificate %s: %s and its certificate do not fit: %v", dir, keys[0], err)}
	}
	host, _, err := net.SplitHostPort(to)
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("--to %q: name the bridge, such as sekisho.example.co.jp:6514", to))
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: cmp.Or(name, host), Certificates: []tls.Certificate{certificate}}, nil
}
