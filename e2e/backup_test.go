package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBackup_isTakenWhileServingAndServesASiteAfterwards restores on another machine, so to say: into another directory.
func TestBackup_isTakenWhileServingAndServesASiteAfterwards(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir, other, files := t.TempDir(), filepath.Join(t.TempDir(), "restored"), t.TempDir()
	p := serve(t, dir, "--access-log", "off", "--site", "shop.example="+origin, "--mode", "block")
	wantStatus(t, p, "shop.example", http.StatusForbidden)
	eventually(t, "the event", func() bool { return len(events(t, dir)) == 1 })
	passphrase, backup := filepath.Join(files, "passphrase"), filepath.Join(files, "sekisho.backup")
	if err := os.WriteFile(passphrase, []byte("correct horse battery staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := must(t, "backup", backup, "--passphrase-file", passphrase, "--data-dir", dir); !strings.Contains(said, "records and") {
		t.Errorf("got %q", said)
	}
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"PRIVATE KEY", "shop.example"} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the backup shows %q", secret)
		}
	}
	if _, stderr, code := sekisho(t, "restore", backup, "--passphrase-file", passphrase, "--data-dir", dir); code == 0 || !strings.Contains(stderr, "another sekisho is using it") {
		t.Errorf("restore into a directory that is served: got %d, %q", code, stderr)
	}
	wantStatus(t, p, "shop.example", http.StatusForbidden) // and it goes on
	client := p.client()                                   // trusts the authority of the first directory
	roots := client.Transport.(*http.Transport).TLSClientConfig.RootCAs
	p.stop()

	must(t, "restore", backup, "--passphrase-file", passphrase, "--data-dir", other)
	q := serve(t, other, "--access-log", "off")
	client = q.client()
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
	if got := get(t, client, "https://shop.example/"); got.status != http.StatusOK {
		t.Errorf("after the restore: got %d, want 200 from the site, with a certificate of the same authority", got.status)
	}
	wantStatus(t, q, "shop.example", http.StatusForbidden)
	eventually(t, "the old event and the new one", func() bool { return len(events(t, other)) == 2 })
}
