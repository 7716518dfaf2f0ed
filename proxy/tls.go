package proxy

import (
	"bytes"
	"crypto/tls"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Certificates answers a TLS handshake, from memory. An error refuses the connection; KindNotFound says that the name is
// nobody's. A hello that speaks [ChallengeProtocol] alone is a certificate authority's.
type Certificates interface {
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// ChallengeProtocol is what a certificate authority speaks to see that a name leads here (RFC 8737). Nothing follows such
// a handshake.
const ChallengeProtocol = "acme-tls/1"

func (s *Server) tlsConfig() *tls.Config {
	if s.certificates == nil {
		return nil
	}
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: s.certificate,
		// For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else.
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
	// A ticket of TLS 1.2 holds the keys of its session, so whoever gets hold of ours could read what was recorded (RFC 5077,
	// 5.5); in TLS 1.3 each session has keys of its own. Who speaks no TLS 1.3 shakes hands in full.
	older := config.Clone()
	older.SessionTicketsDisabled = true
	challenge := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{ChallengeProtocol},
		GetCertificate: s.certificate, SessionTicketsDisabled: true,
	}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Equal(hello.SupportedProtos, challenge.NextProtos) {
			return challenge, nil
		}
		if !slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
			return older, nil
		}
		return nil, nil //nolint:nilnil // crypto/tls reads it as: the usual one
	}
	s.bindTickets(config)
	return config
}

// bindTickets ties each session ticket to the site that it was given out for. A resumed session skips the choice of a
// certificate, so without this a ticket of one site would open a connection for another, or for a site that has been
// taken out of service since (see CVE-2025-68121 for a relative).
func (s *Server) bindTickets(config *tls.Config) {
	config.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		session.Extra = append(session.Extra, s.ticketOwner(state.ServerName))
		return config.EncryptTicket(state, session)
	}
	config.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := config.DecryptTicket(ticket, state)
		owner := s.ticketOwner(state.ServerName)
		if err != nil || session == nil || owner == nil || !slices.ContainsFunc(session.Extra, func(is []byte) bool { return bytes.Equal(is, owner) }) {
			return nil, err // a full handshake follows
		}
		return session, nil
	}
}

// ticketOwner names the site of a TLS name; nil when it is nobody's.
func (s *Server) ticketOwner(name string) []byte {
	site := s.current.Load().sites[strings.ToLower(strings.TrimSuffix(name, "."))]
	if site == nil {
		return nil
	}
	return []byte("sekisho site " + string(site.Tenant) + "/" + string(site.ID) + " " + site.Host)
}

// certificate makes crypto/tls say "unrecognized_name" for a name that is nobody's: it does so where there is neither a
// certificate nor an error, and calls an error an internal one, which would send people looking for a fault of ours.
func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	certificate, err := s.certificates.GetCertificate(hello)
	if err != nil && sekisho.KindOf(err) == sekisho.KindNotFound {
		return nil, nil //nolint:nilnil // crypto/tls reads it as: no such name
	}
	return certificate, err
}
