package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func TestOpen_keepsRecordsForTheNextStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "what? 100%20 #関所") // created, whatever its name
	want := sekisho.Tenant{ID: "yamada", Name: "山田"}
	db, err := store.Open(t.Context(), dir, discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.CreateTenant(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if got, err := again.FindTenant(t.Context(), "yamada"); err != nil || got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	if current, newest, err := again.Version(t.Context()); err != nil || current != newest || newest < 1 {
		t.Errorf("got version %d of %d (%v), want the newest", current, newest, err)
	}
}

func TestOpen_letsOnlyTheOwnerRead(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 { // the database, its log and the index of the log
		t.Fatalf("got %v (%v), want three files", entries, err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v (%v), want 0600", entry.Name(), info.Mode().Perm(), err)
		}
	}
}

func TestOpen_manyAtOnceOnANewDirectory(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			db, err := store.Open(t.Context(), dir, discard())
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestOpen_saysWhatIsWrongAndTheWayOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, dir string) (dataDir string)
		kind    sekisho.Kind
		want    []string
	}{
		{"directory is a file", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "file"), "x")
			return filepath.Join(dir, "file")
		}, sekisho.KindInvalid, []string{"file cannot be used (not a directory)", "--data-dir"}},
		{"directory below a file", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "file"), "x")
			return filepath.Join(dir, "file", "below")
		}, sekisho.KindInvalid, []string{"below cannot be used (not a directory)", "--data-dir"}},
		{"not a database", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "sekisho.db"), strings.Repeat("this is a text\n", 1000))
			return dir
		}, sekisho.KindInvalid, []string{"sekisho.db is not a Sekisho database", "move that file away"}},
		{"database is a directory", func(t *testing.T, dir string) string {
			if err := os.Mkdir(filepath.Join(dir, "sekisho.db"), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		}, sekisho.KindInvalid, []string{"sekisho.db cannot be opened for writing", "--data-dir"}},
		{"another program's database", func(t *testing.T, dir string) string {
			execute(t, dir, `CREATE TABLE bookmarks (url TEXT)`)
			return dir
		}, sekisho.KindInvalid, []string{`sekisho.db belongs to another program (it has a table "bookmarks")`, "move that file away"}},
		{"damaged database", func(t *testing.T, dir string) string {
			openAndClose(t, dir)
			damage(t, filepath.Join(dir, "sekisho.db"), 100)
			return dir
		}, sekisho.KindInvalid, []string{"sekisho.db is damaged", "backup"}},
		{"newer schema", func(t *testing.T, dir string) string {
			openAndClose(t, dir)
			execute(t, dir, `INSERT INTO sekisho_schema (version, name, applied) VALUES (4711, 'later', 0)`)
			return dir
		}, sekisho.KindConflict, []string{"schema 4711", fmt.Sprintf("up to %d", store.Newest()), "run the newer sekisho"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			dir := c.prepare(t, root)
			before := listing(t, root)
			_, err := store.Open(t.Context(), dir, discard())
			wantRefusal(t, err, c.kind, c.want...)
			if after := listing(t, root); after != before {
				t.Errorf("something was left behind: got %s, want %s", after, before)
			}
		})
	}
}

func TestOpen_refusesWhatItMayNotWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t) // to root nothing is forbidden
		return
	}
	t.Run("directory", func(t *testing.T) {
		dir := t.TempDir()
		chmod(t, dir, 0o500)
		_, err := store.Open(t.Context(), dir, discard())
		wantRefusal(t, err, sekisho.KindInvalid, dir+" cannot be used (permission denied)", "the right to write", "--data-dir")
	})
	t.Run("parent directory", func(t *testing.T) {
		dir := t.TempDir()
		chmod(t, dir, 0o500)
		_, err := store.Open(t.Context(), filepath.Join(dir, "data"), discard())
		wantRefusal(t, err, sekisho.KindInvalid, dir+"/data cannot be used (permission denied)", "--data-dir")
	})
	for _, mode := range []fs.FileMode{0o400, 0} {
		t.Run(fmt.Sprintf("file with mode %o", mode), func(t *testing.T) {
			dir := t.TempDir()
			openAndClose(t, dir)
			chmod(t, filepath.Join(dir, "sekisho.db"), mode)
			_, err := store.Open(t.Context(), dir, discard())
			wantRefusal(t, err, sekisho.KindInvalid, dir+"/sekisho.db cannot be opened for writing", "--data-dir")
		})
	}
	t.Run("directory of an existing file", func(t *testing.T) {
		dir := t.TempDir()
		openAndClose(t, dir)
		chmod(t, dir, 0o500)
		_, err := store.Open(t.Context(), dir, discard())
		wantRefusal(t, err, sekisho.KindInvalid, dir, "the right to write", "--data-dir")
	})
}

func wantRefusal(t *testing.T, err error, kind sekisho.Kind, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error")
	}
	if sekisho.KindOf(err) != kind {
		t.Errorf("got kind %v (%v), want %v", sekisho.KindOf(err), err, kind)
	}
	message := sekisho.MessageOf(err)
	if strings.Contains(message, "\n") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got more than a line: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("got message %q, want it to contain %q", message, part)
		}
	}
}

// asNobody runs the calling test again in a process of a user without rights.
func asNobody(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		chmod(t, d, 0o777)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody: %v\n%s", err, output)
	}
	if !strings.Contains(string(output), "--- PASS: "+t.Name()) {
		t.Fatalf("as nobody the test did not run:\n%s", output)
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openAndClose(t *testing.T, dir string) {
	t.Helper()
	db, err := store.Open(t.Context(), dir, discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
}

// damage overwrites 4,000 bytes of a file.
func damage(t *testing.T, path string, offset int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(strings.Repeat("\xff", 4000)), offset); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// execute changes the database behind our back.
func execute(t *testing.T, dir, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "sekisho.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), query)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// listing names every file below dir with its size and the time of its last change.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			fmt.Fprintln(&all, path, info.Size(), info.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
