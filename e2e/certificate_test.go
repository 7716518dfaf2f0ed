package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificatePair writes a self-signed certificate for host and its key.
func certificatePair(t *testing.T, host string) (chain, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	chain, key = filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{chain: {Type: "CERTIFICATE", Bytes: certificate}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return chain, key
}

func TestServe_isNotKeptDownByOneSitesCertificate(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "a.example="+origin, "--site", "b.example="+origin, "--mode", "block")
	chain, key := certificatePair(t, "a.example")
	if _, stderr, code := sekisho(t, "site", "set", "b.example", "--cert-file", chain, "--key-file", key, "--data-dir", dir); code != 2 || !strings.Contains(stderr, chain) {
		t.Errorf("a certificate for another host: exit %d, %s; want 2 and its name", code, stderr)
	}
	must(t, "site", "set", "a.example", "--cert-file", chain, "--key-file", key, "--data-dir", dir)
	if err := os.Remove(chain); err != nil {
		t.Fatal(err)
	}

	must(t, "site", "set", "b.example", "--mode", "off", "--data-dir", dir) // another site's trouble
	wantStatus(t, p, "b.example", http.StatusOK)
	must(t, "site", "add", "c.example", origin, "--trust-name", "--trust-origin", "--data-dir", dir)
	must(t, "site", "remove", "c.example", "--data-dir", dir)

	p.stop()
	p = serve(t, dir)
	wantStatus(t, p, "b.example", http.StatusOK)
	if got := must(t, "status", "--data-dir", dir); !strings.Contains(got, "could not be put in force") {
		t.Errorf("status does not say what is wrong:\n%s", got)
	}
}
