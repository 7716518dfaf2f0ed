package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestLockDataDir_belongsToOneProcessAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	unlock, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v, want a directory for its owner alone", info, err)
	}
	if _, err := lockDataDir(dir); sekisho.KindOf(err) != sekisho.KindConflict || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want a conflict that names the directory", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := lockDataDir(dir)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	_ = again()
}
