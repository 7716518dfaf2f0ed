package e2e

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func attackStatus(t *testing.T, p *process, host string) int {
	t.Helper()
	return do(t, p.client(), attacks[0].build(host)).status
}

func wantStatus(t *testing.T, p *process, host string, want int) {
	t.Helper()
	if got := attackStatus(t, p, host); got != want {
		t.Errorf("an attack on %s: got %d, want %d", host, got, want)
	}
}

func TestSiteSet_isInForceWhenTheCommandReturns(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "a.example="+origin, "--site", "b.example="+origin, "--mode", "block")
	wantStatus(t, p, "a.example", http.StatusForbidden)

	must(t, "site", "set", "--mode", "off", "a.example", "--data-dir", dir) // flags before and after arguments
	wantStatus(t, p, "a.example", http.StatusOK)
	wantStatus(t, p, "b.example", http.StatusForbidden)

	must(t, "site", "set", "--all", "--mode", "off", "--data-dir", dir)
	wantStatus(t, p, "b.example", http.StatusOK)
	must(t, "site", "set", "--all", "--mode", "own", "--data-dir", dir)
	wantStatus(t, p, "a.example", http.StatusOK)
	wantStatus(t, p, "b.example", http.StatusForbidden)

	must(t, "site", "set", "a.example", "--mode", "block", "--data-dir", dir)
	wantStatus(t, p, "a.example", http.StatusForbidden)
}

func TestSiteSet_worksWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "a.example="+origin, "--mode", "block")
	release := holdDatabase(t, dir)

	began := time.Now()
	command := make(chan string, 1)
	go func() {
		_, stderr, _ := sekisho(t, "site", "set", "a.example", "--mode", "off", "--data-dir", dir)
		command <- stderr
	}()
	eventually(t, "the attack to pass", func() bool { return attackStatus(t, p, "a.example") == http.StatusOK })
	t.Logf("in force %s after the command began, while the database could not be written", time.Since(began).Round(time.Millisecond))
	if stderr := <-command; !strings.Contains(stderr, "in force now") {
		t.Errorf("got %q, want a word that the record is not written", stderr)
	}
	release()
	p.stop()
	again := serve(t, dir)
	wantStatus(t, again, "a.example", http.StatusOK) // the override survives the restart
}

// holdDatabase takes the database's write lock, so that nobody else can write until release.
func holdDatabase(t *testing.T, dir string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "sekisho.db")+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	released := false
	release = func() {
		if !released {
			released = true
			_ = tx.Rollback()
			_ = db.Close()
		}
	}
	t.Cleanup(release)
	return release
}

func TestRedis_sharesTheKillSwitchBetweenProcesses(t *testing.T) {
	t.Parallel()
	redis := testenv.Redis(t)
	origin, _ := countingOrigin(t)
	first, second := t.TempDir(), t.TempDir()
	a := serve(t, first, "--redis-url", redis, "--site", "a.example="+origin, "--mode", "block")
	b := serve(t, second, "--redis-url", redis, "--site", "b.example="+origin, "--mode", "block")
	wantStatus(t, b, "b.example", http.StatusForbidden)

	must(t, "site", "set", "--all", "--mode", "off", "--data-dir", first)
	wantStatus(t, a, "a.example", http.StatusOK)
	eventually(t, "the other process to hear of it", func() bool { return attackStatus(t, b, "b.example") == http.StatusOK })
	must(t, "site", "set", "--all", "--mode", "own", "--data-dir", second)
	eventually(t, "both to return to their own mode", func() bool {
		return attackStatus(t, a, "a.example") == http.StatusForbidden && attackStatus(t, b, "b.example") == http.StatusForbidden
	})
}
