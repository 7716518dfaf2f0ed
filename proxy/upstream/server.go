package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// serverKey names a server as one tenant reaches it. Sites of the tenant with equal keys share connections and health.
type serverKey struct {
	tenant      sekisho.TenantID
	origin      string
	vouched     bool
	connect     time.Duration
	answer      time.Duration
	protocol    sekisho.OriginProtocol
	serverName  string
	skipVerify  bool
	credentials credentials

	// A server that is checked is a site's own, because it is asked for the site's host.
	checkHost, checkPath string
	checkEvery           time.Duration
}

// server is one server behind sites, and how it is doing.
type server struct {
	serverKey
	url       *url.URL
	transport *http.Transport
	circuit   circuit

	sick    atomic.Bool // by the checks
	checked atomic.Int64
	misses  atomic.Int32 // checks that failed in a row
	why     atomic.Pointer[string]
}

const maxHead = 256 << 10 // of an origin's answer

// newServer does not connect. The settings are those of a valid site.
func newServer(key serverKey, config *Config) (*server, error) {
	u, err := sekisho.ParseOrigin(key.origin)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := key.tls()
	if err != nil {
		return nil, err
	}
	dialer := config.rules(key.vouched).Dialer(key.connect, config.Resolver)
	transport := &http.Transport{
		Proxy: nil, // never the environment's: an origin is where its owner says it is
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &movingConn{Conn: conn, stall: config.Stall}, nil
		},
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    key.connect,
		ResponseHeaderTimeout:  key.answer,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: maxHead,
		ReadBufferSize:         16 << 10, // most pages in one read, and so in one write: see wire.Conn.Gather
		DisableCompression:     true,     // the visitor's coding is the visitor's: bytes pass as they are
		Protocols:              new(http.Protocols),
	}
	switch key.protocol {
	case sekisho.OriginHTTP1:
		transport.Protocols.SetHTTP1(true)
	case sekisho.OriginHTTP2:
		transport.Protocols.SetHTTP2(true)
		transport.Protocols.SetUnencryptedHTTP2(true)
	default:
		transport.Protocols.SetHTTP1(true)
		transport.Protocols.SetHTTP2(true)
	}
	return &server{serverKey: key, url: u, transport: transport}, nil
}

// allowed looks at an address that stands in the URL itself.
func (s *server) allowed(rules *safedial.Rules) error {
	name := s.url.Hostname()
	addr, err := netip.ParseAddr(name)
	if strings.EqualFold(name, "localhost") {
		addr, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err != nil {
		return nil //nolint:nilerr // a name
	}
	port := uint64(80)
	if s.url.Port() != "" {
		port, _ = strconv.ParseUint(s.url.Port(), 10, 16) // ParseOrigin has read it
	} else if s.url.Scheme == "https" {
		port = 443
	}
	var refused *safedial.Refused
	if errors.As(rules.Check(netip.AddrPortFrom(addr, uint16(port))), &refused) {
		return sekisho.Invalid(fmt.Sprintf("origin %s: %s %s, and customers' sites go to public addresses only; allow its network with origin_networks, or vouch for this site's origin with --trust-origin",
			s.origin, addr, refused.Why))
	}
	return nil
}

// tls is how the server is known. Without settings: by the system's authorities and the name of the URL.
func (k *serverKey) tls() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: k.serverName,
		InsecureSkipVerify: k.skipVerify, //nolint:gosec // where the operator has said so
	}
	if k.credentials.ca != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(k.credentials.ca)) {
			return nil, sekisho.Invalid("origin_ca_file: no certificate in it; give a PEM file")
		}
	}
	if k.credentials.cert != "" {
		pair, err := tls.X509KeyPair([]byte(k.credentials.cert), []byte(k.credentials.key))
		if err != nil {
			return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "origin_cert_file and origin_key_file: not a PEM certificate and its key", Err: err}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// movingConn gives up on a server that stops taking bytes: net/http begins to count the time for an answer only when the
// request has gone out whole.
type movingConn struct {
	net.Conn
	stall time.Duration
}

func (c *movingConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite ends our side of a connection that has become a tunnel.
func (c *movingConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
