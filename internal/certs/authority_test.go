package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func mustOpen(t *testing.T, dir string, now func() time.Time) *Authority {
	t.Helper()
	a, err := open(dir, quiet, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func hello(name string) *tls.ClientHelloInfo { return &tls.ClientHelloInfo{ServerName: name} }

func pool(t *testing.T, a *Authority) *x509.CertPool {
	t.Helper()
	content, err := os.ReadFile(a.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		t.Fatal("the CA file holds no certificate")
	}
	return roots
}

func TestGetCertificate_isTrustedByWhoTrustsTheAuthority(t *testing.T) {
	for _, host := range []string{"shop.example", "localhost", "127.0.0.1", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			a := mustOpen(t, t.TempDir(), time.Now)
			if err := a.SetSites([]sekisho.Site{{Host: host}}); err != nil {
				t.Fatal(err)
			}
			cert, err := a.GetCertificate(hello(host))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: pool(t, a)}); err != nil {
				t.Errorf("leaf for %s: %v", host, err)
			}
		})
	}
}

func TestGetCertificate_refusesNamesThatAreNobodys(t *testing.T) {
	a := mustOpen(t, t.TempDir(), time.Now)
	if err := a.SetSites([]sekisho.Site{{Host: "shop.example"}}); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"", "other.example", "www.shop.example", "shop.example.evil.test", "*", "127.0.0.1"} {
		if cert, err := a.GetCertificate(hello(host)); err == nil {
			t.Errorf("a certificate for %q: %v", host, cert.Leaf.DNSNames)
		} else if sekisho.KindOf(err) != sekisho.KindNotFound {
			t.Errorf("error kind for %q is %s, want not found", host, sekisho.KindOf(err))
		}
	}
	if err := a.SetSites(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.GetCertificate(hello("shop.example")); err == nil {
		t.Error("a removed site is still served")
	}
}

