package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	caLifetime   = 10 * 365 * 24 * time.Hour
	leafLifetime = 90 * 24 * time.Hour
	// A leaf is replaced while a third of its life is left, so that no handshake ever meets an expired one.
	leafRenewal = leafLifetime / 3
	// Clocks of visitors run late; a certificate is valid a little before it is made.
	backdate = time.Hour
)

// localCA signs leafs for names without a certificate of their own.
type localCA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openCA reads the authority of a directory, or makes it if there is none yet.
func openCA(dir string, now time.Time) (*localCA, error) {
	certFile, keyFile := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	_, certErr := os.Stat(certFile)
	_, keyErr := os.Stat(keyFile)
	if errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		if err := createCA(dir, certFile, keyFile, now); err != nil {
			return nil, err
		}
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, invalid(certFile, "the local authority cannot be read; put both of its files back, or remove both to have a new one made", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, invalid(certFile, "this is not a local authority; remove ca.crt and ca.key to have one made", nil)
	}
	if now.After(pair.Leaf.NotAfter) {
		return nil, invalid(certFile, "the local authority has expired; remove ca.crt and ca.key to have a new one made", nil)
	}
	return &localCA{cert: pair.Leaf, key: key}, nil
}

func createCA(dir, certFile, keyFile string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of the local authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the key of the local authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: "Sekisho local authority", Organization: []string{"Sekisho"}},
		NotBefore:    now.Add(-backdate), NotAfter: now.Add(caLifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("sign the local authority: %w", err)
	}
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the key of the local authority: %w", err)
	}
	// The key first: a certificate without a key would look like a lost key at the next start.
	if err := writeFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyBytes})); err != nil {
		return err
	}
	if err := writeFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})); err != nil {
		_ = os.Remove(keyFile)
		return err
	}
	return nil
}

// leafEnds is how long a leaf is good that is signed now: none outlives its authority.
func (ca *localCA) leafEnds(now time.Time) time.Time {
	ends := now.Add(leafLifetime).Truncate(time.Second) // as certificates have it
	if ca.cert.NotAfter.Before(ends) {
		return ca.cert.NotAfter
	}
	return ends
}

// issue signs a leaf for exactly one canonical host. Two tenants never share a certificate: browsers would send one
// tenant's requests over the other's connection.
func (ca *localCA) issue(host string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", host, err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{Organization: []string{"Sekisho local authority"}},
		NotBefore:    now.Add(-backdate), NotAfter: ca.leafEnds(now),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate for %s: %w", host, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the certificate just made for %s: %w", host, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func serial() *big.Int {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, Go 1.24)
	random[0] = random[0]&0x7f | 0x40
	return new(big.Int).SetBytes(random[:])
}

func invalid(file, why string, err error) error {
	return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: file + ": " + why, Err: err}
}

// writeFile puts content in place whole or not at all, readable by us alone.
func writeFile(name string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
