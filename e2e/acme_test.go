package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

type certificateView struct {
	Issuer string `json:"issuer"`
	Text   struct {
		JA string `json:"ja"`
		EN string `json:"en"`
	} `json:"text"`
	Delegation string `json:"delegation"`
}

func siteState(t *testing.T, dir, host string) string {
	t.Helper()
	var site struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal([]byte(must(t, "site", "show", host, "--data-dir", dir)), &site); err != nil {
		t.Fatal(err)
	}
	return site.State
}

func certificateOf(t *testing.T, dir, host string, args ...string) (view certificateView) {
	t.Helper()
	text := must(t, append([]string{"site", "certificate", host, "--json", "--data-dir", dir}, args...)...)
	if err := json.Unmarshal([]byte(text), &view); err != nil {
		t.Fatal(err)
	}
	return view
}

// TestACME_hasACertificateBeforeTheSwitch goes the whole way of a site with the real parts: a certificate authority that
// refuses good nonces and takes its time, a recursive resolver, the owner's DNS, and our own name server.
func TestACME_hasACertificateBeforeTheSwitch(t *testing.T) {
	t.Parallel()
	dns := testenv.StartNames(t)
	ours := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t))
	resolver := testenv.StartResolver(t, dns.Addr, map[string]string{"waf.test": ours})
	pebble := testenv.StartPebble(t, testenv.PebbleConfig{DNS: resolver, HTTPPort: 1, TLSPort: 1, RejectNonce: 30, MaxSleep: 2})
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--resolver", resolver, "--edge-addresses", "127.0.0.1", "--dns-zone", "waf.test", "--dns-listen", ours,
		"--acme-directory", pebble.Directory, "--acme-ca-file", pebble.CAFile, "--acme-email", "op@example.com")
	dns.Address("a.example", "198.41.0.4") // the server of today

	must(t, "site", "add", "a.example", origin, "--mode", "block", "--trust-name", "--trust-origin", "--data-dir", dir)
	if got := siteState(t, dir, "a.example"); got != "verified" {
		t.Errorf("got state %s, want verified", got)
	}
	var view certificateView
	eventually(t, "a word about the name that leads elsewhere", func() bool {
		view = certificateOf(t, dir, "a.example")
		return strings.Contains(view.Text.EN, "does not lead here yet (now: 198.41.0.4)")
	})
	if !strings.Contains(view.Text.JA, "まだこちらを向いていません") || !strings.HasSuffix(view.Delegation, ".acme.waf.test") {
		t.Errorf("got %+v, want the words in Japanese and where to point to", view)
	}
	if err := p.handshake("a.example"); err == nil {
		t.Error("a handshake succeeded without a certificate")
	}

	dns.Alias("_acme-challenge.a.example", view.Delegation)
	certificateOf(t, dir, "a.example", "--retry")
	eventually(t, "the certificate before the switch", func() bool { return siteState(t, dir, "a.example") == "certificate_ready" })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pebble.Roots())
	conn, err := tls.Dial("tcp", p.https, &tls.Config{ServerName: "a.example", RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()

	dns.Address("a.example", "127.0.0.1") // the switch
	eventually(t, "the site to be live", func() bool { return siteState(t, dir, "a.example") == "live_block" })
	if got := must(t, "status", "--data-dir", dir); !strings.Contains(got, "live in block") || !strings.Contains(got, "It is renewed by itself") {
		t.Errorf("status: got\n%s", got)
	}

	client := p.client()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	attack := func() int { return do(t, client, attacks[0].build("a.example")).status }
	if got := attack(); got != http.StatusForbidden {
		t.Errorf("an attack: got %d, want 403", got)
	}
	began := time.Now()
	if got := must(t, "site", "bypass", "a.example", "--data-dir", dir); !strings.Contains(got, "bypassed") {
		t.Errorf("site bypass: got %s", got)
	}
	if got, took := attack(), time.Since(began); got != http.StatusOK || took > 5*time.Second {
		t.Errorf("after the bypass: got %d after %s, want 200 within 5 s", got, took)
	}
	if got := must(t, "site", "resume", "a.example", "--data-dir", dir); !strings.Contains(got, "live in block") || attack() != http.StatusForbidden {
		t.Errorf("site resume: got %s", got)
	}
	if _, stderr, code := sekisho(t, "site", "bypass", "a.example", "--dns", "--data-dir", dir); code != 2 || !strings.Contains(stderr, "is an address of ours") {
		t.Errorf("a way past us that leads to us: exit %d %s", code, stderr)
	}
	must(t, "site", "pause", "a.example", "--data-dir", dir)
	if err := p.handshake("a.example"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("a paused site: got %v, want its name refused", err)
	}

	p.stop() // the authority goes away, and the certificate stays
	pebble.Stop()
	p = serve(t, dir)
	must(t, "site", "resume", "a.example", "--data-dir", dir)
	if conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", p.https, &tls.Config{ServerName: "a.example", RootCAs: roots}); err != nil {
		t.Errorf("after a restart: %v", err)
	} else {
		_ = conn.Close()
	}
}

func TestServe_refusesAnotherKeyThanTheCertificatesWereKeptWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, dir, "--certificate-key", strings.Repeat("a", 32))
	p.stop()
	_, stderr, code := sekisho(t, "serve", "--data-dir", dir, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0", "--certificate-key", strings.Repeat("b", 32))
	if code != 2 || !strings.Contains(stderr, "certificate_key: the certificates were kept with another key") {
		t.Errorf("got exit %d, %s", code, stderr)
	}
}

// TestServe_refusesUnknownNamesByTheThousand opens connections for names that are nobody's while a site is served: every
// one is refused, and nobody orders anything.
func TestServe_refusesUnknownNamesByTheThousand(t *testing.T) {
	t.Parallel()
	dns := testenv.StartNames(t)
	pebble := testenv.StartPebble(t, testenv.PebbleConfig{DNS: dns.Addr, HTTPPort: 1, TLSPort: 1})
	dir := t.TempDir()
	p := serve(t, dir, "--resolver", dns.Addr, "--edge-addresses", "127.0.0.1", "--acme-directory", pebble.Directory, "--acme-ca-file", pebble.CAFile)
	began := time.Now()
	const names = 2000
	failed := make(chan error, names)
	for worker := range 8 {
		go func() {
			for i := worker; i < names; i += 8 {
				failed <- p.handshake(fmt.Sprintf("x%d.example", i))
			}
		}()
	}
	for range names {
		if err := <-failed; err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Fatalf("got %v, want unrecognized name", err)
		}
	}
	t.Logf("%d unknown names refused, %.0f a second, with the race detector on", names, names/time.Since(began).Seconds())
	if log := p.log.String(); strings.Contains(log, "certificate issued") || strings.Contains(log, "certificate not issued") {
		t.Errorf("something was ordered:\n%s", log)
	}
}
