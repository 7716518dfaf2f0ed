package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Dial connects for an export, or refuses an address that must not be reached.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Message is a record as it travels.
type Message struct {
	UID      string
	Time     time.Time
	Severity sekisho.Severity
	Content  []byte // one line
}

// Carrier brings messages to a receiver. Carry returns nil once the receiver has confirmed all of them; after an error any
// of them may have arrived.
type Carrier interface {
	Carry(ctx context.Context, messages []Message) error
}

// NewCarrier returns the carrier of an export. KindInvalid: a certificate or key of it cannot be read.
func NewCarrier(e sekisho.Export, secrets Secrets, dial Dial, timeout time.Duration) (Carrier, error) {
	address := e.Syslog
	if e.Webhook != "" {
		u, err := url.Parse(e.Webhook)
		if err != nil {
			return nil, sekisho.Invalid(fmt.Sprintf("export %s: webhook: it is no address", e.Name))
		}
		address = u.Host
	}
	config, err := clientTLS(e, secrets, address)
	if err != nil {
		return nil, err
	}
	if e.Webhook != "" {
		return newWebhook(e, secrets.Signing, config, dial, timeout), nil
	}
	return &syslog{address: e.Syslog, hostname: hostname(), config: config, dial: dial, timeout: timeout, grace: leavingGrace}, nil
}

// leavingGrace is what a batch by syslog takes at least; it bounds an export to about 2,000 records a second.
const leavingGrace = 100 * time.Millisecond

func clientTLS(e sekisho.Export, secrets Secrets, address string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, ClientSessionCache: tls.NewLRUClientSessionCache(2)}
	if e.CA != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(e.CA)) {
			return nil, sekisho.Invalid(fmt.Sprintf("export %s: --ca: no certificate in PEM form is in it", e.Name))
		}
	}
	if e.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(e.Certificate), []byte(secrets.Key))
		if err != nil {
			return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("export %s: --certificate and --key do not belong together", e.Name)}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