func TestGetCertificate_knowsAnAddressByTheConnection(t *testing.T) {
	a := mustOpen(t, t.TempDir(), time.Now)
	if err := a.SetSites([]sekisho.Site{{Host: "127.0.0.1"}}); err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: a.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	// A client that is given an address sends no server name.
	conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: pool(t, a), ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestGetCertificate_signsOncePerNameAndAgainInTheLastThird(t *testing.T) {
	var mu sync.Mutex
	clock := time.Now()
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	advance := func(d time.Duration) { mu.Lock(); clock = clock.Add(d); mu.Unlock() }
	a := mustOpen(t, t.TempDir(), now)
	sites := []sekisho.Site{{Host: "shop.example"}}
	if err := a.SetSites(sites); err != nil {
		t.Fatal(err)
	}
	get := func() *x509.Certificate {
		cert, err := a.GetCertificate(hello("SHOP.example"))
		if err != nil {
			t.Fatal(err)
		}
		return cert.Leaf
	}
	first := get()
	var handshakes sync.WaitGroup
	for range 8 {
		handshakes.Go(func() {
			if cert, err := a.GetCertificate(hello("shop.example")); err != nil || !cert.Leaf.Equal(first) {
				t.Errorf("another leaf at the same time: %v", err)
			}
		})
	}
	handshakes.Wait()
	if err := a.SetSites(sites); err != nil { // an unrelated change of settings
		t.Fatal(err)
	}
	advance(59 * 24 * time.Hour)
	if !get().Equal(first) {
		t.Error("a leaf with more than a third of its life left was replaced")
	}
	advance(2 * 24 * time.Hour)
	second := get()
	if second.Equal(first) || !second.NotAfter.After(first.NotAfter) {
		t.Error("a leaf in the last third of its life was not replaced")
	}
}

func TestOpen_keepsItsAuthorityPrivateAndForGood(t *testing.T) {
	dir := t.TempDir()
	first := mustOpen(t, dir, time.Now)
	second := mustOpen(t, dir, time.Now)
	if !first.ca.cert.Equal(second.ca.cert) {
		t.Error("a second start made another authority")
	}
	if got, want := first.ca.cert.Subject.CommonName, "Sekisho local authority"; got != want {
		t.Errorf("common name %q, want %q", got, want)
	}
	err := filepath.WalkDir(filepath.Join(dir, "ca"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpen_saysWhatIsWrongWithADamagedAuthority(t *testing.T) {
	tests := []struct {
		name  string
		wreck func(t *testing.T, ca string)
	}{
		{"the key is gone", func(t *testing.T, ca string) { remove(t, filepath.Join(ca, "ca.key")) }},
		{"the certificate is gone", func(t *testing.T, ca string) { remove(t, filepath.Join(ca, "ca.crt")) }},
		{"the key is garbage", func(t *testing.T, ca string) { write(t, filepath.Join(ca, "ca.key"), []byte("x")) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			mustOpen(t, dir, time.Now)
			test.wreck(t, filepath.Join(dir, "ca"))
			_, err := Open(dir, quiet)
			if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), "ca.crt") {
				t.Errorf("Open() = %v, want an invalid error that names the file", err)
			}
		})
	}
	t.Run("it has expired", func(t *testing.T) {
		dir := t.TempDir()
		mustOpen(t, dir, time.Now)
		_, err := open(dir, quiet, func() time.Time { return time.Now().AddDate(11, 0, 0) })
		if sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("Open() = %v, want invalid", err)
		}
	})
}

func TestSetSites_checksGivenFiles(t *testing.T) {
	dir := t.TempDir()
	issuer := mustOpen(t, dir, time.Now)
	good := issue(t, issuer, dir, "good", "shop.example", time.Now())
	other := issue(t, issuer, dir, "other", "other.example", time.Now())
	old := issue(t, issuer, dir, "old", "shop.example", time.Now().AddDate(-1, 0, 0))
	site := func(cert, key string) sekisho.Site {
		return sekisho.Site{Host: "shop.example", CertFile: cert, KeyFile: key}
	}
	tests := []struct {
		name string
		site sekisho.Site
		want string // in the error; empty: none
	}{
		{"a good pair", site(good+".crt", good+".key"), ""},
		{"a key of another certificate", site(good+".crt", other+".key"), good + ".crt"},
		{"a missing file", site(filepath.Join(dir, "none.crt"), good+".key"), "none.crt"},
		{"an expired certificate", site(old+".crt", old+".key"), "expired"},
		{"a certificate for another host", site(other+".crt", other+".key"), "is not for shop.example"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := mustOpen(t, t.TempDir(), time.Now)
			err := a.SetSites([]sekisho.Site{test.site, {Host: "beside.example"}})
			if test.want == "" && err != nil {
				t.Fatal(err)
			}
			if test.want != "" && (sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("SetSites() = %v, want an invalid error with %q", err, test.want)
			}
			if _, err := a.GetCertificate(hello("beside.example")); err != nil {
				t.Errorf("the site beside it suffers: %v", err)
			}
			shown := test.want == "" || test.want == "expired" // a warning gets a visitor further than a refusal
			if _, err := a.GetCertificate(hello("shop.example")); (err == nil) != shown {
				t.Errorf("GetCertificate() error = %v with files %q", err, test.name)
			}
		})
	}
	t.Run("a broken renewal keeps the certificate in use", func(t *testing.T) {
		a := mustOpen(t, t.TempDir(), time.Now)
		if err := a.SetSites([]sekisho.Site{site(good+".crt", good+".key")}); err != nil {
			t.Fatal(err)
		}
		if err := a.SetSites([]sekisho.Site{site(good+".crt", other+".key")}); err == nil {
			t.Error("a broken pair was accepted")
		}
		if _, err := a.GetCertificate(hello("shop.example")); err != nil {
			t.Errorf("the certificate in use is gone: %v", err)
		}
	})
}

func TestReached_isEmptyWithoutAnAddress(t *testing.T) {
	one, two := net.Pipe()
	defer one.Close()
	defer two.Close()
	if got := reached(one); got != "" {
		t.Errorf("reached() = %q, want none", got)
	}
}

func issue(t *testing.T, a *Authority, dir, file, host string, at time.Time) string {
	t.Helper()
	cert, err := a.ca.issue(host, at)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(dir, file)
	write(t, base+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
	write(t, base+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return base
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// Ten thousand sites that nobody has visited over HTTPS hold no key pair.
func TestReady_signsNoLeafThatNobodyAskedFor(t *testing.T) {
	a := mustOpen(t, t.TempDir(), time.Now)
	if err := a.SetSites([]sekisho.Site{{Host: "shop.example"}}); err != nil {
		t.Fatal(err)
	}
	n := (*a.names.Load())["shop.example"]
	before, ok := a.shown(n)
	if !ok || !a.Ready("shop.example") {
		t.Error("got a site that is not ready, want one whose leaf the next handshake signs")
	}
	if leaf := n.leaf.current.Load(); leaf != nil {
		t.Errorf("got a leaf until %s, want none before a handshake", leaf.Leaf.NotAfter)
	}
	cert, err := a.GetCertificate(hello("shop.example"))
	if err != nil {
		t.Fatal(err)
	}
	if off := cert.Leaf.NotAfter.Sub(before.expires); off < 0 || off > time.Minute {
		t.Errorf("got a leaf until %s, want until about %s as was said", cert.Leaf.NotAfter, before.expires)
	}
}
