package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestTenantDelete_endsATenantInARunningProcess deletes one of two tenants while visitors come.
func TestTenantDelete_endsATenantInARunningProcess(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--access-log", "off")
	for _, tenant := range []string{"yamada", "suzuki"} {
		must(t, "tenant", "add", tenant, "--name", tenant+" K.K.", "--data-dir", dir)
		must(t, "site", "add", tenant+".example", origin, "--tenant", tenant, "--mode", "block", "--trust-name", "--trust-origin", "--data-dir", dir)
	}
	wantStatus(t, p, "yamada.example", http.StatusForbidden)
	wantStatus(t, p, "suzuki.example", http.StatusForbidden)
	eventually(t, "both events in the records", func() bool { return len(events(t, dir)) == 2 })
	open := p.client() // with a connection that outlives the site
	if got := get(t, open, "https://yamada.example/"); got.status != http.StatusOK {
		t.Fatalf("before: got %d, want 200", got.status)
	}

	if _, stderr, code := sekisho(t, "tenant", "delete", "yamada", "--yes-delete", "suzuki K.K.", "--data-dir", dir); code == 0 || !strings.Contains(stderr, "another name") {
		t.Errorf("with another name: got exit %d, %q, want a refusal", code, stderr)
	}
	out := must(t, "tenant", "delete", "yamada", "--yes-delete", "yamada K.K.", "--data-dir", dir)
	if !strings.Contains(out, "is deleted; no longer served: yamada.example") {
		t.Errorf("got %q, want what is served no more", out)
	}
	if got := get(t, open, "https://yamada.example/"); got.status != http.StatusMisdirectedRequest {
		t.Errorf("on an open connection: got %d, want 421", got.status)
	}
	if err := p.handshake("yamada.example"); err == nil {
		t.Error("got a handshake for a site of a deleted tenant, want none")
	}
	wantStatus(t, p, "suzuki.example", http.StatusForbidden)
	eventually(t, "the other tenant's events alone", func() bool { return len(events(t, dir)) == 2 })
	if got := must(t, "status", "--data-dir", dir); !strings.Contains(got, " 0, 0, 0\n") || strings.Contains(got, "yamada") {
		t.Errorf("got %q, want nothing of the deleted tenant, and no event set aside", got)
	}
}
