package names

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func resolver(t *testing.T, addr string) *Resolver {
	t.Helper()
	r, err := NewResolver(addr)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResolver_readsWhatDNSSays(t *testing.T) {
	dns := testenv.StartNames(t)
	r := resolver(t, dns.Addr)
	dns.Address("www.shop.example", "203.0.113.5", "203.0.113.6")
	dns.TXT("_sekisho.www.shop.example", "sekisho-verify=abc")
	dns.Alias("_acme-challenge.www.shop.example", "k7.acme.edge.example")
	dns.CAA("shop.example", "letsencrypt.org")
	dns.Fail("broken.example")

	if got, err := r.Addresses(t.Context(), "www.shop.example"); err != nil || len(got) != 2 {
		t.Errorf("Addresses: got %v, %v", got, err)
	}
	if got, err := r.Addresses(t.Context(), "none.example"); err != nil || len(got) != 0 {
		t.Errorf("Addresses of an unknown name: got %v, %v, want none", got, err)
	}
	if got, err := r.Addresses(t.Context(), "192.0.2.7"); err != nil || len(got) != 1 {
		t.Errorf("Addresses of an address: got %v, %v", got, err)
	}
	if got, err := r.TXT(t.Context(), "_sekisho.www.shop.example"); err != nil || !slices.Equal(got, []string{"sekisho-verify=abc"}) {
		t.Errorf("TXT: got %q, %v", got, err)
	}
	if got, err := r.Aliases(t.Context(), "_acme-challenge.www.shop.example"); err != nil || !slices.Equal(got, []string{"k7.acme.edge.example"}) {
		t.Errorf("Aliases: got %q, %v", got, err)
	}
	if got, err := r.CAA(t.Context(), "www.shop.example"); err != nil || len(got) != 1 || got[0].Domain != "shop.example" || got[0].Value != "letsencrypt.org" {
		t.Errorf("CAA: got %+v, %v, want that of the parent", got, err)
	}
	if _, err := r.Addresses(t.Context(), "broken.example"); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Errorf("a server that fails: got %v, want unavailable", err)
	}
	if _, err := NewResolver("dns.example"); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want a resolver by name refused", err)
	}
}

func TestProve_findsTheRecordOrTheFile(t *testing.T) {
	dns := testenv.StartNames(t)
	var page, host string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		if strings.HasPrefix(page, "http://") || strings.HasPrefix(page, "https://") {
			http.Redirect(w, r, page, http.StatusFound)
			return
		}
		fmt.Fprintln(w, page)
	}))
	defer server.Close()
	token := NewToken()
	good := proofPrefix + token
	tests := []struct {
		name, txt, page string
		addr            string
		want            sekisho.Proof
		missing         string
	}{
		{"nothing yet", "", "", "", sekisho.ProofNone, "There is no TXT record"},
		{"the record", good, "", "", sekisho.ProofTXT, ""},
		{"another's record", proofPrefix + NewToken(), "", "", sekisho.ProofNone, "with another value"},
		{"the file", "", "first line\n" + good, "198.41.0.4", sekisho.ProofHTTP, ""},
		{"another's file", "", proofPrefix + NewToken(), "198.41.0.4", sekisho.ProofNone, "does not hold the value"},
		{"a redirect to a server of strangers", "", "http://pastebin.example/" + good, "198.41.0.4", sekisho.ProofNone, "302"},
		{"a file that we ourselves serve", "", good, "198.41.0.9", sekisho.ProofNone, "already leads here"},
		{"a huge file", "", strings.Repeat("x", 1<<20) + "\n" + good, "198.41.0.4", sekisho.ProofNone, "does not hold"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name := fmt.Sprintf("w%d.example", i)
			if test.txt != "" {
				dns.TXT("_sekisho."+name, test.txt)
			}
			if test.addr != "" {
				dns.Address(name, test.addr)
			}
			page = test.page
			c := NewChecker(resolver(t, dns.Addr), []netip.Addr{netip.MustParseAddr("198.41.0.9")})
			c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != "198.41.0.4:80" {
					t.Errorf("dials %s", address)
				}
				return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
			}
			proof, missing := c.Prove(t.Context(), name, token)
			if proof != test.want || (test.missing != "") != (len(missing) > 0) || !strings.Contains(fmt.Sprint(missing), test.missing) {
				t.Errorf("got %s, %v, want %s, %q", proof, missing, test.want, test.missing)
			}
			if test.want == sekisho.ProofHTTP && host != name {
				t.Errorf("asked for host %q, want %q", host, name)
			}
		})
	}
}

// A name that leads inside must not make us fetch from the inside.
func TestProve_connectsToPublicAddressesOnly(t *testing.T) {
	dns := testenv.StartNames(t)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("an inside server was asked") }))
	defer server.Close()
	dns.Address("inside.example", "127.0.0.1")
	c := NewChecker(resolver(t, dns.Addr), nil)
	proof, missing := c.Prove(t.Context(), "inside.example", NewToken())
	if proof != sekisho.ProofNone || !strings.Contains(fmt.Sprint(missing), "not a public address") {
		t.Errorf("got %s, %v", proof, missing)
	}
}
