package certs

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Issuer says where a certificate comes from, and so who replaces it.
type Issuer string

// Issuers.
const (
	IssuerACME   Issuer = "acme"   // ordered by us, replaced by us
	IssuerUpload Issuer = "upload" // given by a person, replaced by nobody else
	IssuerFile   Issuer = "file"   // a copy of the operator's files, for the day on which they cannot be read
	IssuerLocal  Issuer = "local"  // the local authority; never kept
)

// certificateShelf holds one record per host.
const certificateShelf = "certificates"

// record is a certificate as it is kept.
type record struct {
	Host   string    `json:"host"`
	Issuer Issuer    `json:"issuer"`
	Chain  []byte    `json:"chain"` // PEM
	Key    []byte    `json:"key"`   // PKCS #8, sealed
	Since  time.Time `json:"since"`
}

// kept is a record in memory, ready to be shown.
type kept struct {
	cert   *tls.Certificate
	issuer Issuer
}

// shelfKey is a host as a key: addresses of IPv6 have brackets and colons.
func shelfKey(host string) string { return keyOfHost.Replace(host) }

var keyOfHost = strings.NewReplacer("[", "", "]", "", ":", "_")

// keep stores a certificate. The caller has checked that it fits the host.
func (v *Vault) keep(ctx context.Context, host string, issuer Issuer, cert *tls.Certificate, now time.Time) error {
	secret, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return fmt.Errorf("encode the key of %s: %w", host, err)
	}
	var chain bytes.Buffer
	for _, der := range cert.Certificate {
		if err := pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return fmt.Errorf("encode the certificate of %s: %w", host, err)
		}
	}
	return v.put(ctx, certificateShelf, shelfKey(host), record{Host: host, Issuer: issuer, Chain: chain.Bytes(), Key: v.seal("the key of "+host, secret), Since: now.UTC()})
}

// load reads the certificate kept under a key, whether it has expired or not.
func (v *Vault) load(ctx context.Context, key string) (host string, _ *kept, _ error) {
	var r record
	if err := v.get(ctx, certificateShelf, key, &r); err != nil {
		return "", nil, err
	}
	if shelfKey(r.Host) != key {
		return "", nil, sekisho.Invalid(fmt.Sprintf("what is kept of %s is another host's: %s", key, r.Host))
	}
	secret, err := v.open("the key of "+r.Host, r.Key)
	if err != nil {
		return "", nil, err
	}
	cert, err := pair(r.Chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	if err != nil {
		return "", nil, &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "the certificate kept of " + r.Host + " is damaged", Err: err}
	}
	return r.Host, &kept{cert: cert, issuer: r.Issuer}, nil
}

func pair(chain, key []byte) (*tls.Certificate, error) {
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, err
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return nil, err
		}
	}
	if _, ok := cert.PrivateKey.(crypto.Signer); !ok {
		return nil, sekisho.Invalid("the key cannot sign")
	}
	return &cert, nil
}
