package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"time"
)

// clientLifetime is long: a certificate on a firewall is renewed by hand, and what counts is that it is on record.
const clientLifetime = 3 * 365 * 24 * time.Hour

// Client is a client certificate with its key, in PEM, and who signed it.
type Client struct {
	Certificate, Key, CA []byte
	Fingerprint          string // SHA-256 of the certificate, in hexadecimal
}

// IssueClient signs a client certificate with the local authority of a data directory, which is made if there is none yet.
// The key is in the answer alone.
func IssueClient(dir, name string) (Client, error) {
	now := time.Now()
	ca, err := openCA(filepath.Join(dir, "ca"), now)
	if err != nil {
		return Client{}, fmt.Errorf("open the local certificate authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Client{}, fmt.Errorf("make a key for %s: %w", name, err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Sekisho sensor"}},
		NotBefore:    now.Add(-backdate), NotAfter: now.Add(clientLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if ca.cert.NotAfter.Before(template.NotAfter) {
		template.NotAfter = ca.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return Client{}, fmt.Errorf("sign a certificate for %s: %w", name, err)
	}
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Client{}, fmt.Errorf("encode the key of %s: %w", name, err)
	}
	sum := sha256.Sum256(der)
	return Client{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyBytes}),
		CA:          pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}),
		Fingerprint: hex.EncodeToString(sum[:]),
	}, nil
}

// ClientCAs are who signs the certificates of clients: the local authority alone.
func (a *Authority) ClientCAs() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.ca.cert)
	return pool
}
