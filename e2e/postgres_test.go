package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// TestServe_keepsItsRecordsInPostgreSQL attacks a site while the database is there, while it is away, and once it is back.
func TestServe_keepsItsRecordsInPostgreSQL(t *testing.T) {
	t.Parallel()
	server := testenv.StartPostgres(t)
	database := server.Database(t)
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--database-url", database, "--access-log", "off", "--site", "shop.example="+origin, "--mode", "block")
	wantStatus(t, p, "shop.example", http.StatusForbidden)
	eventually(t, "the first event in the records", func() bool { return len(events(t, dir)) == 1 })

	server.Stop()
	for range 3 {
		wantStatus(t, p, "shop.example", http.StatusForbidden)
		if got := get(t, p.client(), "https://shop.example/"); got.status != http.StatusOK {
			t.Fatalf("an ordinary request without the database: got %d, want 200", got.status)
		}
	}
	eventually(t, "status to say that the database is away", func() bool {
		return strings.Contains(must(t, "status", "--data-dir", dir), "The database cannot be used")
	})
	server.Start()
	eventually(t, "the events of the outage", func() bool { return len(events(t, dir)) == 4 })
	eventually(t, "status to be well again", func() bool {
		return !strings.Contains(must(t, "status", "--data-dir", dir), "The database cannot be used")
	})
	p.stop()

	// Nothing serves now: the command line asks the database itself, and another data directory finds the same records.
	config := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(config, []byte("database_url: "+database+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, t.TempDir()} {
		if got := len(events(t, dir, "--config", config)); got != 4 {
			t.Errorf("got %d events without a running process, want 4", got)
		}
	}
}
