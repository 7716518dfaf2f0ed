package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const testSecret = "0123456789abcdef0123456789abcdef"

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// clientPair makes a certificate that signs itself, and its key, in PEM.
func clientPair(t *testing.T) (cert, key string, parsed *x509.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("CERTIFICATE", der), pemOf("EC PRIVATE KEY", keyDER), parsed
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestSend_verifiesTheServersCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(fine)) // for example.com and 127.0.0.1
	defer server.Close()
	server.Config.ErrorLog = nil
	ca := pemOf("CERTIFICATE", server.Certificate().Raw)
	tests := []struct {
		name    string
		origins sekisho.Origins
		want    bool
	}{
		{"nobody has issued it", sekisho.Origins{}, false},
		{"issued by whom the operator names", sekisho.Origins{CAFile: file(t, ca)}, true},
		{"for a name that it has", sekisho.Origins{CAFile: file(t, ca), ServerName: "example.com"}, true},
		{"for a name that it has not", sekisho.Origins{CAFile: file(t, ca), ServerName: "shop.example"}, false},
		{"not looked at", sekisho.Origins{SkipVerify: true}, true},
	}
	for _, test := range tests {
		pool := testPool(t, testBook(), sekisho.Site{Origin: server.URL, Origins: test.origins})
		if _, err := pool.try(t, sendable{method: "GET"}, waiting(true)); (err == nil) != test.want {
			t.Errorf("%s: got %v, want an answer: %v", test.name, err, test.want)
		}
	}
}

func TestProbe_saysWhetherStrangersGetIn(t *testing.T) {
	cert, key, parsed := clientPair(t)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	mutual := httptest.NewUnstartedServer(http.HandlerFunc(fine))
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	mutual.StartTLS()
	defer mutual.Close()
	asksForSecret := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-From-Sekisho") != testSecret {
			w.WriteHeader(http.StatusForbidden)
		}
	}
	locked, _ := origin(t, asksForSecret)
	open, _ := origin(t, fine)
	forbidden, _ := origin(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	secret := sekisho.Origins{SecretFile: file(t, testSecret+"\n"), SecretHeader: "x-from-sekisho"}
	tests := []struct {
		name, url string
		origins   sekisho.Origins
		want      Probe
	}{
		{"open", open, sekisho.Origins{}, Probe{Open: true, Status: 200, Ours: 200}},
		{"with a secret that nobody asks for", open, secret, Probe{Open: true, Status: 200, Ours: 200}},
		{"locked by a secret", locked, secret, Probe{Status: 403, Ours: 200}},
		{"forbidden to everybody, so nobody can tell", forbidden, secret, Probe{Open: true, Status: 403, Ours: 403}},
		{"locked by a client certificate", mutual.URL, sekisho.Origins{
			SkipVerify: true, CertFile: file(t, cert), KeyFile: file(t, key),
		}, Probe{Ours: 200}},
		{"nobody there", nobody(t), sekisho.Origins{}, Probe{}},
	}
	for _, test := range tests {
		site := sekisho.Site{ID: "SITE1", Tenant: "yamada", Host: "shop.example", Origin: test.url, Origins: test.origins, Policy: sekisho.DefaultPolicy()}
		got, err := testBook().Probe(t.Context(), &site)
		if err != nil {
			t.Fatal(err)
		}
		got[0].Origin, got[0].Why = "", ""
		if got[0] != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got[0], test.want)
		}
	}
}

func TestPool_refusesFilesThatCannotBeUsed(t *testing.T) {
	cert, key, _ := clientPair(t)
	tests := []struct {
		name    string
		origins sekisho.Origins
		want    string
	}{
		{"no such file", sekisho.Origins{CAFile: "/does/not/exist"}, "origin_ca_file /does/not/exist"},
		{"no certificate in it", sekisho.Origins{CAFile: file(t, "hello")}, "origin_ca_file"},
		{"certificate and key do not fit", sekisho.Origins{CertFile: file(t, cert), KeyFile: file(t, cert)}, "origin_key_file"},
		{"a secret that can be guessed", sekisho.Origins{SecretFile: file(t, "short")}, "openssl rand -hex 32"},
		{"a secret that is two fields", sekisho.Origins{SecretFile: file(t, testSecret+"\r\nX-Evil: 1")}, "origin_secret_file"},
		{"fine", sekisho.Origins{CertFile: file(t, cert), KeyFile: file(t, key), SecretFile: file(t, testSecret)}, ""},
	}
	for _, test := range tests {
		site := sekisho.Site{Tenant: "yamada", Host: "shop.example", Origin: "http://127.0.0.1:1", Origins: test.origins}
		_, err := testBook().Begin().Pool(&site)
		if test.want == "" && err == nil {
			continue
		}
		if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: the secret stands in the error", test.name)
		}
	}
}

func TestPool_takesUpANewSecretWithoutARestart(t *testing.T) {
	var seen atomic.Pointer[string]
	url, _ := origin(t, func(_ http.ResponseWriter, r *http.Request) {
		got := r.Header.Get(sekisho.DefaultSecretHeader)
		seen.Store(&got)
	})
	secret := file(t, testSecret)
	book := testBook()
	for _, want := range []string{testSecret, "another-secret-of-the-operator"} {
		if err := os.WriteFile(secret, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		pool := testPool(t, book, sekisho.Site{Origin: url, Origins: sekisho.Origins{SecretFile: secret}})
		request, _ := http.NewRequest(http.MethodGet, "http://unset.example/", http.NoBody)
		answer, err := pool.Send(request, waiting(true))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if got := *seen.Load(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
