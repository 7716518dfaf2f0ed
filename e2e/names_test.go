package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// handshake reports whether the process shows a certificate for a name.
func (p *process) handshake(name string) error {
	conn, err := tls.Dial("tcp", p.https, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err == nil {
		_ = conn.Close()
	}
	return err
}

func TestSiteVerify_opensADraftWhenItsOwnerHasPublishedTheToken(t *testing.T) {
	t.Parallel()
	dns := testenv.StartNames(t)
	origin, asked := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--resolver", dns.Addr)
	if got := must(t, "site", "add", "a.example", origin, "--trust-origin", "--data-dir", dir); !strings.Contains(got, "sekisho site verify a.example") {
		t.Errorf("site add: got %s, want the next step", got)
	}
	if err := p.handshake("a.example"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("a handshake for a draft: got %v, want unrecognized name", err)
	}
	request, err := http.NewRequest(http.MethodGet, "http://"+p.http+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "a.example"
	if got := do(t, http.DefaultClient, request); got.status != http.StatusMisdirectedRequest || asked.Load() != 0 {
		t.Errorf("a request for a draft: got %d and %d at the origin, want 421 and none", got.status, asked.Load())
	}

	shown := must(t, "site", "verify", "a.example", "--data-dir", dir)
	var name, value string
	for line := range strings.Lines(shown) {
		if _, err := fmt.Sscanf(line, "  a TXT record %s %s", &name, &value); err == nil {
			break
		}
	}
	if name != "_sekisho.a.example" || value == "" || !strings.Contains(shown, "There is no TXT record") {
		t.Fatalf("site verify: got\n%s", shown)
	}
	dns.TXT(name, value)
	if got := must(t, "site", "verify", "a.example", "--data-dir", dir); !strings.Contains(got, "proof of ownership: txt") {
		t.Errorf("site verify: got %s", got)
	}
	if got := get(t, p.client(), "https://a.example/"); got.status != http.StatusOK {
		t.Errorf("got %d, want the verified site served", got.status)
	}
	eventually(t, "the site to be live, where nobody watches names", func() bool { return siteState(t, dir, "a.example") == "live_detect" })
}
