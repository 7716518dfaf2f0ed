package state_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/state/statetest"
)

func TestLocal_keepsTheContract(t *testing.T) {
	statetest.Run(t, func(t *testing.T) state.State { return openLocal(t, filepath.Join(t.TempDir(), "new", "state")) })
}

func openLocal(t *testing.T, dir string) *state.Local {
	t.Helper()
	local, err := state.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	return local
}

const childDir = "SEKISHO_TEST_STATE_DIR"

// The kill switch from the command line reaches a running `serve`: another process sets, this one sees it at once; and of
// overrides that both set at the same time none gets lost.
func TestLocal_sharesOverridesBetweenProcesses(t *testing.T) {
	off, block := sekisho.ModeOff, sekisho.ModeBlock
	const rounds = 25
	setMany := func(local *state.Local, prefix string) {
		for i := range rounds {
			if err := local.SetOverride(t.Context(), sekisho.SiteID(fmt.Sprint(prefix, i)), &block); err != nil {
				t.Error(err)
			}
		}
	}
	if dir := os.Getenv(childDir); dir != "" {
		local := openLocal(t, dir)
		if err := local.SetOverride(t.Context(), "", &off); err != nil {
			t.Fatal(err)
		}
		fmt.Println("switched off")
		setMany(local, "child")
		return
	}
	dir := t.TempDir()
	local := openLocal(t, dir)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Text() != "switched off"; {
		if !lines.Scan() {
			t.Fatal("the other process ended early")
		}
	}
	got, err := local.Override(t.Context())
	if err != nil || got.All == nil || *got.All != off {
		t.Errorf("got %+v (%v), want every site off", got, err)
	}
	setMany(local, "parent")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got, err = local.Override(t.Context()); err != nil || len(got.Sites) != 2*rounds {
		t.Errorf("got %d overrides (%v), want %d", len(got.Sites), err, 2*rounds)
	}
}

func TestLocal_survivesARestartAndSweepsUp(t *testing.T) {
	dir := t.TempDir()
	off := sekisho.ModeOff
	first := openLocal(t, dir)
	if err := first.SetOverride(t.Context(), "S1", &off); err != nil {
		t.Fatal(err)
	}
	if err := first.PutSnapshot(t.Context(), []byte("sites")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "snapshot.tmp-123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := openLocal(t, dir)
	if got, err := second.Override(t.Context()); err != nil || got.Sites["S1"] != off {
		t.Errorf("got %+v (%v), want S1 off", got, err)
	}
	if got, err := second.Snapshot(t.Context()); err != nil || string(got) != "sites" {
		t.Errorf("got %q (%v), want the snapshot", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v (%v), want 0600", entry.Name(), info.Mode().Perm(), err)
		}
	}
	if got := strings.Join(names, " "); got != "lock overrides snapshot" {
		t.Errorf("got files %s, want lock, overrides and snapshot", got)
	}
}

func TestLocal_namesTheDamagedFile(t *testing.T) {
	for _, damage := range []struct {
		name   string
		change func(content []byte) []byte
	}{
		{"cut", func(content []byte) []byte { return content[:len(content)-1] }},
		{"empty", func([]byte) []byte { return nil }},
		{"one bit", func(content []byte) []byte { content[len(content)-3] ^= 1; return content }},
		{"another program's", func([]byte) []byte { return []byte("hello\n") }},
	} {
		t.Run(damage.name, func(t *testing.T) {
			dir := t.TempDir()
			local := openLocal(t, dir)
			off := sekisho.ModeOff
			if err := local.SetOverride(t.Context(), "S1", &off); err != nil {
				t.Fatal(err)
			}
			if err := local.PutSnapshot(t.Context(), []byte("snapshot")); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"overrides", "snapshot"} {
				path := filepath.Join(dir, name)
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, damage.change(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := local.Override(t.Context())
			wantDamaged(t, "Override", err, filepath.Join(dir, "overrides"))
			wantDamaged(t, "SetOverride", local.SetOverride(t.Context(), "S2", &off), filepath.Join(dir, "overrides"))
			_, err = state.OpenLocal(dir)
			wantDamaged(t, "OpenLocal", err, filepath.Join(dir, "overrides"))
			_, err = local.Snapshot(t.Context())
			wantDamaged(t, "Snapshot", err, filepath.Join(dir, "snapshot"))
			if err := local.PutSnapshot(t.Context(), []byte("new")); err != nil {
				t.Errorf("a new snapshot: %v", err)
			}
		})
	}
}

func wantDamaged(t *testing.T, call string, err error, path string) {
	t.Helper()
	message := sekisho.MessageOf(err)
	if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(message, path+" is damaged: remove that file") {
		t.Errorf("%s: got %v with message %q, want invalid, the path and the way out", call, err, message)
	}
}

func TestOpenLocal_saysWhatIsWrongWithTheDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/nowhere"} {
		_, err := state.OpenLocal(dir)
		message := sekisho.MessageOf(err)
		if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(message, dir) || !strings.Contains(message, "--data-dir") {
			t.Errorf("%s: got %v with message %q, want invalid, the path and the way out", dir, err, message)
		}
	}
}
