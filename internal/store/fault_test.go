package store

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func openForFaults(t *testing.T, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: "yamada"}); err != nil {
		t.Fatal(err)
	}
	return db
}

// batch is n events of about 1 KB each.
func batch(position uint64, n int) sekisho.Commit {
	c := sekisho.Commit{Stream: "spool", Position: position}
	for i := range n {
		c.Events = append(c.Events, sekisho.Event{
			ID: sekisho.EventID(fmt.Sprintf("%08d-%05d", position, i)), Tenant: "yamada", Time: time.UnixMicro(int64(i)), Raw: strings.Repeat("x", 1000),
		})
	}
	return c
}

// wantFullThenFine commits what does not fit, makes room, and commits the same again.
func wantFullThenFine(t *testing.T, db *DB, big sekisho.Commit, makeRoom func()) {
	t.Helper()
	ctx := t.Context()
	if err := db.Commit(ctx, "yamada", batch(1, 1)); err != nil {
		t.Fatal(err)
	}
	for range 3 { // it goes on failing, and in the same way
		err := db.Commit(ctx, "yamada", big)
		if sekisho.KindOf(err) != sekisho.KindUnavailable || !strings.Contains(sekisho.MessageOf(err), "free some disk space") {
			t.Fatalf("got %v (%v), want unavailable because the disk is full", err, sekisho.KindOf(err))
		}
	}
	if got, _, err := db.ListEvents(ctx, "yamada", sekisho.EventFilter{}); err != nil || len(got) != 1 {
		t.Errorf("reading while the disk is full: got %d events (%v), want 1", len(got), err)
	}
	makeRoom()
	if err := db.Commit(ctx, "yamada", big); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	got, err := db.Remember(ctx, "yamada", "spool", time.Time{})
	if err != nil || got.Position != big.Position {
		t.Errorf("got position %d (%v), want %d", got.Position, err, big.Position)
	}
}

func TestCommit_saysThatTheDatabaseIsFullAndRecovers(t *testing.T) {
	db := openForFaults(t, t.TempDir())
	limit := func(pages int) {
		t.Helper()
		if _, err := db.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	wantFullThenFine(t, db, batch(2, 1000), func() { limit(1_000_000) })
}

// The real thing: a file system of 1 MB. Unlike the test above it fails when SQLite writes its log, so inside COMMIT.
func TestCommit_saysThatTheDiskIsFullAndRecovers(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting a small file system: %v (needs root; `make test` in a privileged container)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	db := openForFaults(t, dir)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 500<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFullThenFine(t, db, batch(2, 250), func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	})
}

func TestListEvents_saysThatTheFileIsDamaged(t *testing.T) {
	dir := t.TempDir()
	db := openForFaults(t, dir)
	if err := db.Commit(t.Context(), "yamada", batch(1, 200)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // which folds the log into the file
		t.Fatal(err)
	}
	path := filepath.Join(dir, sqliteFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	events := content[len(content)/2:] // the schema is in front of it
	for i := range events {
		events[i] = 0xff
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, _, err = db.ListEvents(t.Context(), "yamada", sekisho.EventFilter{})
	if message := sekisho.MessageOf(err); !strings.Contains(message, path+" is damaged") || !strings.Contains(message, "backup") {
		t.Errorf("got %v with message %q, want the file and the way out", err, message)
	}
}

func TestCommit_waitsForTheOtherWriterThenGivesUp(t *testing.T) {
	dir := t.TempDir()
	db := openForFaults(t, dir)
	other, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := db.write.ExecContext(t.Context(), "PRAGMA busy_timeout = 1"); err != nil { // instead of five seconds
		t.Fatal(err)
	}
	err = other.update(t.Context(), "holding the lock", func(*tx) error {
		err := db.Commit(t.Context(), "yamada", batch(1, 1))
		if sekisho.KindOf(err) != sekisho.KindUnavailable || !strings.Contains(sekisho.MessageOf(err), "busy") {
			t.Errorf("got %v (%v), want unavailable because it is busy", err, sekisho.KindOf(err))
		}
		_, err = db.FindTenant(t.Context(), "yamada") // readers do not wait
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(t.Context(), "yamada", batch(1, 1)); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

const secondProcess = "SEKISHO_TEST_SECOND_PROCESS"

// The command line and `serve` may have the same directory open: two processes add to one number.
func TestAddTraffic_losesNothingBetweenTwoProcesses(t *testing.T) {
	const rounds = 50
	add := func(db *DB) {
		for range rounds {
			if err := db.AddTraffic(t.Context(), "yamada", []sekisho.Traffic{{Site: "S1", Requests: 1}}); err != nil {
				t.Error(err)
			}
		}
	}
	if dir := os.Getenv(secondProcess); dir != "" {
		db, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		fmt.Println("open")
		add(db)
		return
	}
	dir := t.TempDir()
	db := openForFaults(t, dir)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), secondProcess+"="+dir)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 4)); err != nil { // both have it open from here on
		t.Fatal(err)
	}
	add(db)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	got, err := db.ListTraffic(t.Context(), "yamada", "S1", time.Time{}, time.Time{})
	if err != nil || len(got) != 1 || got[0].Requests != 2*rounds {
		t.Errorf("got %v (%v), want %d requests", got, err, 2*rounds)
	}
}
