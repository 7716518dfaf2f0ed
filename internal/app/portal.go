package app

import (
	"crypto/tls"
	"net"
	"net/url"

	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
)

// portalTLS returns nil for a portal on a loopback address, where plain HTTP never leaves the machine, and otherwise
// TLS with a certificate of the local authority, because session cookies must not cross a network in the clear.
func portalTLS(cfg config.Config, authority *certs.Authority) (*tls.Config, error) {
	addr, err := net.ResolveTCPAddr("tcp", cfg.Portal)
	if err != nil {
		return nil, err
	}
	if addr.IP.IsLoopback() {
		return nil, nil //nolint:nilnil // no TLS is an answer
	}
	u, err := url.Parse(cfg.PortalAddress(addr, true))
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: authority.Own(u.Hostname(), "localhost")}, nil
}
