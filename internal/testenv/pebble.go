package testenv

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// PebbleConfig is what a test wants of a certificate authority.
type PebbleConfig struct {
	DNS         string // the resolver it asks, host:port
	HTTPPort    int    // where it looks for proofs over HTTP
	TLSPort     int    // and over TLS
	RejectNonce int    // percent of good nonces that it refuses
	MaxSleep    int    // seconds that it may sleep before it looks; 0: none
	Life        time.Duration
}

// Pebble is a real ACME authority.
type Pebble struct {
	t          testing.TB
	Directory  string // URL
	CAFile     string // that its own server is trusted by
	management string
	process    *process
	restart    func()
}

// StartPebble starts the authority. It ends with the test.
func StartPebble(t testing.TB, cfg PebbleConfig) *Pebble {
	t.Helper()
	binary := find(t, "pebble")
	dir := t.TempDir()
	listen, management := local(FreePort(t)), local(FreePort(t))
	certFile, keyFile := selfSigned(t, dir)
	if cfg.Life == 0 {
		cfg.Life = 90 * 24 * time.Hour
	}
	content, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listen, "managementListenAddress": management, "certificate": certFile, "privateKey": keyFile,
		"httpPort": cfg.HTTPPort, "tlsPort": cfg.TLSPort, "retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"caaIdentities": []string{"pebble.test"}, "domainBlocklist": []string{"blocked.test"},
		"profiles": map[string]any{"default": map[string]any{"description": "test", "validityPeriod": int(cfg.Life.Seconds())}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Pebble{t: t, Directory: "https://" + listen + "/dir", CAFile: certFile, management: management}
	p.restart = func() {
		cmd := exec.Command(binary, "-config", file, "-dnsserver", cfg.DNS)
		cmd.Env = append(os.Environ(), "PEBBLE_WFE_NONCEREJECT="+strconv.Itoa(cfg.RejectNonce), "PEBBLE_AUTHZREUSE=0")
		if cfg.MaxSleep == 0 {
			cmd.Env = append(cmd.Env, "PEBBLE_VA_NOSLEEP=1")
		} else {
			cmd.Env = append(cmd.Env, "PEBBLE_VA_SLEEPTIME="+strconv.Itoa(cfg.MaxSleep))
		}
		p.process = run(t, cmd, func() bool { return listening(listen) && listening(management) })
	}
	p.restart()
	return p
}

// Stop kills the authority: it is away. Start brings it back with nothing remembered, on the same address.
func (p *Pebble) Stop() { p.process.kill() }

// Start ends Stop.
func (p *Pebble) Start() { p.restart() }

// Roots returns what its certificates are trusted by, in PEM.
func (p *Pebble) Roots() []byte {
	p.t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	response, err := client.Get("https://" + p.management + "/roots/0")
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	root, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return root
}

func selfSigned(t testing.TB, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pebble"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}
