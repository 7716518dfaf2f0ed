package names

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func TestProber_believesAnOriginThatAnswersForTheHostByItself(t *testing.T) {
	dns := testenv.StartNames(t)
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	dns.Address("origin.example", "127.0.0.1")
	dns.Address("edge.example", "198.41.0.9")
	p := NewProber(resolver(t, dns.Addr), []netip.Addr{netip.MustParseAddr("198.41.0.9")})
	p.roots = x509.NewCertPool()
	p.roots.AddCert(server.Certificate()) // for example.com
	p.port = server.Listener.Addr().(*net.TCPAddr).Port
	everywhere := func(netip.Addr) bool { return true }
	tests := []struct {
		name, host, origin string
		public             func(netip.Addr) bool
		status             int
		want               string // in the problem; empty: a way
	}{
		{"it answers", "example.com", "http://origin.example:8080", everywhere, 200, ""},
		{"a page that is not there is an answer", "example.com", "http://origin.example", everywhere, 404, ""},
		{"its certificate is for another host", "shop.example", "https://origin.example", everywhere, 200, "certificate"},
		{"it fails", "example.com", "http://origin.example", everywhere, 503, "503"},
		{"nobody can reach it", "example.com", "http://origin.example", safedial.Public, 200, "not a public address"},
		{"it is us", "example.com", "http://edge.example", everywhere, 200, "ours"},
		{"it has no address", "example.com", "http://none.example", everywhere, 200, "no address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p.public, status = test.public, test.status
			probe := p.Look(t.Context(), sekisho.Site{ID: "S1", Host: test.host, Origin: test.origin})
			if (test.want == "") != (len(probe.Addresses) == 1) || !strings.Contains(probe.Problem.EN, test.want) {
				t.Errorf("got %+v, want %q", probe, test.want)
			}
		})
	}
	p.public, status = everywhere, 200
	site := sekisho.Site{ID: "S1", Host: "example.com", Origin: "http://origin.example"}
	first := p.Look(t.Context(), site)
	status = 503
	if got := p.Fresh(t.Context(), site); !got.At.Equal(first.At) || len(got.Addresses) != 1 {
		t.Errorf("got %+v, want the look of a moment ago", got)
	}
	first.At = time.Now().Add(-ProbeLife)
	p.last["S1"] = first
	if got := p.Fresh(t.Context(), site); len(got.Addresses) != 0 {
		t.Errorf("got %+v from a look that is too old, want a new one", got)
	}
	p.Keep(nil)
	if len(p.last) != 0 {
		t.Error("a removed site is remembered")
	}
}
